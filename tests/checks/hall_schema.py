#!/usr/bin/python3
"""board/hall.schema.json against the loader and the manual: schema and loader take the good hall files, refuse the bad ones
(but for rules that a schema cannot say) and know the same keys; kezek-hall(5) names each key, and the default that the
schema names. Needs the built kezekctl (B=build) and python3-jsonschema."""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEZEKCTL = os.path.join(ROOT, os.environ.get("B", "build"), "kezekctl")
GOOD_FILES = ("board/halls/open-almaty.json", "sim/demo.json")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return json.load(file)


SCHEMA = read("board/hall.schema.json")
BASE = read(GOOD_FILES[0])
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def edit(path, value):
    """A copy of the base with one place changed; path like desks.0.led.unit, value None removes the key."""
    hall = copy.deepcopy(BASE)
    *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    at = hall
    for parent in parents:
        if isinstance(at, dict) and parent not in at:
            at[parent] = {}
        at = at[parent]
    if value is None:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return hall


TEXT = {"kk": "а", "ru": "а", "en": "a"}
TRACE = {"id": "t", "driver": "trace", "file": "trace"}
GPIO = {"id": "g", "driver": "gpio-tone", "chip": "gpiochip0", "line": 3}
MEMORY = {"id": "m", "driver": "memory"}
SPAN = {"days": "mon-fri", "from": "08:00", "to": "20:00"}
KMS = {"id": "k", "driver": "kms", "output": "DP-1"}

