"""`gameday oncall`: who would be paged at a moment, how well a period is covered, and the rota as a calendar.

The only part of the rota that may ask what time it is now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from drills.response.coverage import Coverage, coverage
from drills.response.on_call import Duty, duties, everyone, on_call, zone_of
from drills.rota_calendar import calendar_of
from scenarios.fields import LONGEST_MS, format_duration, parse_instant
from scenarios.loading import load_organization
from scenarios.local_time import instant, zone
from scenarios.organization import Organization
from scenarios.problems import InputError, Problem
from simulator.faults import KINDS

AHEAD = timedelta(weeks=4)
"""How far ahead is looked where no end is given."""
LONGEST = timedelta(milliseconds=LONGEST_MS)
MOST_SHOWN = 5
"""Gaps of one schedule that are listed; the others are counted."""


def show_on_call(  # noqa: PLR0917
    reference: str | None,
    overrides: Sequence[str],
    at: str | None,
    start: str | None,
    end: str | None,
    file: Path | None,
    style: str,
) -> None:
    """Print who is on call at a moment, or over a period (`start`, `end`), or write the period as a calendar."""
    if reference is None:
        reference = "." if Path("organization.yaml").exists() else "seiketsu"
    organization = load_organization(reference, KINDS, overrides).organization
    where = zone(organization.timezone)
    now = datetime.now(UTC).replace(microsecond=0)
    moment = now if at is None else _moment("--at", at, where)
    first = moment if start is None else _moment("--from", start, where)
    last = first + AHEAD if end is None else _moment("--to", end, where)
    if not first < last <= first + LONGEST:
        raise _wrong("--to", f"expected a moment after {_shown(first, where)}, at most ten years later")
    if file is not None:
        _write(file, organization, first, last, now)
    elif start is None and end is None:
        _print(style, at_document(organization, moment), at_lines(organization, moment))
    else:
        rota = {name: coverage(organization, name, first, last) for name in organization.schedules}
        _print(style, period_document(organization, rota, first, last), period_lines(organization, rota, first, last))


def unattended(
    organization: Organization, start: datetime | None = None, lasts: timedelta = AHEAD
) -> list[dict[str, Any]]:
    """The schedules that have nobody on call at times of a period, as JSON data; by default of the weeks to come."""
    start = datetime.now(UTC).replace(microsecond=0) if start is None else start
    found = []
    for name, schedule in organization.schedules.items():
        gaps = coverage(organization, name, start, start + lasts).gaps
        if gaps:
            text = f"nobody on call {_listed(gaps, zone_of(organization, schedule))}"
            found.append({"schedule": name, "text": text, "times": [_period(gap) for gap in gaps]})
    return found


# At a moment.


def at_document(organization: Organization, at: datetime) -> dict[str, Any]:
    """Who would be paged at a moment, as JSON data: by level of the escalation, and by role."""
    levels = [
        {
            "level": number,
            "timeout_s": level.timeout / 1000,
            "pages": list(everyone(organization, level.targets, at)),
            "targets": [_target(organization, target, at) for target in level.targets],
        }
        for number, level in enumerate(organization.escalation.levels, start=1)
    ]
    roles = {name: list(everyone(organization, role.filled_by, at)) for name, role in organization.roles.items()}
    return {"organization": organization.organization, "at": _iso(at), "levels": levels, "roles": roles}


def _target(organization: Organization, target: str, at: datetime) -> dict[str, Any]:
    """Whom a target stands for and until when, if that ends within the weeks to come."""
    if target not in organization.schedules:
        return {"target": target, "person": target, "until": None}
    duty = duties(organization, target, at, at + AHEAD)[0]
    return {"target": target, "person": duty.person, "until": _iso(duty.end) if duty.end < at + AHEAD else None}


def at_lines(organization: Organization, at: datetime) -> Iterator[str]:
    """The same as text."""
    where = zone(organization.timezone)
    yield f"{organization.title} · {_shown(at, where)}"
    for number, level in enumerate(organization.escalation.levels, start=1):
        within = f"level {number}, {format_duration(level.timeout)} to acknowledge"
        yield within if everyone(organization, level.targets, at) else f"{within}: nobody, the next level is paged"
        for target in level.targets:
            person = next(iter(on_call(organization, target, at)), "nobody")
            yield f"  {person:<24} {_until(organization, target, at)}".rstrip()
    yield "roles, the first who has no other"
    width = max(map(len, organization.roles))
    for name, role in organization.roles.items():
        yield f"  {name:<{width}}  {', '.join(everyone(organization, role.filled_by, at)) or 'nobody'}"


def _until(organization: Organization, target: str, at: datetime) -> str:
    until = _target(organization, target, at)["until"]
    if target not in organization.schedules:
        return ""
    where = zone_of(organization, organization.schedules[target])
    return f"{target}, until {_shown(datetime.fromisoformat(until), where)}" if until else target


# Over a period.


def period_document(
    organization: Organization, rota: dict[str, Coverage], start: datetime, end: datetime
) -> dict[str, Any]:
    """Shifts, coverage and balance of every schedule over a period, as JSON data."""
    schedules = {
        name: {
            "coverage_percent": round(found.coverage_percent, 2),
            "balance_percent": round(found.balance_percent, 2),
            "quality": found.quality,
            "on_call_s": {person: time.total_seconds() for person, time in found.time_on_call.items()},
            "nobody": [_period(gap) for gap in found.gaps],
            "shifts": [{"person": duty.person, **_period(duty)} for duty in found.duties if duty.person is not None],
        }
        for name, found in rota.items()
    }
    return {
        "organization": organization.organization,
        "from": _iso(start),
        "to": _iso(end),
        "schedules": schedules,
    }


def period_lines(
    organization: Organization, rota: dict[str, Coverage], start: datetime, end: datetime
) -> Iterator[str]:
    """The same as text, without the shifts."""
    where = zone(organization.timezone)
    yield f"{organization.title} · {_shown(start, where)} to {_shown(end, where)}"
    width = max(map(len, [*rota, "schedule"]))
    yield f"{'schedule':<{width}}  coverage  balance  quality  on call"
    for name, found in rota.items():
        times = ", ".join(f"{person} {_lasting(time)}" for person, time in found.time_on_call.items())
        figures = f"{found.coverage_percent:>6.1f} %  {found.balance_percent:>5.1f} %  {found.quality:>7}"
        yield f"{name:<{width}}  {figures}  {times or 'nobody'}"
    for name, found in rota.items():
        if found.gaps:
            gaps = _listed(found.gaps, zone_of(organization, organization.schedules[name]))
            yield f"{name}: nobody on call {gaps}"


def _write(file: Path, organization: Organization, start: datetime, end: datetime, stamp: datetime) -> None:
    rota = {name: duties(organization, name, start, end) for name in organization.schedules}
    content = calendar_of(organization, rota, stamp)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError([Problem("", 0, 0, "", f"cannot write to {file}: {error.strerror}")]) from error
    shifts = sum(duty.person is not None for found in rota.values() for duty in found)
    click.echo(f"{file}: {shifts} shifts of {len(rota)} schedules")


# Words.


def _listed(gaps: Sequence[Duty], where: tzinfo) -> str:
    """When nobody is on call: the first few times, and how many more there are."""
    shown = [f"{_shown(gap.start, where)} to {_shown(gap.end, where)}" for gap in gaps[:MOST_SHOWN]]
    more = f", and {len(gaps) - MOST_SHOWN} times more" if len(gaps) > MOST_SHOWN else ""
    lasts = sum((gap.end - gap.start for gap in gaps), timedelta())
    return f"for {_lasting(lasts)}: {', '.join(shown)}{more}"


def _lasting(time: timedelta) -> str:
    return format_duration(time // timedelta(milliseconds=1))


def _shown(at: datetime, where: tzinfo) -> str:
    local = at.astimezone(where)
    return f"{local:%a %Y-%m-%d %H:%M} {local.tzname()}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _period(duty: Duty) -> dict[str, str]:
    return {"from": _iso(duty.start), "to": _iso(duty.end)}


def _print(style: str, document: dict[str, Any], lines: Iterator[str]) -> None:
    if style == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(line)


# Options.


def _moment(option: str, text: str, where: tzinfo) -> datetime:
    """A moment as it is written on the command line; without a UTC offset, as the organisation's clocks show it."""
    try:
        stated = datetime.fromisoformat(text)
        return parse_instant(text) if stated.tzinfo is not None else instant(parse_instant(f"{stated}Z"), where)
    except ValueError:
        raise _wrong(option, f'not a date and time (got "{text}"; expected such as 2025-08-09T14:00)') from None


def _wrong(option: str, message: str) -> InputError:
    return InputError([Problem(option, 0, 0, "", message)])
