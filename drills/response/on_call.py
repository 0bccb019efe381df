"""Who is on call: rotations by ISO week, in the organisation's own time zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from scenarios.organization import Organization


@lru_cache(maxsize=8)
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def on_call(organization: Organization, target: str, at: datetime) -> tuple[str, ...]:
    """The persons that a target stands for at a moment (with a UTC offset): whoever has the schedule's week, or the
    person of that name. Nobody has a schedule before its first week.
    """
    schedule = organization.schedules.get(target)
    if schedule is None:
        assert target in organization.people, f"{target} is neither a schedule nor a person"
        return (target,)
    year, week = schedule.since.split("-W")
    days = (at.astimezone(_zone(organization.timezone)).date() - date.fromisocalendar(int(year), int(week), 1)).days
    return (schedule.rotation[days // 7 % len(schedule.rotation)],) if days >= 0 else ()


def everyone(organization: Organization, targets: Iterable[str], at: datetime) -> tuple[str, ...]:
    """The persons that several targets stand for, in order, each once."""
    return tuple(dict.fromkeys(person for target in targets for person in on_call(organization, target, at)))
