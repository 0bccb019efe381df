"""Field types shared by organisation and scenario files: durations, ratios, and names that refer to something.

The models are plain frozen dataclasses, so that a run needs no validation library; the markers here tell
Pydantic, when a file is loaded, how a value is written in YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
LONGEST_MS = 3_660 * UNITS_MS["d"]
"""Ten years: beyond anything that a drill or a procedure means."""
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdw]))+\Z")
_PART = re.compile(r"([0-9]+)(ms|[smhdw])")
_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%\Z")
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z")
_YEARS = range(1900, 3000)
"""Of dates and times that are written; others are slips of the pen, and the calendar's ends have no local time."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\Z")
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*\Z")


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
    if isinstance(text, str) and len(text) <= 40 and _DURATION.match(text):
        milliseconds = sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(text))
        if milliseconds <= LONGEST_MS:
            return milliseconds
        raise ValueError(f"expected at most {format_duration(LONGEST_MS)}")
    if isinstance(text, str) and text.startswith("-") and _DURATION.match(text[1:]):
        raise ValueError("expected a duration that is not negative")
    raise ValueError("expected a duration such as 90s, 5m or 1h30m")


def parse_positive_duration(text: object) -> int:
    """The same, but longer than no time at all: what repeats every 0s would never end."""
    milliseconds = parse_duration(text)
    if milliseconds == 0:
        raise ValueError("expected a duration longer than 0s")
    return milliseconds


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


def parse_instant(value: object) -> datetime:
    """A moment on the calendar with its UTC offset, such as ``2025-08-09T14:00:00Z``; ValueError for anything else."""
    expected = "expected a date and time with its UTC offset, such as 2025-08-09T14:00:00Z"
    if not isinstance(value, str) or len(value) < len("2025-08-09T14:00Z"):
        raise ValueError(expected)
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None or instant.year not in _YEARS:
            raise ValueError
    except ValueError as error:
        raise ValueError(expected) from error
    return instant


def parse_first_day(value: object) -> str:
    """An ISO week such as ``2025-W32`` or a date such as ``2025-08-06``; ValueError for anything else, also for a week
    53 that its year lacks.
    """
    expected = "expected an ISO week such as 2025-W32, or a date such as 2025-08-06"
    if not isinstance(value, str) or not (_WEEK.match(value) or _DATE.match(value)):
        raise ValueError(expected)
    try:
        if first_day(value).year not in _YEARS:
            raise ValueError
    except ValueError as error:
        raise ValueError(expected) from error
    return value


def first_day(text: str) -> date:
    """The Monday of an ISO week, or the date itself."""
    return date.fromisocalendar(int(text[:4]), int(text[6:]), 1) if "W" in text else date.fromisoformat(text)


def parse_clock(value: object) -> str:
    """A time of day such as ``09:00``, up to ``24:00``; ValueError for anything else."""
    if not isinstance(value, str) or not (_CLOCK.match(value) or value == "24:00"):
        raise ValueError("expected a time of day such as 09:00 or 24:00")
    return value


def since_midnight(clock: str) -> timedelta:
    """How much later than 00:00 a clock shows this time of day."""
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


def parse_date(value: object) -> date:
    """A day of the calendar such as ``2025-08-16``; ValueError for anything else."""
    expected = "expected a date such as 2025-08-16"
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError(expected)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(expected) from error


def parse_timezone(value: object) -> str:
    """A name of the time zone database such as ``Europe/Berlin``; ValueError for anything else."""
    expected = "expected a time zone such as UTC or Europe/Berlin"
    if not isinstance(value, str):
        raise ValueError(expected)
    if value == "UTC":
        return value
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(expected) from error
    return value


def parse_url(value: object) -> str:
    """An address that begins with http:// or https://; ValueError for anything else."""
    if not isinstance(value, str) or not _URL.match(value):
        raise ValueError("expected an address that begins with https:// or http://")
    return value


def parse_address(value: object) -> str:
    """An email address in ASCII such as ``updates@example.org``; ValueError for anything else."""
    if not isinstance(value, str) or not _ADDRESS.match(value):
        raise ValueError("expected an email address such as updates@example.org")
    return value


def parse_version(value: object) -> str:
    """A version such as ``2.42`` or ``3.14.0``, as text; ValueError for anything else."""
    if not isinstance(value, str) or not re.fullmatch(VERSION_PATTERN, value):
        raise ValueError('expected a version in quotes, such as "2.42"')
    return value


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


DURATION_PATTERN = "^([0-9]+(ms|[smhdw]))+$"
_DURATION_SCHEMA = json.dumps({"type": "string", "pattern": DURATION_PATTERN, "examples": ["90s", "5m", "1h30m"]})

Duration = Annotated[int, _Text(parse_duration, _DURATION_SCHEMA)]
"""Milliseconds; written ``90s``, ``5m``, ``1h30m``."""

Period = Annotated[int, _Text(parse_positive_duration, _DURATION_SCHEMA)]
"""The same, of at least a millisecond."""

Ratio = Annotated[
    float,
    _Text(
        parse_ratio,
        """{"anyOf": [{"type": "number", "minimum": 0, "maximum": 1},
                      {"type": "string", "pattern": "^[0-9]+([.][0-9]+)? *%$"}]}""",
    ),
]
"""A share from 0 to 1; written ``0.15`` or ``15%``."""


Instant = Annotated[datetime, _Text(parse_instant, """{"type": "string", "format": "date-time"}""")]
"""A moment on the calendar; written with its UTC offset."""

FirstDay = Annotated[
    str,
    _Text(
        parse_first_day,
        """{"type": "string", "pattern": "^[0-9]{4}-(W[0-9]{2}|[0-9]{2}-[0-9]{2})$",
            "examples": ["2025-W32", "2025-08-06"]}""",
    ),
]
"""An ISO week, which stands for its Monday, or a date; `first_day` tells which."""

Clock = Annotated[
    str,
    _Text(parse_clock, """{"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}"""),
]
"""A time of day; written ``09:00``."""

Date = Annotated[date, _Text(parse_date, """{"type": "string", "format": "date"}""")]
"""A day of the calendar; written ``2025-08-16``."""

TimeZone = Annotated[str, _Text(parse_timezone, """{"type": "string", "examples": ["UTC", "Europe/Berlin"]}""")]
"""A name of the time zone database."""

VERSION_PATTERN = "^v?[0-9]+[.][0-9]+([.][0-9]+)?$"

Version = Annotated[
    str, _Text(parse_version, json.dumps({"type": "string", "pattern": VERSION_PATTERN, "examples": ["2.42"]}))
]
"""A version of a program; written in quotes, for 2.50 is not 2.5."""

Url = Annotated[str, _Text(parse_url, """{"type": "string", "pattern": "^https?://"}""")]
"""An address of the web."""


Address = Annotated[str, _Text(parse_address, """{"type": "string", "format": "email"}""")]
"""An email address."""


@dataclass(frozen=True)
class Defines:
    """Marks the key of a mapping, or a field, whose text introduces a name of a kind (a service, a person)."""

    kind: str


class Refers:
    """Marks text that must be a name of one of these kinds, introduced in the organisation or the scenario."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds


ServiceName = Annotated[str, Refers("service")]
