"""Who is on call: at a moment, and over a period.

A turn of a rotation and the hours of a restriction are bounded by readings of the schedule's wall clock; each bound is
one instant (`scenarios.local_time.instant`), so that the night on which clocks change makes a turn longer or shorter,
and nothing else. A moment on a bound belongs to whoever begins there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from scenarios.fields import first_day, since_midnight
from scenarios.local_time import instant, reading, zone
from scenarios.organization import Organization
from scenarios.people import Layer, Restriction, Schedule, Shift

_DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def on_call(organization: Organization, target: str, at: datetime) -> tuple[str, ...]:
    """The persons that a target stands for at a moment (with a UTC offset): the one who is on call in the schedule of
    that name, if anybody is, or the person of that name.
    """
    schedule = organization.schedules.get(target)
    if schedule is None:
        assert target in organization.people, f"{target} is neither a schedule nor a person"
        return (target,)
    person = _person(schedule, zone_of(organization, schedule), at.astimezone(UTC))
    return () if person is None else (person,)


def everyone(organization: Organization, targets: Iterable[str], at: datetime) -> tuple[str, ...]:
    """The persons that several targets stand for, in order, each once."""
    return tuple(dict.fromkeys(person for target in targets for person in on_call(organization, target, at)))


class Duty(NamedTuple):
    """A stretch for which one person is on call without a break, or, if `person` is None, nobody; in UTC."""

    person: str | None
    start: datetime
    end: datetime


def duties(organization: Organization, name: str, start: datetime, end: datetime) -> list[Duty]:
    """The whole period from `start` up to `end` of one schedule, in order and without a gap: neighbours differ."""
    schedule = organization.schedules[name]
    where = zone_of(organization, schedule)
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    bounds = {bound for bound in _bounds(schedule, where, start, end) if start < bound < end}
    found: list[Duty] = []
    for at, following in itertools.pairwise([start, *sorted(bounds), end]):
        person = _person(schedule, where, at)
        if found and found[-1].person == person:
            found[-1] = found[-1]._replace(end=following)
        else:
            found.append(Duty(person, at, following))
    return found


def zone_of(organization: Organization, schedule: Schedule) -> tzinfo:
    """The time zone in which a schedule's times of day are meant."""
    return zone(schedule.timezone or organization.timezone)


# At a moment.


def _person(schedule: Schedule, where: tzinfo, at: datetime) -> str | None:
    person = _of_shifts(schedule.overrides, at)
    for layer in (*reversed(schedule.layers), schedule):
        if person is None and _applies(layer.restrictions, where, at):
            person = _of_shifts(layer.shifts, at) or _of_rotation(layer, where, at)
    return person


def _of_shifts(shifts: Sequence[Shift], at: datetime) -> str | None:
    return next((shift.person for shift in reversed(shifts) if shift.from_ <= at < shift.to), None)


def _of_rotation(layer: Layer, where: tzinfo, at: datetime) -> str | None:
    if layer.since is None:
        return None
    first, turn = _first_turn(layer), timedelta(milliseconds=layer.turn)
    number = (reading(at, where) - first) // turn
    while instant(first + (number + 1) * turn, where) <= at:
        number += 1  # The clock has been put back since that turn began.
    return layer.rotation[number % len(layer.rotation)] if number >= 0 else None


def _applies(restrictions: Sequence[Restriction], where: tzinfo, at: datetime) -> bool:
    return not restrictions or any(start <= at < end for start, end in _hours(restrictions, where, at, at))


# Over a period.


def _bounds(schedule: Schedule, where: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every moment of a period at which somebody else may come on call; others too."""
    for layer in (schedule, *schedule.layers):
        if layer.since is not None:
            first, turn = _first_turn(layer), timedelta(milliseconds=layer.turn)
            number = max(0, (reading(start, where) - first) // turn)
            while (bound := instant(first + number * turn, where)) < end:
                yield bound
                number += 1
        for hours in _hours(layer.restrictions, where, start, end):
            yield from hours
    for shift in (*schedule.overrides, *(shift for layer in (schedule, *schedule.layers) for shift in layer.shifts)):
        yield from (shift.from_.astimezone(UTC), shift.to.astimezone(UTC))


def _hours(
    restrictions: Sequence[Restriction], where: tzinfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The hours that may touch a period, as instants."""
    day = datetime.combine(reading(start, where), time()) - _DAY
    last = reading(end, where) + _DAY  # The clock may have been put back just now.
    while restrictions and day <= last:
        for hours in restrictions:
            if not hours.days or _DAYS[day.weekday()] in hours.days:
                begins, ends = since_midnight(hours.from_), since_midnight(hours.to)
                ends += _DAY if ends <= begins else timedelta()
                yield instant(day + begins, where), instant(day + ends, where)
        day += _DAY


def _first_turn(layer: Layer) -> datetime:
    assert layer.since is not None
    return datetime.combine(first_day(layer.since), time()) + since_midnight(layer.handoff)
