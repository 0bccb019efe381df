"""What templates work with, in Go's terms: the types of values, their truth, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Value = Any
"""float (float64), int, bool, str, None (nil), a mapping of text to values, a `Sample` or a list of them."""


class FormatError(Exception):
    """A function was given what it cannot work with."""


class Sample(NamedTuple):
    """An element of a query's result."""

    labels: Mapping[str, str]
    value: float


def go_type(value: Value) -> str:
    """The name of a value's type."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Sample):
        return "*template.sample"
    if isinstance(value, Mapping):
        return "map[string]string" if all(isinstance(one, str) for one in value.values()) else "map[string]interface {}"
    return "<nil>" if value is None else "template.queryResult"


def is_true(value: Value) -> bool:
    """Whether a value counts as true: it is not zero, not empty, not nil."""
    if isinstance(value, Sample):
        return True
    if isinstance(value, float):
        return value != 0
    return bool(value)


def print_value(value: Value) -> str:
    """A value as Go's ``%v`` prints it: ``0.5``, ``9.8765432e+07``, ``+Inf``, ``map[job:api]``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return print_float(value)
    if isinstance(value, Sample):
        return f"{{{print_value(value.labels)} {print_float(value.value)}}}"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{print_value(text)}' for name, text in sorted(value.items()))}]"
    if isinstance(value, Sequence):
        return f"[{' '.join(map(print_value, value))}]"
    return "<no value>" if value is None else str(value)


def print_float(value: float) -> str:
    """The shortest text that reads back as this float, with an exponent from 1e21 on and below 0.0001."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return repr(value).removesuffix(".0")
    digits = 0
    while float(text := f"{value:.{digits}e}") != value:
        digits += 1
    return text
