#!/usr/bin/python3
"""Board profiles against board/profiles/schema.json; each key of the schema is one that the loader knows; a suggested chime
line is one of the board's; kezek-hall(5) names every profile; and the table of boards in BOARD.md says what they say."""
import re
import sys

from profiles import Folder, keys_of, read

HEAD = "| `board_profile` | board | outputs, at most | chime line | serial for RS-485 |"
passed, complaints = 0, []


def check(is_fine, what):
    global passed
    passed += bool(is_fine)
    if not is_fine:
        complaints.append(what)


def loaded(schema):
    """The part of the schema that kezekd reads: what people read alone stands below keys that it skips."""
    parts = schema["properties"]
    skipped = {key: {} for key in ("serial", "boot")}
    gpio = {**parts["gpio"], "properties": {**parts["gpio"]["properties"], "chime": {}}}
    return {**schema, "properties": {**parts, **skipped, "gpio": gpio}}


def row(profile):
    outputs = ", ".join(f"`{o['name']}` {o['max']}" if "max" in o else f"`{o['name']}`" for o in profile["screens"]["outputs"])
    if profile["screens"]["formats"] == ["rgb565"]:
        outputs += ", rgb565 only"
    chime = profile["gpio"].get("chime")
    line = f"`{chime['chip']}` {chime['line']} (pin {chime['pin']})" if chime else "of a USB adapter, `gpio-pulse` only"
    serial = ", ".join(f"{s['port']} by `{s['setting']}`" if "setting" in s else s["port"] for s in profile["serial"])
    return f"| `{profile['name']}` | {profile['title']} | {outputs} | {line} | {serial} |"


def table_of(document):
    lines = document.split("\n")
    if HEAD not in lines:
        return None
    start = lines.index(HEAD) + 2
    return lines[start:next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))]


def main():
    folder = Folder("board/profiles")
    at_schema = f"{folder.path}/schema.json"
    known = set(re.findall(r'\{ "([a-z_$]+)", FIELD', read("board/config/config_profile.c")))
    for key in sorted(set(keys_of(loaded(folder.schema)))):
        check(key in known, f"{at_schema}: {key}: the loader does not know it")
    for key in sorted(known - set(keys_of(folder.schema))):
        check(False, f"{at_schema}: {key}: the loader knows it, the schema does not")
    wanted, manual = [], read("board/man/kezek-hall.5.scd")
    for path, profile in folder.profiles():
        defects = folder.defects(path, profile)
        check(not defects, "\n".join(defects))
        check(re.search(rf"\b{profile['name']}\b", manual), f"kezek-hall(5) does not name {profile['name']}")
        chime = profile["gpio"].get("chime")
        lines = {c["label"]: c["lines"] for c in profile["gpio"]["chips"]}
        check(not chime or chime["line"] < lines.get(chime["chip"], 0), f"{path}: the chime line is not on the board")
        wanted.append(row(profile))
    table = table_of(read("BOARD.md"))
    check(table == wanted, "BOARD.md: the table of boards should be:\n" + "\n".join([HEAD, *wanted]))
    print("\n".join(complaints + [f"{passed} passed, {len(complaints)} failed"]))
    return 1 if complaints else 0


sys.exit(main())