GOOD = [
    ("theme", "dark"), ("theme", "contrast"), ("theme", {"base": "light", "soft": "#1a2a4A"}),
    ("theme", read("board/themes/light.json")), ("theme", {"base": "dark", "logo": os.path.join(ROOT, "tests/data/images/logo-dark.png")}),
    ("notices.0.picture", os.path.join(ROOT, "tests/data/images/plan.png")),
    ("board_profile", "rpi5"), ("board_profile", None),
    ("calls", {"ttl_ms": 0, "dwell_ms": 1000, "recent": 32}),
    ("voice", {}), ("voice", {"packs": {"kk": "voices/kk", "ru": "/srv/ru"}, "espeak": False}),
    ("console", {"listen": "[::1]:8080"}),
    ("broker.urls", ["mqtts://broker.hall.kz", "mqtt://[fe80::1]:1883"]),
    ("broker.protocol", "3.1.1"),
    ("phrases", {"window": {"ru": "Окошко"}}),
    ("desks.0.label", "12А"),
    ("desks.0.kind", "desk"),
    ("desks.0.arrow", "down-left"),
    ("desks.0.led", None),
    ("buses.0.driver", "memory"), ("buses.0.device", "tcp://[fe80::1]:502"),
    ("buses.0.rs485", {"rts": "low", "before_ms": 100, "after_ms": 0, "terminate": True}),
    ("led", {}), ("led.brightness", 0), ("led.brightness", [{"from": "08:00", "percent": 100}, {"from": "20:00", "percent": 5}]),
    ("led.letters", {"Г": "L", "Д": ""}), ("led.zeros", "drop"), ("led.colours", {"called": "red", "serving": "own", "closed": "yellow"}),
    ("tickets", {"series": ["А", "Р", ""], "digits": 3}),
    ("buses.0.parity", "even"),
    ("screens.2", MEMORY | {"size": "3840x2160", "format": "rgb565", "path": "m", "overscan": 0}),
    ("screens.2", KMS | {"mode": "1280x720", "zones": ["front", "children"]}),
    ("screens.0.panels", 1), ("screens.0.kms", "legacy"), ("screens.0.kms", "auto"),
    ("hours", "always"), ("screens.0.hours", "always"), ("screens.0.hours", [SPAN] * 16), ("screens.0.hours", [SPAN | {"days": "sat"}]),
    ("screens.0.hours", [SPAN | {"days": ["sun", "fri-mon"]}]), ("screens.0.hours", [{"from": "22:00", "to": "01:30"}]),
    ("screens.0.hours", [{"from": "00:00", "to": "24:00"}]), ("awake_minutes", 1), ("screens.0.awake_minutes", 240),
    ("screens.0.rotation", 270), ("screens.2", MEMORY | {"rotation": 90}),
    ("screens.0.output", "DP-12"), ("screens.0.mode", "3840x2160@240"),
    ("chimes.1", TRACE | {"volume": 1, "call": "gong1", "zones": ["children"]}),
    ("chimes.1", GPIO | {"active_low": True}),
    ("chimes.1", {"id": "a", "driver": "alsa", "lead_ms": 800, "booked": "gong2", "standby_for": "hall"}),
    ("melodies", [{"id": "ours", "notes": [{"hz": 523, "ms": 300, "pause_ms": 20, "decay_ms": 900}]}]),
    ("fire_alarm", {"line": "GPIO23", "active": "low", "bias": "up"}), ("fire_alarm", {"chip": "gpiochip0", "line": 23, "active": "high"}),
    ("chimes.1", {"id": "w", "driver": "pwm", "chip": "fe20c000.pwm", "channel": 0}),
    ("chimes.1", {"id": "p", "driver": "gpio-pulse", "line": "GPIO17", "pulse_ms": 50}),
    ("notices.2", {"id": "fire", "level": "alert", "text": TEXT}),
]
# Refused by both.
BAD = [
    ("hall", None), ("hall", "Зал"), ("hall", ""), ("hall", "a" * 33), ("hall", 7),
    ("colour", 1), ("board_profile", "Pi"), ("board_profile", 4),
    ("board", None), ("name", None), ("name", "Hall"), ("name.ru", ""), ("name.ru", 1), ("name", {}),
    ("languages", []), ("languages", ["kk", "kk"]), ("languages", "kk"), ("languages", ["../x"]), ("languages", None),
    ("timezone", None), ("timezone", "../etc/passwd"), ("timezone", ""),
    ("theme", 1), ("theme", ""), ("theme", "Pink"), ("theme", {}), ("theme", {"ink": "#ffffff"}), ("theme", {"base": "dark", "ink": "white"}),
    ("theme", {"base": "dark", "ink": 7}), ("theme", {"base": "dark", "logo": 7}), ("theme", {"base": "dark", "logo": ""}), ("notices.0.picture", 7), ("theme", {"base": "own.json"}),
    ("broker", None), ("broker.urls", []), ("broker.urls", ["http://x"]), ("broker.urls", ["mqtt://"]),
    ("broker.urls", ["mqtt://h/p"]), ("broker.urls", ["mqtt://a"] * 5), ("broker.url", "mqtt://a"),
    ("broker.protocol", "4"), ("broker.cert_file", "hall.json"), ("broker.password_file", "hall.json"),
    ("calls.ttl_ms", -1), ("calls.ttl_ms", 600001), ("calls.ttl_ms", 1.5), ("calls.dwell_ms", 999), ("calls.recent", 33),
    ("voice", 7), ("voice.packs", {}), ("voice.packs", {"kk": 1}), ("voice.packs", "kk"), ("voice.espeak", 1), ("voice.rate", 1),
    ("console", {}), ("console.listen", "8080"), ("console.listen", ":8080"),
    ("phrases.windw", {"kk": "x"}), ("phrases.window", {"kk": ""}),
    ("zones", []), ("zones", None), ("zones.0.id", "A"), ("zones.0.name", None), ("zones.0.colour", 1),
    ("agencies.0.id", None), ("agencies.0", 7),
    ("desks", []), ("desks", None), ("desks.0.zone", None), ("desks.0.kind", "door"), ("desks.0.arrow", "north"),
    ("desks.0.label", ""), ("desks.0.label", "123456789"), ("desks.0.id", "a-desk-with-a-long-id"),
    ("desks.0.led.unit", 0), ("desks.0.led.unit", 248), ("desks.0.led.unit", "1"), ("desks.0.led.bus", None),
    ("desks.0.led.profile", None), ("desks.0.led", 7), ("desks.0.led.cells", 4),
    ("buses.0.baud", 9601), ("buses.0.baud", "9600"), ("buses.0.parity", "mark"), ("buses.0.stop_bits", 3),
    ("buses.0.adapter_latency_ms", 256), ("buses.0.device", None), ("buses.0.device", ""), ("buses.0.driver", "tcp"),
    ("buses.0.rs485", {}), ("buses.0.rs485", "high"), ("buses.0.rs485.rts", 1), ("buses.0.rs485", {"rts": "high", "after_ms": 101}),
    ("buses.0.rs485", {"rts": "high", "terminate": 1}),
    ("led", 7), ("led.brightness", 101), ("led.brightness", []), ("led.brightness", "bright"), ("led.brightness", [{"from": "24:00", "percent": 1}]),
    ("led.brightness", [{"from": "08:00"}]), ("led.brightness", [{"from": f"08:{i:02}", "percent": 1} for i in range(17)]),
    ("led.letters", []), ("led.letters", {"ГГ": "L"}), ("led.letters", {"Г": "LL"}), ("led.letters", {"Г": 7}), ("led.zeros", True),
    ("led.colours", {"called": "blue"}), ("led.colours", {"missed": "red"}),
    ("tickets", {}), ("tickets", {"series": [], "digits": 3}), ("tickets", {"series": ["А"], "digits": 0}), ("tickets", {"series": [7], "digits": 3}),
    ("tickets", {"series": ["А"]}), ("tickets", {"series": ["А"], "digits": 9}),
    ("screens", []), ("screens", None), ("screens.0.driver", "fbdev"), ("screens.0.driver", None), ("screens.0.output", None),
    ("screens.0.mode", "big"), ("screens.0.mode", "1920x1080@"), ("screens.0.size", "1920"), ("screens.0.panels", 3),
    ("screens.0.hours", []), ("screens.0.hours", "never"), ("screens.0.hours", 8), ("screens.0.hours", SPAN),
    ("screens.0.hours", [SPAN] * 17), ("hours", [{}]), ("hours.0.days", "monday"), ("hours.0.days", []), ("hours.0.days", "mon-"), ("hours.0.days", ["mon", 5]),
    ("hours.0.from", None), ("hours.0.to", None), ("hours.0.from", "8:00"), ("hours.0.from", "24:00"), ("hours.0.to", "24:01"), ("hours.0.to", "20:60"),
    ("hours.0.to", 20), ("hours.0.until", "20:00"),
    ("awake_minutes", 0), ("awake_minutes", "15"), ("screens.0.awake_minutes", 241), ("screens.0.awake_minutes", 1.5),
    ("screens.0.mode", "1920x1080@1000"), ("screens.0.mode", "1920x1080@241"), ("screens.0.mode", "1920x1080@59.94"),
    ("screens.0.rotation", 45), ("screens.0.rotation", "90"), ("screens.0.rotation", -90), ("screens.0.rotation", 360),
    ("screens.0.output", "HDMI-1"), ("screens.0.output", "HDMI-A-0"), ("screens.0.output", "card0-HDMI-A-1"), ("screens.0.output", ""),
    ("screens.0.dwell_ms", 999), ("screens.0.dwell_ms", 60001), ("screens.0.recent", 33), ("screens.0.recent", -1), ("screens.0.desk", 3), ("screens.0.desk", "Desk 3"), ("screens.0.view", 7), ("screens.0.view", ""), ("screens.0.zones", []), ("screens.0.zones", "front"), ("screens.0.format", "argb"), ("screens.0.kms", "atomic"),
    ("screens.0.diagonal_in", 4), ("screens.0.farthest_m", 0), ("screens.0.overscan", 0.2), ("screens.0.height_m", -1),
    ("screens.0.off_axis_deg", 81), ("screens.0.accept_illegible", 1),
    ("chimes.0.driver", "jack"), ("chimes.0.line", None), ("chimes.0.line", -1), ("chimes.0.line", 1.5), ("chimes.0.line", True),
    ("chimes.0.chip", None), ("chimes.0.volume", 101), ("chimes.0.pulse_ms", 49), ("chimes.0.active_low", 1),
    ("fire_alarm", {}), ("fire_alarm", "GPIO23"), ("fire_alarm", {"line": 23, "active": "low"}), ("fire_alarm", {"line": "GPIO23"}),
    ("fire_alarm", {"line": "GPIO23", "active": "low", "bias": "both"}), ("fire_alarm", {"line": "GPIO23", "active": 0}),
    ("chimes.1", {"id": "w", "driver": "pwm", "channel": 0}), ("chimes.1", {"id": "w", "driver": "pwm", "chip": "pwm"}),
    ("chimes.1", {"id": "w", "driver": "pwm", "chip": "pwm", "channel": 64}), ("chimes.1", {"id": "t", "driver": "trace"}), ("chimes.0.lead_ms", 3001), ("chimes.0.standby_for", 1),
    ("melodies", [{"id": "ours"}]), ("melodies", [{"id": "ours", "notes": [{"hz": 99, "ms": 300}]}]),
    ("melodies", [{"id": "ours", "notes": [{"hz": 440, "ms": 300, "s": 1}]}]),
    ("notices.0.level", "loud"), ("notices.0.text", None),
    ("notices", [{"id": f"n{i}", "text": TEXT} for i in range(9)]),
    ("agencies", [{"id": f"a{i}", "name": TEXT} for i in range(33)]),
    ("zones", [{"id": f"z{i}", "name": TEXT} for i in range(17)]),
    ("chimes", [TRACE | {"id": f"t{i}", "file": f"t{i}"} for i in range(9)]),
    ("screens", [MEMORY | {"id": f"m{i}"} for i in range(9)]),
    ("buses", [{"id": f"b{i}", "device": f"b{i}"} for i in range(17)]),
    ("desks", [{"id": f"d{i}", "zone": "front"} for i in range(257)]),
]
# What only the loader can know.
LOADER_ONLY = [
    ("theme", "pink"), ("theme", "none.json"), ("theme", {"base": "dark", "logo": "none.png"}), ("notices.0.picture", "none.png"), ("theme", {"base": "dark", "ink": "#556677"}),
    ("languages", ["kk", "de"]), ("name.en", None), ("timezone", "Asia/Nowhere"), ("broker.ca_file", "none.pem"),
    ("zones.1.id", "front"), ("desks.0.zone", "nowhere"), ("desks.0.agency", "nobody"), ("desks.0.led.bus", "north"),
    ("board_profile", "rpi-6"), ("desks.1.led.unit", 16), ("desks.0.led.profile", "nixie"), ("desks.0.label", "Жүз"), ("desks.1.id", "1"),
    ("screens.1.output", "HDMI-A-1"), ("screens.0.zones", ["nowhere"]), ("screens", [KMS | {"zones": ["children"]}]),
    ("tickets", {"series": ["Б"], "digits": 3}), ("tickets", {"series": ["А"], "digits": 4}), ("buses.0.device", "tcp://"),
    ("led.brightness", [{"from": "20:00", "percent": 1}, {"from": "08:00", "percent": 1}]),
    ("chimes.0.call", "gong9"), ("buses.1.device", BASE["buses"][0]["device"]), ("broker.urls", ["mqtt://h:99999"]),
    ("screens.0.mode", "100x100"), ("screens.0.hours", [{"from": "08:00", "to": "08:00"}]), ("name.kk", "a\u202eb"),
]
# Where a key that nobody knows makes the loader list those it knows, and where the schema says the same.
OBJECTS = [
    ("", SCHEMA), ("broker", SCHEMA["properties"]["broker"]), ("calls", SCHEMA["properties"]["calls"]),
    ("console", SCHEMA["properties"]["console"]), ("phrases", SCHEMA["properties"]["phrases"]),
    ("zones.0", SCHEMA["definitions"]["named"]), ("buses.0", SCHEMA["definitions"]["bus"]),
    ("desks.0", SCHEMA["definitions"]["desk"]), ("desks.0.led", SCHEMA["definitions"]["desk"]["properties"]["led"]),
    ("screens.0", SCHEMA["definitions"]["screen"]), ("chimes.0", SCHEMA["definitions"]["chime"]),
    ("led", SCHEMA["properties"]["led"]), ("led.colours", SCHEMA["properties"]["led"]["properties"]["colours"]),
    ("theme", SCHEMA["definitions"]["theme"]),
    ("tickets", SCHEMA["properties"]["tickets"]), ("buses.0.rs485", SCHEMA["definitions"]["bus"]["properties"]["rs485"]),
    ("notices.0", SCHEMA["definitions"]["notice"]), ("hours.0", SCHEMA["definitions"]["span"]),
]
STRANGER = "qqqqqqqqqqqqqq"
MANUAL = "board/man/kezek-hall.5.scd"
SECTIONS = {
    "THE HALL": SCHEMA, "BROKER": SCHEMA["properties"]["broker"], "CALLS": SCHEMA["properties"]["calls"],
    "CONSOLE": SCHEMA["properties"]["console"], "VOICE": SCHEMA["properties"]["voice"], "AGENCIES, ZONES": SCHEMA["definitions"]["named"],
    "LED": SCHEMA["properties"]["led"], "TICKETS": SCHEMA["properties"]["tickets"],
    "DESKS": SCHEMA["definitions"]["desk"], "BUSES": SCHEMA["definitions"]["bus"], "SCREENS": SCHEMA["definitions"]["screen"],
    "MELODIES": SCHEMA["definitions"]["melody"], "CHIMES": SCHEMA["definitions"]["chime"],
    "FIRE ALARM": SCHEMA["properties"]["fire_alarm"], "NOTICES": SCHEMA["definitions"]["notice"],
    "HOURS": SCHEMA["definitions"]["span"], "THEME": SCHEMA["definitions"]["theme"],
}


