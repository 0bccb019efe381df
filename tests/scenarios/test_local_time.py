from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.local_time import changes, instant, reading, zone
from tests.rotas import MINUTE, nights


@pytest.mark.parametrize(
    ("name", "shown", "at"),
    [
        ("UTC", "2025-03-30T02:30", "2025-03-30T02:30"),
        ("Europe/Berlin", "2025-03-30T01:59", "2025-03-30T00:59"),
        ("Europe/Berlin", "2025-03-30T02:30", "2025-03-30T01:00"),  # Jumped over: the jump.
        ("Europe/Berlin", "2025-03-30T03:00", "2025-03-30T01:00"),
        ("Europe/Berlin", "2025-10-26T02:30", "2025-10-26T00:30"),  # Shown twice: the first time.
        ("Europe/Berlin", "2025-10-26T03:00", "2025-10-26T02:00"),
        ("Australia/Lord_Howe", "2025-10-05T02:10", "2025-10-04T15:30"),  # 02:00 becomes 02:30.
        ("Australia/Lord_Howe", "2025-04-06T01:45", "2025-04-05T14:45"),  # 02:00 becomes 01:30.
        ("America/Santiago", "2025-09-07T00:00", "2025-09-07T04:00"),  # No midnight.
        ("Pacific/Apia", "2011-12-30T15:00", "2011-12-30T10:00"),  # No such day.
    ],
)
def test_a_reading_stands_for_the_first_instant_that_shows_it_or_a_later_one(name: str, shown: str, at: str) -> None:
    found = instant(datetime.fromisoformat(shown), zone(name))
    assert found.isoformat() == f"{at}:00+00:00"


@settings(deadline=None)
@given(nights, st.lists(st.integers(-1500, 3000), min_size=2, max_size=30))
def test_instants_never_go_back_as_readings_go_on(night: tuple[str, date], minutes: list[int]) -> None:
    midnight = datetime.combine(night[1], datetime.min.time())
    found = [instant(midnight + minute * MINUTE, zone(night[0])) for minute in sorted(minutes)]
    assert found == sorted(found)


@settings(deadline=None)
@given(nights, st.integers(-1500, 3000))
def test_at_the_instant_of_a_reading_the_clock_shows_it_unless_it_never_does(
    night: tuple[str, date], minute: int
) -> None:
    where = zone(night[0])
    shown = datetime.combine(night[1], datetime.min.time()) + minute * MINUTE
    at = instant(shown, where)
    assert reading(at, where) >= shown
    assert reading(at - timedelta(seconds=1), where) < shown


def test_every_change_of_a_zone_is_found_at_its_second() -> None:
    year = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    found = [
        (change.at.isoformat(), change.after - change.before) for change in changes(zone("Australia/Lord_Howe"), *year)
    ]
    half = timedelta(minutes=30)
    assert found == [("2025-04-05T15:00:00+00:00", -half), ("2025-10-04T15:30:00+00:00", half)]
    assert list(changes(zone("UTC"), *year)) == []
