"""A plan runs in order, once or over and over."""

from __future__ import annotations

from simulator.faults.phases import Phase, Phases
from tests.simulator.faults.bench import course

PLAN = (Phase(lasts=15_000, ratio=1.0, status=500), Phase(lasts=10_000, added=800), Phase(lasts=5_000))


def test_phases_follow_each_other_and_the_last_one_stays() -> None:
    levels = course(Phases(plan=PLAN), 600_000)
    assert [(at, change.error_ratio, change.added_latency_ms) for at, _, change in levels] == [
        (0, 1.0, 0),
        (15_000, 0.0, 800),
        (25_000, 0.0, 0),
    ]


def test_a_plan_that_repeats_begins_again() -> None:
    assert [at for at, _, _ in course(Phases(plan=PLAN, repeats=True), 50_000)] == [0, 15_000, 25_000, 30_000, 45_000]


def test_the_worst_phase_is_what_a_cure_has_to_withstand() -> None:
    assert Phases(plan=PLAN).worst().error_ratio == 1.0
