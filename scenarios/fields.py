"""Field types shared by organisation and scenario files: durations, ratios, and names that refer to something.

The models are plain frozen dataclasses, so that a run needs no validation library; the markers here tell
Pydantic, when a file is loaded, how a value is written in YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"^(?:\d+(?:ms|[smhdw]))+$")
_PART = re.compile(r"(\d+)(ms|[smhdw])")
_PERCENT = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def model(cls: type[T]) -> type[T]:
    """A frozen dataclass that can be read from YAML: unknown keys are errors, `for_` is written `for`."""
    # Neither repr nor eq: they are never compared, and making those methods doubles the time that importing takes.
    made = dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)(cls)
    made.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "alias_generator": lambda name: name.rstrip("_"),
        "arbitrary_types_allowed": True,
    }
    return made


def parse_duration(text: object) -> int:
    """Milliseconds of a duration such as ``90s``, ``5m``, ``1h30m`` or ``0s``; ValueError for anything else."""
    if not isinstance(text, str) or not _DURATION.match(text):
        raise ValueError("expected a duration such as 90s, 5m or 1h30m")
    return sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(text))


def format_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back: ``5400000`` is ``1h30m``."""
    if milliseconds == 0:
        return "0s"
    text, rest = "", milliseconds
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, UNITS_MS[unit])
        text += f"{count}{unit}" if count else ""
    return text


def parse_ratio(value: object) -> float:
    """A share from 0 to 1, written ``0.15`` or ``15%``; ValueError for anything else."""
    if isinstance(value, str) and (match := _PERCENT.match(value)):
        value = float(match.group(1)) / 100
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("expected a share from 0 to 1, such as 0.15 or 15%")
    return float(value)


@dataclass(frozen=True)
class _Text:
    """How Pydantic reads a field that is written as text, and the JSON Schema (as JSON text) that describes it."""

    parse: Callable[[object], object]
    schema: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(self.schema)
        return schema


Duration = Annotated[
    int,
    _Text(
        parse_duration,
        """{"type": "string", "pattern": "^([0-9]+(ms|[smhdw]))+$", "examples": ["90s", "5m", "1h30m"]}""",
    ),
]
"""Milliseconds; written ``90s``, ``5m``, ``1h30m``."""

Ratio = Annotated[
    float,
    _Text(
        parse_ratio,
        """{"anyOf": [{"type": "number", "minimum": 0, "maximum": 1},
                      {"type": "string", "pattern": "^[0-9]+([.][0-9]+)? *%$"}]}""",
    ),
]
"""A share from 0 to 1; written ``0.15`` or ``15%``."""


@dataclass(frozen=True)
class Defines:
    """Marks the key of a mapping, or a field, whose text introduces a name of a kind (a service, a person)."""

    kind: str


@dataclass(frozen=True)
class Refers:
    """Marks text that must be a name of this kind, introduced somewhere in the organisation or the scenario."""

    kind: str


ServiceName = Annotated[str, Refers("service")]
