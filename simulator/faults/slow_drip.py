"""Replies that come in small pieces, with pauses between them."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from scenarios.fields import Period, model
from simulator.faults.change import Change, Steady


@model
class SlowDrip(Steady):
    """Every reply is sliced, and each slice but the first is held back: long replies take longest."""

    reply_bytes: Annotated[int, Ge(1)]
    """Size of an ordinary reply; the 95th percentile is taken as three times that, the 99th as five times."""
    slice_bytes: Annotated[int, Ge(1)]
    """Size of a slice."""
    pause: Period
    """Time between two slices."""

    LEVEL = "slow"

    def worst(self) -> Change:
        p50, p95, p99, longest = (
            (-(-self.reply_bytes * multiple // self.slice_bytes) - 1) * self.pause for multiple in (1, 3, 5, 8)
        )
        return Change(tail_ms=(p50, p95, p99, longest))
