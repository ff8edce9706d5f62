"""The JSON that stands in the documents: README.md and its like, and the man pages."""
import json
import re

import tree

BEGINS = re.compile(r'\{\s*"|\[\s*["{[]|"\w+":\s*(?=["{[\d]|true|false|null)')  # an object, a list, or one member without its object
EMPHASIS = re.compile(r"[*_`](\w+)[*_`]")


class Snippet:
    def __init__(self, path, text, begin, value, end):
        self.path, self.line, self.value = path, text.count("\n", 0, begin) + 1, value
        self.text = text[begin:end]
        self.before = text[max(text.rfind("\n\n", 0, begin), text.rfind("\n- ", 0, begin), 0):begin]  # in its paragraph

    def key(self):
        """The word in bold that it is said of."""
        return (EMPHASIS.findall(self.before) or [""])[-1]


def snippets(path):
    """Each in a file; one that is no JSON has a ValueError as its value."""
    text = "\n".join(tree.lines(path)).replace("\\_", "_")
    at = 0
    while begins := BEGINS.search(text, at):
        is_member = begins[0][0] == '"'
        try:
            value, at = json.JSONDecoder().raw_decode(text, begins.end() if is_member else begins.start())
            if is_member:
                value = {begins[0].split('"')[1]: value}
        except ValueError as error:
            value, at = error, begins.end()
        yield Snippet(path, text, begins.start(), value, at)


def documents():
    return tree.files(".md", ".scd")
