"""What the checks of profiles share: a folder of JSON profiles against its schema. Paths are those of the source tree."""
import glob
import json
import os

import jsonschema
from tree import ROOT

os.chdir(ROOT)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else file.read()


def keys_of(schema):
    """Each key that the schema knows, wherever it stands."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)


class Folder:
    def __init__(self, path):
        self.path = path
        self.schema = read(f"{path}/schema.json")
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def profiles(self):
        """(path, profile) of each, by name."""
        for path in sorted(glob.glob(f"{self.path}/*.json")):
            if not path.endswith("/schema.json"):
                yield path, read(path)

    def defects(self, path, profile):
        """What the schema says of it, and a name that is not its file's."""
        found = [f"{path}: {defect.json_path}: {defect.message}" for defect in self.validator.iter_errors(profile)]
        name = os.path.basename(path).removesuffix(".json")
        return found + ([f"{path}: $.name: {profile.get('name')} is not the name of its file"] if profile.get("name") != name else [])
