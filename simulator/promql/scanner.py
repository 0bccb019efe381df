"""The words of an expression and where they stand, which the parser does not tell.

Strings are read here, as Go writes them, because the parser knows fewer escapes; it is given them back quoted simply.
Regular expressions are kept from it altogether: it would judge them by another dialect than Prometheus's RE2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from simulator.promql.errors import PromqlError

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
      | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:ms|[smhdwy]))+(?![\w.])|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[a-zA-Z_:][\w:]*)
      | (?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^<>=,:@(){}\[\]])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {
    **{"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"},
    **{"\\": "\\", "'": "'", '"': '"'},
}
_DURATION_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_BRACKETS = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """A word: its kind (text, number, name, sign or other), as written, and where it starts."""

    kind: str
    text: str
    offset: int


def tokens(text: str) -> Iterator[Token]:
    """The words of an expression, spaces and comments left out."""
    for match in _TOKEN.finditer(text):
        assert match.lastgroup is not None
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match[0], match.start())


class Scan:
    """A scanned expression: `prepared` for the parser.

    There each regular expression is a key of `patterns` and each time of an ``@`` (seconds) is the index of one of
    `instants`: the parser fails at some times.
    """

    __slots__ = ("instants", "patterns", "prepared", "text", "words")

    def __init__(self, text: str) -> None:
        """PromqlError for what is no word of the language, for unclosed strings and brackets."""
        self.text = text
        self.words = list(tokens(text))
        self.patterns: dict[str, str] = {}
        self.instants: list[float] = []
        opened: list[Token] = []
        parts, before, end = [], "", 0
        for word in self.words:
            parts.append(text[end : word.offset])
            end = word.offset + len(word.text)
            if before[:1] == "@" and word.text in "+-":
                before += word.text
                continue
            if before[:1] == "@" and word.kind == "number":
                parts.append(str(len(self.instants)))
                self.instants.append(_seconds(word.text) * (-1 if before[-1] == "-" else 1))
            elif word.kind == "text":
                parts.append(self._prepare(word, before))
            elif word.kind == "other":
                raise PromqlError(_unexpected(word), word.offset)
            else:
                parts.append(word.text)
                if word.text in _BRACKETS.values():
                    opened.append(word)
                elif word.text in _BRACKETS and (not opened or opened.pop().text != _BRACKETS[word.text]):
                    raise PromqlError(f'unexpected "{word.text}"', word.offset)
            before = word.text
        if opened:
            raise PromqlError(f'unclosed "{opened[-1].text}"', opened[-1].offset)
        self.prepared = "".join([*parts, text[end:]])

    def find(self, name: str) -> int | None:
        """Where a function, operator, keyword or metric of this name first stands."""
        return next((word.offset for word in self.words if word.text == name), None)

    def find_text(self, value: str) -> int | None:
        """Where a string of this value first stands."""
        return next((word.offset for word in self.words if word.kind == "text" and unquote(word) == value), None)

    def _prepare(self, word: Token, before: str) -> str:
        value = unquote(word)
        if before in ("=~", "!~"):
            key = f"pattern {len(self.patterns)}"
            self.patterns[key] = value
            return f'"{key}"'
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'


def unquote(word: Token) -> str:
    """The value of a string as Go reads it; PromqlError for an escape that it does not know."""
    inner = word.text[1:-1]
    if word.text[0] == "`" or "\\" not in inner:
        return inner

    def value(match: re.Match[str]) -> str:
        byte, character, simple = match[1] or match[4], match[2] or match[3], match[5]
        if byte:
            return bytes([int(byte, 16 if match[1] else 8)]).decode("utf-8", "surrogateescape")
        if character:
            return chr(int(character, 16))
        if simple not in _SIMPLE_ESCAPES or (simple in "'\"" and simple != word.text[0]):
            raise PromqlError(f"unknown escape sequence \\{simple}", word.offset)
        return _SIMPLE_ESCAPES[simple]

    try:
        # Bytes may together make characters.
        return _ESCAPE.sub(value, inner).encode("utf-8", "surrogateescape").decode("utf-8")
    except (OverflowError, ValueError):
        raise PromqlError("the string is not UTF-8 text", word.offset) from None


def _seconds(number: str) -> float:
    if number[-1] in "smhdwy":
        return sum(int(count) * _UNITS_S[unit] for count, unit in _DURATION_PART.findall(number))
    return float(int(number, 16)) if number[:2] in ("0x", "0X") else float(number)


def _unexpected(word: Token) -> str:
    return f"unclosed string {word.text}" if word.text in "\"'`" else f'unexpected character "{word.text}"'
