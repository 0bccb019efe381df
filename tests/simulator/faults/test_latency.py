"""Added latency lengthens every request and fails none."""

from __future__ import annotations

import random

from simulator.faults.latency import AddedLatency


def test_it_adds_the_same_from_beginning_to_end() -> None:
    slow = AddedLatency(added=1500)
    [(at, _, change)] = slow.levels(random.Random(1), 600_000)
    assert (at, change.added_latency_ms, change.error_ratio) == (0, 1500, 0.0)
    assert slow.worst() == change
