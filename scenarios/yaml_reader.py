"""From YAML text to nodes that know their places, on parser events with a stack of its own.

Everything that could exhaust memory or Python's stack is bounded before anything recurses over the result.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from scenarios.problems import Problem, Steps, path_text, shorten

DEPTH_LIMIT = 40
"""Mappings and lists inside one another."""
VALUE_LIMIT = 100_000
"""Values of a document, those that aliases repeat counted each time."""

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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


class Node:
    """A value and its place; `children` are nodes by index, or (line, column, node) by key, or None for a scalar."""

    __slots__ = ("children", "column", "height", "line", "size", "value")

    def __init__(self, value: Any, line: int, column: int, children: Any = None) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.children = children
        self.size = 1
        self.height = 0 if children is None else 1


class _UnreadableError(Exception):
    """Reading cannot go on; the problem is already recorded."""


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "key", "key_place", "node")

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Any = _UNSET
        self.key_place = (0, 0)


class Reader:
    """Builds nodes from parser events with a stack of its own, so that no input can exhaust Python's."""

    def __init__(self, name: str, *, as_written: bool = False, value_limit: int = VALUE_LIMIT) -> None:
        self._as_written = as_written
        self._value_limit = value_limit
        self.name = name
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._values = 0

    def read(self, text: str) -> Node | None:
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
            for event in events_of(text):
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
                elif isinstance(event, events.DocumentStartEvent) and self._root is not None:
                    self._fatal(event, "a second document begins here (expected one a file)")
        except _UnreadableError:
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
        raise _UnreadableError

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
        node = Node(self._resolve(event), *_place(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node, event)

    def _key(self, event: Any) -> None:
        text, plain = event.value, event.implicit[0]
        if event.anchor is not None:
            self._anchors[event.anchor] = Node(text, *_place(event))
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
        node = Node(value, *_place(event), children)
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
            node = Node(None, 0, 0)
        elif any(frame.node is node for frame in self._stack):
            self._problem(event, f"alias *{event.anchor} repeats a part that it stands in itself")
            node = Node(None, 0, 0)
        if self._key_comes_next():
            key = node.value if isinstance(node.value, str) else None
            self._take_key(event, key, "" if key is not None else "a key must be text (got an alias of something else)")
        else:
            self._add(node, event)

    def _add(self, node: Node, event: Any) -> None:
        """Put a finished value into what is being read."""
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > self._value_limit:
            self._fatal(event, f"too many values, repeated ones included (expected at most {self._value_limit:,})")
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
            if not text.isprintable() and (match := UNPRINTABLE.search(text)):
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
            self._problem(
                event, f"not what its tag says (got {shorten(text)}; expected {tag.removeprefix(_TAG_PREFIX)})"
            )
            return text
        return float(value) if kinds[0] is float else value

    def _unknown_tag(self, event: Any) -> None:
        shown = event.tag.replace(_TAG_PREFIX, "!!")
        self._problem(event, f"unknown tag {shown[:60]} (expected none: types follow from the model)")

    def _plain(self, event: Any, text: str) -> Any:
        """A plain scalar by the core schema of YAML 1.2."""
        if text in _NULLS:
            return None
        if self._as_written:
            return text
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


def events_of(text: str) -> Iterator[Any]:
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
