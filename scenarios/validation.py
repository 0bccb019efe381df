"""From a document to the model it is meant to be: every problem of it, located, in the words of this project.

Pydantic decides what is wrong; names that must refer to something are collected from the raw data, so that an unknown
service is reported in the same pass as a malformed duration.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from scenarios.documents import Document
from scenarios.fields import Defines, Refers
from scenarios.problems import InputError, Problem, Steps, alternatives, count, did_you_mean
from scenarios.shapes import Shape, names, shape_of_model, walk

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

MOST_HINTS = 100
"""Unknown names for which a near one is sought: comparing thousands with thousands would take minutes."""


def build(model: type[T], document: Document, known: Mapping[str, Iterable[str]] | None = None) -> T:
    """The model that a document states; InputError with every problem.

    Names are checked if their kind is defined in the document or is among `known` (kind to names).
    """
    made, problems = check_schema(model, document)
    register = Register()
    for kind, words in (known or {}).items():
        register.add_known(kind, words)
    register.collect(shape_of_model(model), document)
    problems += register.problems()
    if problems:
        raise InputError(problems)
    assert made is not None
    return made


@functools.cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def check_schema(model: type[T], document: Document) -> tuple[T | None, list[Problem]]:
    """The model, or None and what is wrong with types, keys and values; names are not looked at."""
    return check_part(model, document, (), document.data)


def check_part(
    model: type[T], document: Document, path: Steps, data: Any, also_known: Sequence[str] = ()
) -> tuple[T | None, list[Problem]]:
    """The same for a part of a document; `also_known` are keys to suggest beside the model's own."""
    from pydantic import ValidationError

    try:
        # Read as JSON, because strict reading of Python values refuses a list where a tuple is meant.
        made: T = _adapter(cast("type", model)).validate_json(json.dumps(data), strict=True)
        return made, []
    except ValidationError as error:
        shape = shape_of_model(model)
        details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)]
        return None, [_problem(document, shape, path, detail, also_known) for detail in details]


class _Detail(Protocol):
    """An item of what Pydantic's `ValidationError.errors` gives."""

    def __getitem__(self, key: str, /) -> Any: ...
    def get(self, key: str, /) -> Any: ...


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "none_required": "null",
}
_LIMITS = {
    "greater_than": ("too small", "more than", "gt"),
    "greater_than_equal": ("too small", "at least", "ge"),
    "less_than": ("too large", "less than", "lt"),
    "less_than_equal": ("too large", "at most", "le"),
}


