"""Rotas for property tests, nights on which clocks change, and an oracle that knows only what a wall clock shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scenarios.fields import first_day
from scenarios.organization import Organization
from scenarios.people import Layer, Person, Restriction, Schedule, Shift
from tests.builders import organization

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

NIGHTS = [
    ("UTC", date(2025, 3, 30)),
    ("Europe/Berlin", date(2025, 3, 30)),
    ("Europe/Berlin", date(2025, 10, 26)),
    ("America/New_York", date(2025, 3, 9)),
    ("America/New_York", date(2025, 11, 2)),
    ("Australia/Lord_Howe", date(2025, 4, 6)),  # Half an hour.
    ("Australia/Lord_Howe", date(2025, 10, 5)),
    ("America/Santiago", date(2025, 9, 7)),  # There is no midnight.
    ("America/Santiago", date(2025, 4, 6)),  # At midnight it is 23:00 again.
    ("Pacific/Chatham", date(2025, 9, 28)),
    ("Antarctica/Troll", date(2025, 3, 30)),  # Two hours.
    ("Antarctica/Troll", date(2025, 10, 26)),
    ("Pacific/Apia", date(2011, 12, 30)),  # There is no such day.
    ("Asia/Kathmandu", date(2025, 10, 26)),
]
PEOPLE = ("ann", "ben", "cat", "dan")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

nights = st.sampled_from(NIGHTS)
persons = st.sampled_from(PEOPLE)
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 59]))


def with_schedule(schedule: Schedule, timezone: str = "UTC", **others: Schedule) -> Organization:
    """The small organisation with a schedule called `primary`."""
    people = {
        name: Person(title=f"{name.title()} Example", email=f"{name}@example.org", profile="primary") for name in PEOPLE
    }
    return organization(timezone=timezone, people=people, schedules={"primary": schedule, **others})


def period(night: tuple[str, date]) -> tuple[datetime, datetime]:
    """From noon two days before a night on which clocks change to noon a day after it, at Greenwich."""
    noon = datetime(night[1].year, night[1].month, night[1].day, 12, tzinfo=UTC)
    return noon - 2 * DAY, noon + DAY


restrictions = st.builds(
    lambda days, start, end: Restriction(days=days, from_=start, to=end),
    st.lists(st.sampled_from(DAYS), max_size=4, unique=True).map(tuple),
    clocks,
    clocks | st.just("24:00"),
)


@st.composite
def rotations(draw: st.DrawFn, night: date) -> dict[str, Any]:
    """The keys of a layer that rotates, begun at most a month before the night or a day after it."""
    begun = night - timedelta(days=draw(st.integers(-1, 30)))
    year, week, _ = begun.isocalendar()
    return {
        "rotation": draw(st.lists(persons, min_size=1, max_size=3).map(tuple)),
        "since": draw(st.sampled_from([begun.isoformat(), f"{year}-W{week:02}"])),
        "turn": draw(st.sampled_from([1, 2, 5, 8, 12, 24, 36, 48, 168, 336])) * 3_600_000,
        "handoff": draw(clocks),
        "restrictions": tuple(draw(st.lists(restrictions, max_size=2))),
    }


@st.composite
def shifts(draw: st.DrawFn, night: date) -> Shift:
    """A shift in whole minutes around the night."""
    start = datetime(night.year, night.month, night.day, tzinfo=UTC) + draw(st.integers(-2000, 2000)) * MINUTE
    return Shift(person=draw(persons), from_=start, to=start + draw(st.integers(1, 3000)) * MINUTE)


@st.composite
def schedules(draw: st.DrawFn, night: tuple[str, date]) -> Schedule:
    """A schedule in the night's time zone, with all that one can have."""
    layer = rotations(night[1]).map(lambda keys: Layer(**keys)) | shifts(night[1]).map(lambda one: Layer(shifts=(one,)))
    return Schedule(
        **draw(rotations(night[1])),
        timezone=night[0],
        layers=tuple(draw(st.lists(layer, max_size=2))),
        overrides=tuple(draw(st.lists(shifts(night[1]), max_size=2))),
    )


def minute_by_minute(schedule: Schedule, start: datetime, end: datetime) -> Iterator[tuple[datetime, str | None]]:
    """Who is on call at every minute, found by watching the clock on the wall.

    A hand-off, or the begin or end of restricted hours, happens when the clock shows its time or a later one for the
    first time; so all that counts is the latest that the clock has shown.
    """
    assert schedule.timezone is not None
    where = ZoneInfo(schedule.timezone)
    latest = datetime.min
    at = start - 2 * DAY
    while at < end:
        latest = max(latest, at.astimezone(where).replace(tzinfo=None))
        if at >= start:
            yield at, _who(schedule, at, latest)
        at += MINUTE


def _who(schedule: Schedule, at: datetime, latest: datetime) -> str | None:
    for shift in reversed(schedule.overrides):
        if shift.from_ <= at < shift.to:
            return shift.person
    for layer in [*reversed(schedule.layers), schedule]:
        if layer.restrictions and not any(_is_within(hours, latest) for hours in layer.restrictions):
            continue
        for shift in reversed(layer.shifts):
            if shift.from_ <= at < shift.to:
                return shift.person
        if layer.since is not None:
            first = datetime.combine(first_day(layer.since), _clock(layer.handoff))
            if latest >= first:
                turns = int((latest - first).total_seconds()) // (layer.turn // 1000)
                return layer.rotation[turns % len(layer.rotation)]
    return None


def _is_within(hours: Restriction, latest: datetime) -> bool:
    for day in (latest.date(), latest.date() - DAY):
        begins = datetime.combine(day, _clock(hours.from_))
        ends = datetime.combine(day, time.max if hours.to == "24:00" else _clock(hours.to))
        if ends <= begins:
            ends += DAY
        if begins <= latest < ends and (not hours.days or DAYS[day.weekday()] in hours.days):
            return True
    return False


_clock = time.fromisoformat
