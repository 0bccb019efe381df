"""A narrow line."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class Bandwidth(Steady):
    """Replies pass no faster than so many bytes a second: long replies take longest."""

    bytes_per_s: Annotated[int, Ge(1)]
    """What passes."""
    reply_bytes: Annotated[int, Ge(1)]
    """Size of an ordinary reply; the 95th percentile is taken as three times that, the 99th as five times."""

    LEVEL = "slow"

    def worst(self) -> Change:
        p50, p95, p99, longest = (self.reply_bytes * multiple * 1000 // self.bytes_per_s for multiple in (1, 3, 5, 8))
        return Change(tail_ms=(p50, p95, p99, longest))
