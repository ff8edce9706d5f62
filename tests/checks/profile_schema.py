#!/usr/bin/python3
"""LED profiles and the example in their README.md against drivers/led/profiles/schema.json; each key of the schema is one that
the loader knows, and README.md explains each key and each word."""
import glob
import json
import re
import sys

from profiles import Folder, keys_of, read


def words_of(schema):
    if isinstance(schema, dict):
        yield from (word for word in schema.get("enum", []) if isinstance(word, str))
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from words_of(part)


folder = Folder("drivers/led/profiles")
known = {key for source in glob.glob("drivers/led/profile*.c") for key in re.findall(r'"([a-z_$]+)"', read(source))}
found = [line for path, profile in folder.profiles() for line in folder.defects(path, profile)]
found += [f"{folder.path}/schema.json: {key}: the loader does not know it" for key in sorted(set(keys_of(folder.schema)) - known)]
page = read(f"{folder.path}/README.md")
example = json.loads(re.search(r"```json\n(.*?)```", page, re.S).group(1))
found += folder.defects(f"{folder.path}/{example['name']}.json", example)
explained = set(re.findall(r"`([^`\n]+)`", page.split("```")[-1])) | {"1", "2"}  # stop bits
words = set(keys_of(folder.schema)) | set(words_of(folder.schema))
found += [f"{folder.path}/README.md: `{word}` is not explained" for word in sorted(words - explained)]
print("\n".join(found + [f"profiles: {len(found)} complaints"]))
sys.exit(1 if found else 0)
