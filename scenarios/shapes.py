"""What the type hints of a model say about its data, in a form that raw data can be walked along.

One walk finds the names that a file defines and refers to, and the models that its mappings are meant to be, however
malformed other parts of the file are.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from scenarios.fields import Defines, Refers
from scenarios.problems import Steps


class Shape:
    """A hint, taken apart; parts that do not apply are empty."""

    __slots__ = ("entry", "fields", "items", "key", "literals", "markers", "model", "repeated", "required")

    def __init__(self) -> None:
        self.model: type | None = None
        """The model class whose `fields` a mapping has."""
        self.fields: dict[str, Shape] = {}
        """By key as written in YAML: `for`, not `for_`."""
        self.required: frozenset[str] = frozenset()
        """Those fields that have no default."""
        self.key: Shape | None = None
        self.entry: Shape | None = None
        """Of the keys and values of a mapping that is no model."""
        self.items: tuple[Shape, ...] = ()
        """Of a list's items; the only one is that of all of them if `repeated`."""
        self.repeated = False
        self.literals: tuple[Any, ...] = ()
        """The values allowed, where they are listed."""
        self.markers: tuple[Defines | Refers, ...] = ()

    def step(self, step: str | int) -> Shape | None:
        """The shape one step down; None where the model says nothing about it."""
        if isinstance(step, str):
            return self.fields.get(step, self.entry)
        if self.repeated:
            return self.items[0]
        return self.items[step] if 0 <= step < len(self.items) else None


class Name(NamedTuple):
    """A name in raw data and where it stands: at the key of a mapping, or as a value."""

    marker: Defines | Refers
    text: str
    path: Steps
    at_key: bool


def shape_of_model(model: type) -> Shape:
    """The shape of a class made with `scenarios.fields.model`."""
    return _shape_of_model(model)


@functools.cache
def _shape_of_model(model: Any) -> Shape:
    shape = Shape()
    shape.model = model
    hints = typing.get_type_hints(model, include_extras=True)
    shape.fields = {name.rstrip("_"): _shape_of(hint) for name, hint in hints.items()}
    shape.required = frozenset(
        field.name.rstrip("_")
        for field in dataclasses.fields(model)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )
    return shape


def _shape_of(hint: Any) -> Shape:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        markers = tuple(marker for marker in hint.__metadata__ if isinstance(marker, Defines | Refers))
        inner = _shape_of(arguments[0])
        if not markers:
            return inner
        shape = Shape()
        for slot in Shape.__slots__:
            setattr(shape, slot, getattr(inner, slot))
        shape.markers = (*inner.markers, *markers)
        return shape
    if origin in (types.UnionType, typing.Union):
        real = [argument for argument in arguments if argument is not type(None)]
        return _shape_of(real[0]) if len(real) == 1 else Shape()
    if hasattr(hint, "__pydantic_config__"):
        return shape_of_model(hint)
    shape = Shape()
    if origin is dict:
        shape.key, shape.entry = map(_shape_of, arguments)
    elif origin is tuple:
        shape.repeated = arguments[-1] is Ellipsis
        shape.items = tuple(_shape_of(argument) for argument in arguments if argument is not Ellipsis)
    elif origin is Literal:
        shape.literals = arguments
    return shape


def names(shape: Shape, data: Any) -> Iterator[Name]:
    """Every name in the data that the model marks, in file order; parts of a wrong type are passed over."""
    for path, part, value in walk(shape, data):
        if part.markers and isinstance(value, str):
            yield from (Name(marker, value, path, False) for marker in part.markers)
        elif part.key is not None and part.key.markers and isinstance(value, dict):
            for key in value:
                yield from (Name(marker, key, (*path, key), True) for marker in part.key.markers)


def walk(shape: Shape, data: Any) -> Iterator[tuple[Steps, Shape, Any]]:
    """Path, shape and value of everything in the data that has a shape, parents first."""
    waiting: list[tuple[Steps, Shape, Any]] = [((), shape, data)]
    while waiting:
        path, part, value = waiting.pop()
        yield path, part, value
        entries: list[tuple[str | int, Any]] = []
        if isinstance(value, dict):
            entries = list(value.items())
        elif isinstance(value, list):
            entries = list(enumerate(value))
        for step, below in reversed(entries):
            if (inner := part.step(step)) is not None:
                waiting.append(((*path, step), inner, below))
