"""Failing and working take turns, to the millisecond."""

from __future__ import annotations

from simulator.faults.flapping import Flapping
from tests.simulator.faults.bench import MINUTE, course


def test_it_begins_with_failing_and_changes_on_time() -> None:
    levels = course(Flapping(fails_for=5 * MINUTE, works_for=2 * MINUTE, ratio=0.9), 15 * MINUTE)
    told = [(at // MINUTE, name, change.error_ratio) for at, name, change in levels]
    assert told == [
        (0, "failing", 0.9),
        (5, "working", 0),
        (7, "failing", 0.9),
        (12, "working", 0),
        (14, "failing", 0.9),
    ]
