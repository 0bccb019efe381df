"""Traffic follows its shape."""

from __future__ import annotations

from simulator.faults.traffic import Traffic
from tests.simulator.faults.bench import MINUTE, course


def test_the_multiple_runs_as_the_shape_says() -> None:
    levels = course(Traffic(shape="steps", base=1, peak=3), 40 * MINUTE)
    assert [(at // MINUTE, change.traffic) for at, _, change in levels] == [(0, 1.5), (10, 2.0), (20, 2.5), (30, 3.0)]


def test_the_worst_is_the_peak() -> None:
    assert Traffic(peak=4).worst().traffic == 4
    assert Traffic(peak=0.2).worst().traffic == 1