def _is_echo(detail: _Detail) -> bool:
    """Whether a list is called too short only because some of its items, told themselves, are wrong."""
    return bool(detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"])


def _problem(document: Document, root: Shape, base: Steps, detail: _Detail, also_known: Sequence[str]) -> Problem:
    """A finding of Pydantic's in this project's words."""
    steps, at_key = detail["loc"], False
    if steps and steps[-1] == "[key]":
        steps, at_key = steps[:-1], True
    kind, got, context = detail["type"], detail["input"], detail.get("ctx") or {}
    path: Steps = (*base, *steps)

    def found(message: str, expected: str) -> Problem:
        return document.problem(path, message, got=got, expected=expected, at_key=at_key)

    if kind == "unexpected_keyword_argument":
        known = [*_keys(_shape_at(root, steps[:-1])), *also_known]
        message = f"unknown key{did_you_mean(str(steps[-1]), known)}"
        near = "did you mean" in message
        return document.problem(path, message, expected="" if near else alternatives(known), at_key=True)
    if kind.startswith("missing"):
        parent, last = path[:-1], steps[-1]
        if isinstance(last, int):
            wanted = len(_shape_at(root, steps[:-1]).items)
            return document.problem(parent, "too few items", got=document.at(*parent), expected=count(wanted, "item"))
        return document.problem(parent, f'missing key "{last}"')
    if kind in _EXPECTED:
        return found("wrong type", _EXPECTED[kind])
    if kind.startswith("dataclass"):
        return found("wrong type", f"a mapping with {alternatives(_keys(_shape_at(root, steps)))}")
    if kind == "literal_error":
        literals = _literals(root, steps, at_key)
        hint = did_you_mean(got, map(str, literals)) if isinstance(got, str) else ""
        return found(f"not one of the values allowed{hint}", alternatives(literals))
    if kind in _LIMITS:
        message, wording, limit = _LIMITS[kind]
        return found(message, f"{wording} {context[limit]:g}")
    if kind == "too_short":
        return found("too few items", f"at least {count(context['min_length'], 'item')}")
    if kind == "too_long":
        return found("too many items", f"at most {count(context['max_length'], 'item')}")
    if kind == "value_error":
        reason = str(context["error"])
        expected = reason.removeprefix("expected ")
        return found("wrong value", expected) if expected != reason else found(reason, "")
    return found("wrong value", detail["msg"][:1].lower() + detail["msg"][1:])


def _shape_at(shape: Shape, steps: Steps) -> Shape:
    for step in steps:
        shape = shape.step(step) or Shape()
    return shape


def _literals(root: Shape, steps: Steps, at_key: bool) -> tuple[Any, ...]:
    if not at_key:
        return _shape_at(root, steps).literals
    key = _shape_at(root, steps[:-1]).key
    return key.literals if key is not None else ()


def _keys(shape: Shape) -> list[str]:
    return [key for key in shape.fields if key != "parameters"]


class Register:
    """The names that some documents define, and those that they refer to."""

    def __init__(self) -> None:
        self.defined: dict[str, dict[str, str]] = {}
        """Names by kind, each with the place where it is introduced."""
        self._references: list[tuple[Document, Steps, bool, str, tuple[str, ...]]] = []
        self._duplicates: list[Problem] = []

    def add_known(self, kind: str, words: Iterable[str]) -> None:
        """Names that are known without a document, or a kind of which there are none."""
        self.defined.setdefault(kind, {}).update(dict.fromkeys(words, ""))

    def collect(self, shape: Shape, document: Document, base: Steps = (), data: Any = None) -> None:
        """Note every name in a document, or in the part of it at `base`."""
        data = document.data if data is None else data
        for kind in _kinds_defined(shape) - _kinds_unreadable(shape, data):
            self.defined.setdefault(kind, {})
        for name in names(shape, data):
            path = (*base, *name.path)
            if isinstance(name.marker, Refers):
                self._references.append((document, path, name.at_key, name.text, name.marker.kinds))
            else:
                self._define(document, path, name.at_key, name.text, name.marker.kind)

    def refer(self, document: Document, path: Steps, text: str, *kinds: str) -> None:
        """Note a name that no model marks."""
        self._references.append((document, path, False, text, kinds))

    def _define(self, document: Document, path: Steps, at_key: bool, text: str, kind: str) -> None:
        file, line, _ = document.place(path, at_key)
        words = self.defined.setdefault(kind, {})
        if text in words:
            message = f'a second {kind} is called "{text}" (the first: {words[text]})'
            self._duplicates.append(document.problem(path, message, at_key=at_key))
        words.setdefault(text, f"{file}:{line}" if line else file)

    def problems(self) -> list[Problem]:
        """Names introduced twice, and names that are not introduced at all."""
        unknown: list[Problem] = []
        for document, path, at_key, text, kinds in self._references:
            if not all(kind in self.defined for kind in kinds):
                continue  # what would introduce them could not be read
            words = [word for kind in kinds for word in self.defined[kind]]
            if text not in words:
                hint = did_you_mean(text, words) if len(unknown) < MOST_HINTS else ""
                message = f'unknown {" or ".join(kinds)} "{text}"{hint}'
                unknown.append(document.problem(path, message, expected=_offer(message, words), at_key=at_key))
        return self._duplicates + unknown


def _offer(message: str, words: Sequence[str]) -> str:
    """The names there are, where none is near and they are few."""
    if "did you mean" in message or len(words) > 12:
        return ""
    return alternatives(words) if words else "one that is defined; none is"


@functools.cache
def _kinds_defined(shape: Shape) -> frozenset[str]:
    """The kinds of name that data of this shape may introduce."""
    kinds = {marker.kind for marker in shape.markers if isinstance(marker, Defines)}
    for below in (*shape.fields.values(), *shape.items, shape.key, shape.entry):
        if below is not None:
            kinds |= _kinds_defined(below)
    return frozenset(kinds)


def _kinds_unreadable(shape: Shape, data: Any) -> set[str]:
    """The kinds whose section is malformed or missing: whatever refers to them cannot be judged."""
    kinds: set[str] = set()
    for _, part, value in walk(shape, data):
        if part.model is None:
            continue
        for field, below in part.fields.items():
            there = isinstance(value, dict) and (field in value or field not in part.required)
            kept = isinstance(value, dict) and isinstance(value.get(field, {}), dict)
            if below.key is not None and not (there and kept):
                kinds |= _kinds_defined(below.key)
    return kinds
