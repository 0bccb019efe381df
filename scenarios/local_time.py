"""Local time with daylight saving: the instant that a wall clock's reading stands for, and when a zone's clocks change.

A *reading* is a datetime without a zone, what a clock on the wall shows; an *instant* is a datetime in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """The time zone of a name that `scenarios.fields.parse_timezone` accepts."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def reading(at: datetime, where: tzinfo) -> datetime:
    """What a clock in a zone shows at an instant."""
    return at.astimezone(where).replace(tzinfo=None, fold=0)


def instant(shown: datetime, where: tzinfo) -> datetime:
    """The first instant at which a clock in a zone has shown this reading or a later one.

    A reading that occurs twice stands for its first time, and one that the clock jumps over for the jump. So instants
    never go back as readings go on: whatever is bounded by readings has no gap and no overlap on any night.
    """
    if where is UTC:
        return shown.replace(tzinfo=UTC)
    found = shown.replace(tzinfo=where, fold=0).astimezone(UTC)
    if reading(found, where) == shown:
        return found
    # Before the jump the clock was behind the reading, after it ahead: PEP 495 gives an instant on either side.
    return _first_with_offset_of(found, shown.replace(tzinfo=where, fold=1).astimezone(UTC), where)


class Change(NamedTuple):
    """A moment at which a zone's UTC offset changes."""

    at: datetime
    before: timedelta
    after: timedelta


def changes(where: tzinfo, start: datetime, end: datetime) -> Iterator[Change]:
    """The changes of a zone's offset after `start` and up to `end`; two on one day that cancel out are not seen."""
    at = start
    while at < end:
        following = min(at + _DAY, end)
        before, after = _offset(at, where), _offset(following, where)
        if before != after:
            yield Change(_first_with_offset_of(following, at, where), before, after)
        at = following


def _first_with_offset_of(late: datetime, early: datetime, where: tzinfo) -> datetime:
    """The instant after `early`, in whole seconds, from which on the offset is what it is at `late`."""
    wanted = _offset(late, where)
    while late - early > _SECOND:
        middle = early + (late - early) // (2 * _SECOND) * _SECOND
        early, late = (early, middle) if _offset(middle, where) == wanted else (middle, late)
    return late


def _offset(at: datetime, where: tzinfo) -> timedelta:
    offset = at.astimezone(where).utcoffset()
    assert offset is not None
    return offset
