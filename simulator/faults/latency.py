"""A service that answers, but late."""

from __future__ import annotations

import random
from collections.abc import Iterator

from scenarios.fields import Duration, model
from simulator.faults.change import Change


@model
class AddedLatency:
    """Every request takes this much longer."""

    added: Duration
    """How much longer every request takes, at every percentile."""

    def levels(self, _stream: random.Random, _duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        yield 0, "slow", self.worst()

    def worst(self) -> Change:
        return Change(added_latency_ms=self.added)
