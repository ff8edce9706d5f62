#!/usr/bin/python3
"""Layouts of views: schema and loader take the shipped ones, and refuse the bad ones with the place and the reason (the schema
but for what it cannot say); board/layouts/README.md and kezek-hall(5) name every part and view. Needs the built kezekctl (B=build)."""
import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema
from profiles import Folder, read
from tree import ROOT

KEZEKCTL = os.path.join(ROOT, os.environ.get("B", "build"), "kezekctl")
CALLS = read("board/layouts/calls.json")

# (path in calls.json, value or None to remove it, what the loader says, whether the schema can say it)
BAD = [
    ("portrait", None, "portrait: is missing", True),
    ("landscape.gap", 3, 'landscape: unknown key "gap"', True),
    ("landscape.rows", [], "landscape.rows: 0 of them; 1 to 8 are possible", True),
    ("landscape.rows", ["auto", "auto", "auto"], "landscape.rows: the fractions make 0 together, not 1", False),
    ("landscape.rows.1", 0.5, "landscape.rows: the fractions make 0.5 together, not 1", False),
    ("landscape.rows.1", "tall", 'landscape.rows[1]: "tall" is no fraction from 0.05 to 1, and not "auto"', True),
    ("landscape.rows.1", 300, "landscape.rows[1]: 300 is no fraction", True),
    ("landscape.columns.0", "auto", 'landscape.columns[0]: "auto" is no fraction from 0.05 to 1', True),
    ("landscape.columns", [0.4] * 9, "landscape.columns: 9 of them; 1 to 8 are possible", True),
    ("landscape.regions.1", "lists", 'landscape.regions[1]: "lists" is no region like', True),
    ("landscape.regions.1.part", "clock tower", 'landscape.regions[1].part: "clock tower" is not one of', True),
    ("landscape.regions.1.part", None, "landscape.regions[1].part: is missing", True),
    ("landscape.regions.1.row", 4, "landscape.regions[1].row: 4 is not an integer from 1 to 3", False),
    ("landscape.regions.1.columns", 3, "landscape.regions[1].columns: 3 is not an integer from 1 to 2", False),
    ("landscape.regions.1.columns", 2, 'landscape.regions[2]: "lists" overlaps "featured"', False),
    ("landscape.regions.1.part", "lists", 'landscape.regions[2]: "lists" stands twice', False),
    ("landscape.regions.1.row", 1, 'landscape.regions[1]: "featured" takes what there is; one of its rows needs a fraction', False),
    ("landscape.regions.0.row", 2, 'landscape.regions[0]: "header" has a height of its own; put it into one row that is "auto"', False),
    ("landscape.regions.0.logo", "middle", 'landscape.regions[0].logo: "middle" is not one of', True),
    ("landscape.regions.1.logo", "left", 'landscape.regions[1]: a logo stands in the part "header" only', True),
    ("landscape.regions.3.part", "desks", 'landscape.regions[3]: "desks" takes what there is', True),
    ("landscape.regions.3", None, 'landscape: lacks the part "notices" or "notice": a lost connection is told there', True),
    ("", [], "an array is no layout", True),
    ("", "{", "line 1, column 2", None),
]
passed, complaints = 0, []


def check(is_fine, what):
    global passed
    passed += bool(is_fine)
    if not is_fine:
        complaints.append(what)


def edited(path, value):
    if not path:
        return value
    layout = copy.deepcopy(CALLS)
    *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    at = layout
    for parent in parents:
        at = at[parent]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return layout


def loader_says(layout, folder):
    with open(os.path.join(folder, "own.json"), "w", encoding="utf-8") as file:
        file.write(layout if isinstance(layout, str) else json.dumps(layout))
    hall = read("board/halls/open-almaty.json")
    hall["screens"][0] = {"id": "main", "driver": "memory", "view": "own.json"}
    if '"part": "desk"' in json.dumps(layout):
        hall["screens"][0]["desk"] = hall["desks"][0]["id"]
    with open(os.path.join(folder, "hall.json"), "w", encoding="utf-8") as file:
        json.dump(hall, file)
    run = subprocess.run([KEZEKCTL, "check", os.path.join(folder, "hall.json")], capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout + run.stderr


def main():
    shipped = Folder("board/layouts")
    manual, page = read("board/man/kezek-hall.5.scd"), read("board/layouts/README.md")
    with tempfile.TemporaryDirectory() as folder:
        for path, layout in shipped.profiles():
            check(shipped.validator.is_valid(layout), f"{path}: the schema refuses it")
            status, said = loader_says(layout, folder)
            check(status == 0, f"{path}: the loader refuses it: {said}")
            check(f'"{os.path.basename(path)[:-5]}"' in manual, f"kezek-hall(5) does not name {path}")
        for path, value, wanted, has_schema in BAD:
            layout = edited(path, value)
            status, said = loader_says(layout, folder)
            check(status != 0 and wanted in said, f"{path} = {value!r}: the loader says {said!r}, not {wanted!r}")
            if has_schema is not None:
                check(shipped.validator.is_valid(layout) != has_schema, f"{path} = {value!r}: the schema differs")
    for part in shipped.schema["definitions"]["region"]["properties"]["part"]["enum"]:
        check(f"`{part}`" in page, f"board/layouts/README.md does not name the part {part}")
    print("\n".join(complaints + [f"{passed} passed, {len(complaints)} failed"]))
    return 1 if complaints else 0


sys.exit(main())
