"""What is wrong with an input, said once for every kind of file: where, what, what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Steps = tuple[str | int, ...]
"""The way from a document's root to a value: keys of mappings and indexes of lists, from 0."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a file; lines and columns count from 1, 0 where there is no place."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class InputError(Exception):
    """The input is wrong (exit code 2); carries every problem found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        assert self.problems
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "voice"?`` when a known word is near, else nothing."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def shorten(value: Any) -> str:
    """A value as problems show it: short, on one line, text in double quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= 60 else f"{value[:57]}…"
        return json.dumps(text, ensure_ascii=not text.isprintable())
    if isinstance(value, dict):
        return f"a mapping with {count(len(value), 'key')}"
    if isinstance(value, list | tuple):
        return f"a list of {count(len(value), 'item')}"
    return str(value)


def count(number: int, noun: str) -> str:
    """``1 key``, ``2 keys``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def alternatives(words: Iterable[object]) -> str:
    """``"a", "b" or "c"``."""
    shown = [shorten(word) for word in words]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def path_text(path: Steps) -> str:
    """A path as problems show it: ``faults[0].kind``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[^\s.\[\]\"]+", step):
            text += f".{step}" if text else step
        else:
            text += f"[{shorten(step)}]"
    return text
