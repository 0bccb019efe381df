"""The rota written as a calendar: read back it is the same rota, and other programs see the same times."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from drills.response.on_call import duties
from drills.rota_calendar import calendar_of
from scenarios.calendars import Reader, read_calendar
from scenarios.organization import Organization
from scenarios.people import Schedule, Shift
from tests.rotas import DAY, MINUTE, NIGHTS, nights, period, schedules, with_schedule

STAMP = datetime(2025, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
Night = tuple[str, date]
FOLLOWED = [night for night in NIGHTS if night[0] not in ("UTC", "Pacific/Apia")]
"""Nights of zones that a file defines; dateutil does not follow one over a change of 24 hours."""


def written(organization: Organization, night: Night) -> bytes:
    rota = {name: duties(organization, name, *period(night)) for name in organization.schedules}
    return calendar_of(organization, rota, STAMP)


def read_back(content: bytes, organization: Organization, name: str) -> Schedule:
    people = {person: (one.title, one.email) for person, one in organization.people.items()}
    timezone = organization.schedules[name].timezone or organization.timezone
    shifts, problems = read_calendar(content, Reader("rota.ics", people, name, organization.schedules, timezone))
    assert problems == []
    return Schedule(ical="rota.ics", shifts=tuple(shifts), timezone=timezone)


@settings(max_examples=25, deadline=None)
@given(nights.flatmap(lambda night: st.tuples(st.just(night), schedules(night), schedules(night))))
def test_a_rota_that_is_written_and_read_back_is_the_same_rota(rota: tuple[Night, Schedule, Schedule]) -> None:
    night, primary, secondary = rota
    organization = with_schedule(primary, secondary=secondary)
    content = written(organization, night)
    for name in organization.schedules:
        again = with_schedule(read_back(content, organization, name))
        assert duties(again, "primary", *period(night)) == duties(organization, name, *period(night))


@pytest.mark.parametrize("night", FOLLOWED, ids=[f"{zone} {day}" for zone, day in FOLLOWED])
def test_another_program_that_knows_no_zones_but_the_files_own_sees_the_same_times(night: Night) -> None:
    """Hourly shifts through the night, their local times resolved by dateutil from the file's VTIMEZONE alone."""
    hourly = Schedule(
        rotation=("ann", "ben"), since=(night[1] - 3 * DAY).isoformat(), turn=3_600_000, timezone=night[0]
    )
    organization = with_schedule(hourly)
    text = written(organization, night).decode()
    zone = tzical(io.StringIO(text)).get(night[0])
    seen = []
    for event in Calendar.from_ical(text).walk("VEVENT"):
        start = event["DTSTART"].dt
        local = start.tzinfo is not UTC and str(start.tzinfo) != "UTC"
        seen.append((start.replace(tzinfo=zone) if local else start).astimezone(UTC))
    assert seen == [duty.start for duty in duties(organization, "primary", *period(night))]


def test_a_moment_that_the_clock_shows_twice_is_written_in_utc_the_second_time() -> None:
    second = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)  # 02:30 in Berlin for the second time.
    shifts = (
        Shift(person="ann", from_=second - DAY, to=second),
        Shift(person="ben", from_=second, to=second + DAY),
    )
    organization = with_schedule(Schedule(shifts=shifts, timezone="Europe/Berlin"))
    found = duties(organization, "primary", second - DAY, second + DAY)
    content = calendar_of(organization, {"primary": found}, STAMP)
    assert [line for line in content.decode().splitlines() if line.startswith(("DTSTART", "DTEND"))][-4:] == [
        "DTSTART;TZID=Europe/Berlin:20251025T033000",
        "DTEND:20251026T013000Z",
        "DTSTART:20251026T013000Z",
        "DTEND;TZID=Europe/Berlin:20251027T023000",
    ]
    again = with_schedule(read_back(content, organization, "primary"))
    assert duties(again, "primary", second - DAY, second + DAY) == found


def test_a_shift_has_the_same_identity_in_every_file() -> None:
    organization = with_schedule(Schedule(rotation=("ann", "ben"), since="2025-W01", turn=86_400_000))
    start = datetime(2025, 8, 4, tzinfo=UTC)

    def identities(first: datetime, last: datetime) -> set[str]:
        content = calendar_of(organization, {"primary": duties(organization, "primary", first, last)}, last)
        return {str(event["UID"]) for event in Calendar.from_ical(content).walk("VEVENT")}

    early, late = identities(start, start + 5 * DAY), identities(start + 2 * DAY, start + 9 * DAY)
    assert (len(early), len(late), len(early & late)) == (5, 7, 3)
    assert identities(start, start + 5 * DAY - MINUTE) == early


def test_nobody_is_invited_for_a_time_at_which_nobody_is_on_call() -> None:
    organization = with_schedule(Schedule(rotation=("ann",), since="2026-W01"))
    start = datetime(2025, 12, 28, tzinfo=UTC)
    content = calendar_of(organization, {"primary": duties(organization, "primary", start, start + 7 * DAY)}, STAMP)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert (str(event["SUMMARY"]), event["DTSTART"].dt) == ("ann", datetime(2025, 12, 29, tzinfo=UTC))
    assert str(event["ATTENDEE"]) == "mailto:ann@example.org"
    assert event["ATTENDEE"].params["CN"] == "Ann Example"
    assert event["DTSTAMP"].dt == STAMP.replace(microsecond=0)
