from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.response.coverage import coverage
from scenarios.people import Layer, Restriction, Schedule, Shift
from tests.rotas import DAY, HOUR, nights, period, schedules, with_schedule

START = datetime(2025, 8, 4, tzinfo=UTC)  # A Monday.
WEEKDAYS = Restriction(days=("mon", "tue", "wed", "thu", "fri"), from_="08:00", to="20:00")


def test_a_rotation_that_leaves_nobody_out_and_burdens_all_alike_has_the_best_quality() -> None:
    found = coverage(
        with_schedule(Schedule(rotation=("ann", "ben"), since="2025-W32")), "primary", START, START + 14 * DAY
    )
    assert (found.coverage_percent, found.balance_percent, found.quality, found.gaps) == (100, 100, 100, ())


def test_coverage_is_the_share_of_the_period_in_which_somebody_is_on_call() -> None:
    office = Schedule(rotation=("ann",), since="2025-W32", restrictions=(WEEKDAYS,))
    found = coverage(with_schedule(office), "primary", START, START + 7 * DAY)
    assert found.coverage_percent == pytest.approx(100 * 60 / 168)
    assert found.time_on_call == {"ann": 60 * HOUR}
    assert found.balance_percent == 100  # There is no pair.
    assert found.quality == 68
    assert len(found.gaps) == 6
    assert sum((gap.end - gap.start for gap in found.gaps), timedelta()) == 108 * HOUR


def test_balance_is_the_mean_over_pairs_of_the_shorter_time_by_the_longer() -> None:
    days = [("ann", 4), ("ben", 2), ("cat", 1)]
    shifts, at = [], START
    for person, length in days:
        shifts.append(Shift(person=person, from_=at, to=at + length * DAY))
        at += length * DAY
    found = coverage(with_schedule(Schedule(shifts=tuple(shifts))), "primary", START, at)
    assert found.balance_percent == pytest.approx(100 * (2 / 4 + 1 / 4 + 1 / 2) / 3)
    assert list(found.time_on_call) == ["ann", "ben", "cat"]
    assert found.quality == 71


def test_nobody_at_all_on_call_covers_nothing() -> None:
    found = coverage(with_schedule(Schedule(rotation=("ann",), since="2026-W01")), "primary", START, START + DAY)
    assert (found.coverage_percent, found.time_on_call, found.quality) == (0, {}, 50)


def test_a_night_on_which_clocks_change_counts_as_long_as_it_is() -> None:
    night = Schedule(
        rotation=("ann",),
        since="2025-W01",
        timezone="Australia/Lord_Howe",
        restrictions=(Restriction(from_="22:00", to="06:00"),),
    )
    for day, hours in ((date(2025, 4, 5), 8.5), (date(2025, 10, 4), 7.5), (date(2025, 7, 1), 8.0)):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert coverage(with_schedule(night), "primary", start, start + DAY).time_on_call == {"ann": hours * HOUR}


@settings(deadline=None)
@given(nights.flatmap(lambda night: st.tuples(st.just(night), schedules(night))))
def test_the_figures_are_shares_and_the_times_add_up(rota: tuple[tuple[str, date], Schedule]) -> None:
    start, end = period(rota[0])
    found = coverage(with_schedule(rota[1]), "primary", start, end)
    gaps = sum((gap.end - gap.start for gap in found.gaps), timedelta())
    assert sum(found.time_on_call.values(), timedelta()) + gaps == end - start
    assert 0 <= found.coverage_percent <= 100
    assert 0 < found.balance_percent <= 100
    # Beneath everything else somebody who is always on call leaves no gap.
    filled = Schedule(
        rotation=("dan",),
        since="2000-W01",
        timezone=rota[0][0],
        layers=(Layer(**{name: getattr(rota[1], name) for name in _LAYER}), *rota[1].layers),
        overrides=rota[1].overrides,
    )
    assert coverage(with_schedule(filled), "primary", start, end).coverage_percent == 100


_LAYER = ("rotation", "since", "turn", "handoff", "shifts", "restrictions")