class Checks:
    def __init__(self, folder):
        self.folder, self.passed, self.failed = folder, 0, 0

    def expect(self, name, is_so, why):
        self.passed, self.failed = self.passed + is_so, self.failed + (not is_so)
        if not is_so:
            print(f"{name}: {why}")

    def load(self, hall):
        path = os.path.join(self.folder, "hall.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(hall, file, ensure_ascii=False)
        run = subprocess.run([KEZEKCTL, "--json", "check", path], capture_output=True, text=True, timeout=20)
        return json.loads(run.stdout)["errors"]

    def both(self, name, hall, schema_takes, loader_takes):
        defects = [e.message for e in VALIDATOR.iter_errors(hall)]
        errors = self.load(hall)
        self.expect(name, (not defects) == schema_takes, f"schema: {defects or 'takes it'}"[:300])
        self.expect(name, (not errors) == loader_takes, f"loader: {errors or 'takes it'}"[:300])

    def same_keys(self, place, schema):
        errors = self.load(edit(f"{place}.{STRANGER}" if place else STRANGER, {}))
        known = [re.search(r"known are (.*)", e) for e in errors if STRANGER in e]
        keys = set(known[0][1].split(", ")) if known and known[0] else set()
        self.expect(place, keys == set(schema["properties"]), f"keys differ: {keys ^ set(schema['properties'])}")


def manual_sections():
    """Title → {key: what is said of it}."""
    with open(os.path.join(ROOT, MANUAL), encoding="utf-8") as file:
        text = file.read().replace("\\", "")
    sections = {}
    for title, body in re.findall(r"^# (.*)\n([^#]*)", text, re.M):
        rows = re.findall(r"^- ((?:\*[^*]+\*(?:, )?)+) – (.*(?:\n  .*)*)", body, re.M)
        sections[title] = {key: said for keys, said in rows for key in re.findall(r"\*([^*]+)\*", keys)}
    return sections


def check_manual(checks):
    sections = manual_sections()
    chapters = {word.lower() for title in SECTIONS for word in [*re.findall(r"\w+", title), title.replace(" ", "_")]}
    chapters -= {"hall", "hours", "theme"}
    for title, schema in SECTIONS.items():
        told = sections.get(title, {})
        keys = {k: rule for k, rule in schema["properties"].items() if schema is not SCHEMA or k not in chapters}
        checks.expect(f"{MANUAL}: {title}", set(keys) == set(told), f"keys differ: {set(keys) ^ set(told)}")
        for key, rule in keys.items():
            default = str(rule.get("default", "")).lower()
            checks.expect(f"{MANUAL}: {title}: {key}", default in told.get(key, "").lower(), f"the default {default} is not told")


def name_of(row):
    return f"{row[0]} = {json.dumps(row[1], ensure_ascii=False)[:60]}"


def main():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(folder)
        for path in GOOD_FILES:
            checks.both(path, read(path), True, True)
        for rows, schema_takes, loader_takes in ((GOOD, True, True), (BAD, False, False), (LOADER_ONLY, True, False)):
            for row in rows:
                checks.both(name_of(row), edit(*row), schema_takes, loader_takes)
        for place, schema in OBJECTS:
            checks.same_keys(place, schema)
        check_manual(checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
