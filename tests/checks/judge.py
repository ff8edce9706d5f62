#!/usr/bin/python3
"""judge.py FILE …: what was published, a line "TOPIC PAYLOAD" each, held against protocol/asyncapi.yaml and protocol/schemas.

A reader takes members that it does not know, so the schemas do; who publishes has no such excuse: here a member that no schema
names is wrong, and so is a topic that asyncapi.yaml does not have.
"""
import functools
import json
import os
import re
import sys
import urllib.parse

import jsonschema
import yaml

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCHEMAS = os.path.join(ROOT, "protocol", "schemas")
ASYNCAPI = os.path.join(ROOT, "protocol", "asyncapi.yaml")
# Of a file, and not of a part of another: a "$schema" would choose the rules by which its part is read.
NOT_RULES = ("$schema", "definitions", "examples")


@functools.lru_cache(None)
def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def whole(name, node=None):
    """A schema of protocol/schemas with each reference replaced by what it refers to."""
    node = load(os.path.join(SCHEMAS, name)) if node is None else node
    if isinstance(node, list):
        return [whole(name, part) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {key: whole(name, part) for key, part in node.items() if key not in NOT_RULES}
    file, _, path = node["$ref"].partition("#")
    target = load(os.path.join(SCHEMAS, file or name))
    for part in path.split("/")[1:]:
        target = target[part]
    return whole(file or name, target)


def names_members(schema):
    return "properties" in schema or any(names_members(part) for key in ("allOf", "anyOf") for part in schema.get(key, []))


def closed(schema, is_whole=True):
    """A copy that refuses members without a name, which takes JSON Schema 2020-12. Parts of a schema (allOf, then …) speak of the
    same object as the whole."""
    out = {{"dependencies": "dependentRequired"}.get(key, key): part for key, part in schema.items()}
    for key, part in schema.items():
        if key == "properties":
            out[key] = {name: closed(value) for name, value in part.items()}
        elif key == "items":
            out[key] = closed(part)
        elif key in ("allOf", "anyOf"):
            out[key] = [closed(value, False) for value in part]
        elif key in ("if", "then"):
            out[key] = closed(part, False)
    if is_whole and names_members(schema) and "additionalProperties" not in schema:
        out["unevaluatedProperties"] = False
    return out


@functools.lru_cache(None)
def validators(name):
    """As a reader judges, and as a writer is judged."""
    schema = whole(name)
    return jsonschema.Draft7Validator(schema), jsonschema.Draft202012Validator(closed(schema))


def complaint(name, message, is_written=True):
    """What is wrong with a message by the schema of this file name; None: nothing."""
    error = next(validators(name)[is_written].iter_errors(message), None)
    return error and f"{'/'.join(map(str, error.absolute_path)) or '.'}: {error.message}"[:160]


def members(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def no_number(word):
    raise ValueError(f"{word} is no number")


def read(payload):
    """The message in these bytes; ValueError if they are not what a strict reader of JSON takes."""
    try:
        message = json.loads(payload.decode("utf-8"), object_pairs_hook=members, parse_constant=no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    json.dumps(message, ensure_ascii=False).encode("utf-8")
    if "\\u0000" in json.dumps(message):
        raise ValueError("U+0000")
    return message


def follow(document, node):
    while "$ref" in node:
        parts = node["$ref"][2:].split("/")
        node = document
        for part in parts:
            node = node[part]
    return node


@functools.lru_cache(None)
def asyncapi():
    with open(ASYNCAPI, encoding="utf-8") as file:
        return yaml.safe_load(file)


@functools.lru_cache(None)
def channels():
    """(pattern of the topic, schema's file) of each."""
    found = []
    for channel in asyncapi()["channels"].values():
        message, = channel["messages"].values()
        file = follow(asyncapi(), message)["payload"]["schema"]["$ref"]
        found.append((re.compile(re.sub(r"\{\w+\}", "[a-z0-9_-]{1,32}", channel["address"])), os.path.basename(file)))
    return found


def published(topic, payload):
    """What is wrong with these bytes on this topic; None: nothing."""
    name = next((file for pattern, file in channels() if pattern.fullmatch(topic)), None)
    if not name:
        return "asyncapi.yaml has no such topic"
    try:
        return complaint(name, read(payload))
    except ValueError as error:
        return str(error)


def main():
    judged, wrong = 0, 0
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            for line in file:
                topic, _, payload = line.rstrip(b"\n").partition(b" ")
                why = published(topic.decode(), payload)
                judged, wrong = judged + 1, wrong + bool(why)
                if why:
                    print(f"{topic.decode()}: {why}: {payload.decode(errors='replace')[:400]}")
    print(f"{judged} messages judged" if judged else "no message to judge")
    print(f"{judged - wrong} passed, {wrong} failed")
    return wrong > 0 or judged == 0


if __name__ == "__main__":
    sys.exit(main())
