#!/usr/bin/python3
"""LED profiles against drivers/led/profiles/schema.json; and each key of the schema is one that the loader knows."""
import glob
import re
import sys

from profiles import Folder, keys_of, read

folder = Folder("drivers/led/profiles")
known = {key for source in glob.glob("drivers/led/profile*.c") for key in re.findall(r'"([a-z_$]+)"', read(source))}
found = [line for path, profile in folder.profiles() for line in folder.defects(path, profile)]
found += [f"{folder.path}/schema.json: {key}: the loader does not know it" for key in sorted(set(keys_of(folder.schema)) - known)]
print("\n".join(found + [f"profiles: {len(found)} complaints"]))
sys.exit(1 if found else 0)
