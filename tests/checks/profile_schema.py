#!/usr/bin/python3
"""LED profiles against drivers/led/profiles/schema.json; and each key of the schema is one that the loader knows."""
import glob
import json
import os
import re
import sys

import jsonschema

FOLDER = "drivers/led/profiles"
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def complaints(validator, path):
    profile = read(path)
    for defect in validator.iter_errors(profile):
        yield f"{path}: {defect.json_path}: {defect.message}"
    if profile.get("name") != os.path.basename(path).removesuffix(".json"):
        yield f"{path}: $.name: {profile.get('name')} is not the name of its file"


def keys_of(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)


schema = read(f"{FOLDER}/schema.json")
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
known = set()
for source in glob.glob("drivers/led/profile*.c"):
    with open(source, encoding="utf-8") as file:
        known |= set(re.findall(r'"([a-z_$]+)"', file.read()))
found = [line for path in sorted(glob.glob(f"{FOLDER}/*.json")) if not path.endswith("/schema.json")
         for line in complaints(validator, path)]
found += [f"{FOLDER}/schema.json: {key}: the loader does not know it" for key in sorted(set(keys_of(schema)) - known)]
print("\n".join(found + [f"profiles: {len(found)} complaints"]))
sys.exit(1 if found else 0)
