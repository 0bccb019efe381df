"""Where a value of a JSON text stands: found again when it is needed, since the parser does not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\r]*")


class JsonPlaces:
    """Places in a text that is known to be valid JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._begins: dict[int, list[int]] = {}
        """Where the items of lists begin, by where the list does: a list is passed through once."""

    def place(self, *path: str | int, at_key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path (or of its key), or of its nearest parent that exists."""
        at = shown = self._skip(0)
        for step in path:
            found = self._item(at, step) if isinstance(step, int) else self._member(at, step)
            if found is None:
                break
            key, at = found
            shown = key if at_key else at
        line = self._text.count("\n", 0, shown) + 1
        return line, shown - (self._text.rfind("\n", 0, shown) + 1) + 1

    def _skip(self, at: int) -> int:
        space = _SPACE.match(self._text, at)
        assert space is not None
        return space.end()

    def _end(self, at: int) -> int:
        return self._decoder.raw_decode(self._text, at)[1]

    def _item(self, at: int, index: int) -> tuple[int, int] | None:
        if self._text[at] != "[":
            return None
        begins = self._begins.get(at)
        if begins is None:
            begins = self._begins[at] = list(self._items(at))
        return (begins[index], begins[index]) if index < len(begins) else None

    def _items(self, at: int) -> Iterator[int]:
        at = self._skip(at + 1)
        while self._text[at] != "]":
            yield at
            at = self._skip(self._end(at))
            if self._text[at] == ",":
                at = self._skip(at + 1)

    def _member(self, at: int, name: str) -> tuple[int, int] | None:
        if self._text[at] != "{":
            return None
        at = self._skip(at + 1)
        while self._text[at] != "}":
            key, begin = self._decoder.raw_decode(self._text, at)
            value = self._skip(self._skip(begin) + 1)
            if key == name:
                return at, value
            at = self._skip(self._end(value))
            if self._text[at] == ",":
                at = self._skip(at + 1)
        return None
