"""A clock that drifts does harm from the tolerance on."""

from __future__ import annotations

from simulator.faults.clock_skew import ClockSkew
from tests.simulator.faults.bench import MINUTE, course


def test_tokens_are_refused_once_the_skew_is_beyond_the_tolerance() -> None:
    levels = course(ClockSkew(drift_per_hour=60, tolerance=10_000), 30 * MINUTE)
    assert [(at, change.error_ratio) for at, _, change in levels] == [(0, 0.0), (10 * MINUTE, 1.0)]


def test_a_fault_that_ends_before_that_does_none() -> None:
    assert len(course(ClockSkew(drift_per_hour=60, tolerance=60_000), 30 * MINUTE)) == 1
