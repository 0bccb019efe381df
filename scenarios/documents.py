"""YAML files as plain Python data that remembers where everything stands.

Only the core schema of YAML 1.2 is read (`on` and `yes` are text, `010` is ten), and only what can be checked cheaply:
size, depth and the number of values are bounded, on parser events and before anything recurses. Mapping keys are
always text: `200: x` has the key ``"200"``.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scenarios.problems import InputError, Problem, shorten

Steps = tuple[str | int, ...]
"""The way from a document's root to a value: keys of mappings and indexes of lists, from 0."""

SIZE_LIMIT = 1_048_576
"""Bytes of a file (1 MiB)."""
DEPTH_LIMIT = 40
"""Mappings and lists inside one another."""
VALUE_LIMIT = 100_000
"""Values of a document, those that aliases repeat counted each time."""
PROBLEM_LIMIT = 100
"""Control characters that are reported one by one."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n|\r|\n")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAG_PREFIX = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
_UNSET: Any = object()


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


class _Node:
    """A value and its place; `children` are nodes by index, or (line, column, node) by key, or None for a scalar."""

    __slots__ = ("children", "column", "height", "line", "size", "value")

    def __init__(self, value: Any, line: int, column: int, children: Any = None) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.children = children
        self.size = 1
        self.height = 0 if children is None else 1


class Document:
    """One file's data, and how to say what is wrong in it.

    `data` is made of dict, list, str, int, float, bool and None; parts repeated by aliases are shared, so it must not
    be changed in place. `sha256` is of the file's bytes.
    """

    def __init__(
        self, file: str, root: _Node, sha256: str, overrides: Mapping[Steps, str] | None = None, data: Any = _UNSET
    ) -> None:
        self.file = file
        self.sha256 = sha256
        self.data = root.value if data is _UNSET else data
        self._root = root
        self._overrides = dict(overrides or {})

    def place(self, path: Steps, at_key: bool = False) -> tuple[str, int, int]:
        """File, line and column of the value at a path (or of its key), or of its nearest parent that exists."""
        for length in range(len(path) + 1):
            if path[:length] in self._overrides:
                return self._overrides[path[:length]], 0, 0
        node = self._root
        line, column = node.line, node.column
        for depth, step in enumerate(path, start=1):
            children = node.children
            if isinstance(children, dict) and step in children:
                key_line, key_column, node = children[step]
                last = depth == len(path)
                line, column = (key_line, key_column) if last and at_key else (node.line, node.column)
            elif isinstance(children, list) and isinstance(step, int) and step < len(children):
                node = children[step]
                line, column = node.line, node.column
            else:
                break
        return self.file, line, column

    def problem(
        self, path: Steps, message: str, got: Any = _UNSET, expected: str = "", at_key: bool = False
    ) -> Problem:
        """What is wrong at a path: ``message (got VALUE; expected …)``, each half only where it is given."""
        details = [] if got is _UNSET else [f"got {shorten(got)}"]
        if expected:
            details.append(f"expected {expected}")
        text = f"{message} ({'; '.join(details)})" if details else message
        return Problem(*self.place(path, at_key), path_text(path), text)

    def at(self, *path: str | int) -> Any:
        """The value at a path; None where there is none."""
        value = self.data
        for step in path:
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def overridden(self, path: Steps, value: Any, label: str) -> Document:
        """The document with another value at a path; problems there name `label` as their file.

        Every step but the last must exist or be a key, for which a mapping is made.
        """

        def replaced(old: Any, rest: Steps) -> Any:
            if not rest:
                return value
            step = rest[0]
            if isinstance(step, int):
                return [*old[:step], replaced(old[step], rest[1:]), *old[step + 1 :]]
            old = old if isinstance(old, dict) else {}
            return {**old, step: replaced(old.get(step), rest[1:])}

        overrides = {**self._overrides, path: label}
        return Document(self.file, self._root, self.sha256, overrides, replaced(self.data, path))


def read_document(path: Path, name: str | None = None) -> Document:
    """Read a YAML file; InputError with every problem of its YAML. `name` is how problems call it."""
    document, problems = scan_file(path, name)
    if problems:
        raise InputError(problems)
    assert document is not None
    return document


def parse_document(text: bytes | str, name: str) -> Document:
    """The same for text that is already in memory."""
    document, problems = scan_document(text, name)
    if problems:
        raise InputError(problems)
    assert document is not None
    return document


def scan_file(path: Path, name: str | None = None) -> tuple[Document | None, list[Problem]]:
    """What can be read of a file, and what is wrong with it, so that a caller can look for more problems."""
    name = str(path) if name is None else name
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None, [Problem(name, 0, 0, "", "there is no such file")]
    except IsADirectoryError:
        return None, [Problem(name, 0, 0, "", "this is a folder (expected a file)")]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, [Problem(name, 0, 0, "", f"the file cannot be read: {reason}")]
    return scan_document(content, name)


def scan_document(text: bytes | str, name: str) -> tuple[Document | None, list[Problem]]:
    """The same for text that is already in memory."""
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > SIZE_LIMIT:
        return None, [Problem(name, 0, 0, "", "the file is too large (expected at most 1 MiB)")]
    try:
        decoded = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(content[: error.start].decode("utf-8"))
        message = f"not UTF-8 text (got byte 0x{content[error.start]:02x})"
        return None, [Problem(name, line, column, "", message)]
    problems = _control_characters(decoded, name)
    if problems:
        return None, problems
    reader = _Reader(name)
    root = reader.read(decoded)
    if root is None:
        return None, reader.problems
    return Document(name, root, hashlib.sha256(content).hexdigest()), reader.problems


def _line_and_column(before: str) -> tuple[int, int]:
    ends = list(_LINE_END.finditer(before))
    return len(ends) + 1, len(before) - (ends[-1].end() if ends else 0) + 1


def _control_characters(text: str, name: str) -> list[Problem]:
    problems = []
    for count, match in enumerate(_UNPRINTABLE.finditer(text)):
        line, column = _line_and_column(text[: match.start()])
        if count == PROBLEM_LIMIT:
            problems.append(Problem(name, line, column, "", "more control characters follow"))
            break
        problems.append(Problem(name, line, column, "", f"control character U+{ord(match.group()):04X}"))
    return problems


class _Unreadable(Exception):
    """Reading cannot go on; the problem is already recorded."""


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "key", "key_place", "node")

    def __init__(self, node: _Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Any = _UNSET
        self.key_place = (0, 0)


class _Reader:
    """Builds nodes from parser events with a stack of its own, so that no input can exhaust Python's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Node] = {}
        self._root: _Node | None = None
        self._values = 0

    def read(self, text: str) -> _Node | None:
        """The root; None, with a problem recorded, where there is nothing to go on with."""
        from yaml import YAMLError, events

        handlers: dict[type, Callable[[Any], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._mapping,
            events.SequenceStartEvent: self._sequence,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
        }
        try:
            for event in _events(text):
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
                elif isinstance(event, events.DocumentStartEvent) and self._root is not None:
                    self._fatal(event, "a second document begins here (expected one a file)")
        except _Unreadable:
            return None
        except (YAMLError, ValueError, OverflowError) as error:
            self.problems.append(_syntax_problem(self.name, error))
            return None
        if self._root is None or self._root.value is None:
            self.problems.append(Problem(self.name, 1, 1, "", "the file is empty"))
            return None
        return self._root

    def _problem(self, event: Any, message: str, place: tuple[int, int] | None = None) -> None:
        line, column = place or _place(event)
        self.problems.append(Problem(self.name, line, column, path_text(self._path()), message))

    def _fatal(self, event: Any, message: str) -> None:
        self.problems.append(Problem(self.name, *_place(event), "", message))
        raise _Unreadable

    def _path(self) -> Steps:
        path: list[str | int] = []
        for frame in self._stack:
            if isinstance(frame.node.children, list):
                path.append(len(frame.node.children))
            elif isinstance(frame.key, str):
                path.append(frame.key)
        return tuple(path)

    def _key_comes_next(self) -> bool:
        return bool(self._stack) and self._stack[-1].node.children.__class__ is dict and self._stack[-1].key is _UNSET

    def _scalar(self, event: Any) -> None:
        if self._key_comes_next():
            self._key(event)
            return
        node = _Node(self._resolve(event), *_place(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node, event)

    def _key(self, event: Any) -> None:
        text, plain = event.value, event.implicit[0]
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(text, *_place(event))
        if plain and text == "<<":
            self._take_key(event, None, "merge keys (<<) are not read; write the keys out")
        elif plain and text in _NULLS:
            self._take_key(event, None, "a key must not be null (expected text)")
        else:
            value = self._resolve(event)
            self._take_key(event, value if isinstance(value, str) else text)

    def _take_key(self, event: Any, key: str | None, message: str = "", place: tuple[int, int] | None = None) -> None:
        """Begin an entry; one without a key, or with one that was there before, is read and dropped."""
        frame = self._stack[-1]
        if key is not None and key in frame.node.children:
            message = f"duplicate key {shorten(key)} (first in line {frame.node.children[key][0]})"
            key = None
        if message:
            self._problem(event, message, place)
        frame.key = key
        frame.key_place = place or _place(event)

    def _mapping(self, event: Any) -> None:
        self._begin(event, {}, {}, "map")

    def _sequence(self, event: Any) -> None:
        self._begin(event, [], [], "seq")

    def _begin(self, event: Any, value: Any, children: Any, tag: str) -> None:
        if event.tag not in (None, "!", _TAG_PREFIX + tag):
            self._unknown_tag(event)
        if len(self._stack) >= DEPTH_LIMIT:
            self._fatal(event, f"nested too deeply (expected at most {DEPTH_LIMIT} levels)")
        node = _Node(value, *_place(event), children)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._stack.append(_Frame(node, event.anchor))

    def _end(self, event: Any) -> None:
        node = self._stack.pop().node
        if self._key_comes_next():
            self._take_key(event, None, "a key must be text (got a mapping or a list)", (node.line, node.column))
        else:
            self._add(node, event)

    def _alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._problem(event, f"alias *{event.anchor} names no anchor")
            node = _Node(None, 0, 0)
        elif any(frame.node is node for frame in self._stack):
            self._problem(event, f"alias *{event.anchor} repeats a part that it stands in itself")
            node = _Node(None, 0, 0)
        if self._key_comes_next():
            key = node.value if isinstance(node.value, str) else None
            self._take_key(event, key, "" if key is not None else "a key must be text (got an alias of something else)")
        else:
            self._add(node, event)

    def _add(self, node: _Node, event: Any) -> None:
        """Put a finished value into what is being read."""
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > VALUE_LIMIT:
            self._fatal(event, f"too many values, repeated ones included (expected at most {VALUE_LIMIT:,})")
        if len(self._stack) + node.height > DEPTH_LIMIT:
            self._fatal(event, f"nested too deeply (expected at most {DEPTH_LIMIT} levels)")
        if parent.children.__class__ is list:
            parent.children.append(node)
            parent.value.append(node.value)
            return
        if frame.key is not None:
            parent.children[frame.key] = (*frame.key_place, node)
            parent.value[frame.key] = node.value
        frame.key = _UNSET

    def _resolve(self, event: Any) -> Any:
        text, tag = event.value, event.tag
        if tag is None:
            if event.implicit[0]:
                return self._plain(event, text)
            if not text.isprintable() and (match := _UNPRINTABLE.search(text)):
                self._problem(event, f"control character U+{ord(match.group()):04X} in text")
                return ""
            return text
        kinds = _SCALAR_TAGS.get(tag.removeprefix(_TAG_PREFIX))
        if tag == "!" or kinds == (str,):
            return text
        if kinds is None:
            self._unknown_tag(event)
            return text
        value = self._plain(event, text)
        if type(value) not in kinds:
            self._problem(event, f"not what its tag says (got {shorten(text)}; expected {tag.removeprefix(_TAG_PREFIX)})")
            return text
        return float(value) if kinds[0] is float else value

    def _unknown_tag(self, event: Any) -> None:
        shown = event.tag.replace(_TAG_PREFIX, "!!")
        self._problem(event, f"unknown tag {shown[:60]} (expected none: types follow from the model)")

    def _plain(self, event: Any, text: str) -> Any:
        """A plain scalar by the core schema of YAML 1.2."""
        if text in _NULLS:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if text[0] not in "+-.0123456789":
            return text
        value: Any = text
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            value = int(text, base) if len(text) < 40 else math.inf
        elif _FLOAT.fullmatch(text):
            value = float(text)
        elif _NOT_FINITE.fullmatch(text):
            value = math.nan
        if not isinstance(value, str) and not -(2**63) <= value < 2**63:
            self._problem(event, f"not a number that can be used (got {shorten(text)}; expected a finite one)")
            return 0
        return value


def _events(text: str) -> Iterator[Any]:
    """Parser events, from libyaml where PyYAML was built with it."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


def _syntax_problem(name: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    message = getattr(error, "problem", None) or str(error)
    context, began = getattr(error, "context", None), getattr(error, "context_mark", None)
    if "cannot start any token" in message:
        message += "; text that begins so wants quotes, and indentation is made of spaces"
    elif context and began is not None and began.line + 1 < line:
        message += f", {context} that began in line {began.line + 1}"
    return Problem(name, line, column, "", f"not valid YAML: {message}")


def _place(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
