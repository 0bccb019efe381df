"""The rows of a timeline from outside: which events there are, what each says, and what is wrong with a row.

A row comes as text by key, or as JSON values; it becomes a `Row`, or problems, each with the key that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from scenarios.problems import alternatives, did_you_mean, shorten

Complain = Callable[[str | None, str], None]
"""Told of a problem: the key that it is about (None: the row as a whole), and what it is."""

SIGNALS = {"alert_fired": "alert", "probe_failed": "probe", "customer_reported": "customer", "team_noticed": "team"}
"""The events by which a response process first learns of trouble, and the kind of signal that each is."""

EVENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "impact_started": ((), ()),
    "impact_ended": ((), ()),
    **dict.fromkeys(SIGNALS, ((), ())),
    "acknowledged": ((), ()),
    "declared": ((), ()),
    "role_joined": (("role",), ()),
    "assembled": ((), ()),
    "identified": ((), ()),
    "mitigation_applied": (("effective",), ("final",)),
    "internal_update": ((), ()),
    "public_update": (("status",), ("next_update_at",)),
    "verified": ((), ()),
    "resolved": ((), ("paperwork",)),
    "note": ((), ()),
}
"""Every event of a timeline, with the keys that it needs beside `at` and `event`, and those that it may have."""

ALWAYS = ("at", "event", "who", "what")
KEYS = (*ALWAYS, *dict.fromkeys(key for needed, allowed in EVENTS.values() for key in (*needed, *allowed)))
"""Every key of a row."""

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::([0-5][0-9]|60)(?:\.([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)
_YEARS = range(1900, 3000)
"""Others are slips of the pen, and the calendar's ends have no time in UTC."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """One thing that happened, as a timeline tells it."""

    number: int
    """From 1, in the order of the file."""
    at_us: int
    """Microseconds since 1970 in UTC."""
    event: str
    offset: str = "Z"
    """The UTC offset in which `at` was written."""
    role: str | None = None
    effective: bool = False
    final: bool = False
    paperwork: bool = False
    status: str | None = None
    next_us: int | None = None
    """When the next public update was promised."""
    who: str | None = None
    what: str | None = None


def parse_moment(value: object) -> tuple[int, str]:
    """Microseconds since 1970 and the offset of an RFC 3339 time; ValueError for anything else.

    A leap second is the second after it, digits beyond the microsecond are cut, and seconds may be left out.
    """
    expected = "expected a date and time with its UTC offset, such as 2025-08-09T14:00:00Z"
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(expected)
    day, minute, second, fraction, offset = found.groups()
    offset = "Z" if offset in ("z", "+00:00", "-00:00") else offset
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}{offset}")
    except ValueError as error:
        raise ValueError(expected) from error
    if moment.year not in _YEARS:
        raise ValueError(f"{expected} (between the years {_YEARS.start} and {_YEARS.stop - 1})")
    since = (moment - _EPOCH) // _MICROSECOND + int(second or 0) * 1_000_000
    return since + (int(fraction[:6].ljust(6, "0")) if fraction else 0), offset


def moment_text(at_us: int) -> str:
    """A moment in UTC, as RFC 3339 has it."""
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat().replace("+00:00", "Z")


def parse_row(number: int, cells: Mapping[str, Any], complain: Complain) -> Row | None:
    """A row from its values by key, of which None and empty text are as if they were not there.

    None where something is wrong with it, of which `complain` was told.
    """
    good = True

    def wrong(key: str | None, message: str) -> None:
        nonlocal good
        good = False
        complain(key, message)

    given = {key: value for key, value in cells.items() if value is not None and value != ""}
    at_us, offset = _moment(given, "at", wrong)
    event = given.get("event")
    if event is None:
        wrong(None, "this row has no event")
    elif not isinstance(event, str) or event not in EVENTS:
        near = did_you_mean(event, EVENTS) if isinstance(event, str) else ""
        wrong("event", f"not an event of a timeline (got {shorten(event)}){near}")
    _check_keys(given, event if isinstance(event, str) and event in EVENTS else None, wrong)
    flags = {key: _flag(given, key, wrong) for key in ("effective", "final", "paperwork") if key in given}
    texts = {key: _text(given, key, wrong) for key in ("role", "status", "who", "what") if key in given}
    next_us = _moment(given, "next_update_at", wrong)[0] if "next_update_at" in given else None
    if good and flags.get("final") and not flags.get("effective"):
        wrong("final", "a mitigation that had no effect cannot be the final one")
    if good and next_us is not None and next_us < at_us:
        wrong("next_update_at", "the next update is promised for a time before this one")
    if not good:
        return None
    return Row(number, at_us, str(event), offset, next_us=next_us, **flags, **texts)  # type: ignore[arg-type]


def _check_keys(given: Mapping[str, Any], event: str | None, wrong: Complain) -> None:
    needed, allowed = EVENTS[event] if event is not None else ((), KEYS)
    for key in needed:
        if key not in given:
            wrong(None, f"{event} needs {key}")
    for key in given:
        if key in ALWAYS or key in needed or key in allowed:
            continue
        owners = [name for name, (must, may) in EVENTS.items() if key in must or key in may]
        if owners:
            wrong(key, f"{key} belongs to {alternatives(owners)}, not to {shorten(event)}")
        else:
            wrong(key, f"unknown key{did_you_mean(key, KEYS)}")


def _moment(given: Mapping[str, Any], key: str, wrong: Complain) -> tuple[int, str]:
    if key not in given:
        wrong(None, f"this row has no {key} (expected a date and time with its UTC offset)")
        return 0, "Z"
    try:
        return parse_moment(given[key])
    except ValueError as error:
        wrong(key, f"not a time (got {shorten(given[key])}; {error})")
        return 0, "Z"


def _flag(given: Mapping[str, Any], key: str, wrong: Complain) -> bool:
    value = given[key]
    flag = value if isinstance(value, bool) else _FLAGS.get(value.lower()) if isinstance(value, str) else None
    if flag is None:
        wrong(key, f"neither true nor false (got {shorten(value)})")
    return bool(flag)


def _text(given: Mapping[str, Any], key: str, wrong: Complain) -> str:
    value = given[key]
    if isinstance(value, dict | list):
        wrong(key, f"expected text (got {shorten(value)})")
    return value if isinstance(value, str) else shorten(value)
