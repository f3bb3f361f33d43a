"""Reads the RON files of a project, from the description in docs/file-format.md and with nothing of Byline's.

Structs become dicts, lists and tuples lists, maps dicts, bare words strings, `Import(…)` a pair of word and content.
"""

import re

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<sign>[()\[\]{}:,])
    )""",
    re.X | re.S,
)
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def loads(source):
    """The value that the text `source` holds."""
    reader = _Reader(source)
    value = reader.value()
    reader.end()
    return value


class _Reader:
    def __init__(self, source):
        self.source, self.at = source.rstrip(), 0

    def peek(self):
        match = _TOKEN.match(self.source, self.at)
        if not match:
            raise ValueError(f"no RON at character {self.at}: {self.source[self.at:self.at + 40]!r}")
        return match

    def take(self, sign=None):
        match = self.peek()
        if sign and match["sign"] != sign:
            raise ValueError(f"expected {sign!r} at character {match.start()}, found {match[0]!r}")
        self.at = match.end()
        return match

    def end(self):
        if self.at != len(self.source):
            raise ValueError(f"something follows the end, at character {self.at}")

    def value(self):
        match = self.take()
        if match["string"]:
            return _unescaped(match["string"][1:-1])
        if match["number"]:
            number = float(match["number"])
            return int(number) if number.is_integer() else number
        if match["word"]:
            word = match["word"]
            follows = self.at < len(self.source) and self.peek()["sign"] == "("
            return (word, self.value()) if follows else {"true": True, "false": False}.get(word, word)
        return self.several(match["sign"])

    def several(self, opening):
        closing = {"(": ")", "[": "]", "{": "}"}.get(opening)
        if not closing:
            raise ValueError(f"expected a value at character {self.at}, found {opening!r}")
        fields, items = {}, []
        while self.peek()["sign"] != closing:
            item = self.value()
            if self.peek()["sign"] == ":":
                self.take(":")
                if item in fields:
                    raise ValueError(f"{item!r} stands there twice, at character {self.at}")
                fields[item] = self.value()
            else:
                items.append(item)
            if self.peek()["sign"] != closing:
                self.take(",")
        self.take(closing)
        if opening == "{":
            return fields
        return fields if fields else items


def _unescaped(text):
    def one(match):
        escape = match[1]
        return chr(int(escape[2:-1], 16)) if escape.startswith("u") else _ESCAPES[escape]

    return re.sub(r"\\(u\{[0-9a-fA-F]+\}|.)", one, text)
