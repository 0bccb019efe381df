"""Requests that are taken and never answered."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Period, Ratio, model
from simulator.faults.change import Change, Steady


@model
class Hang(Steady):
    """A share of the requests gets no answer; whoever asked waits until they give up."""

    ratio: Ratio = 1.0
    """Share of requests that hang."""
    gives_up_after: Period = 30_000
    """How long a client waits that has set no timeout of its own."""
    status: Annotated[int, Ge(400), Le(599)] = 504
    """HTTP status that a proxy in between makes of it."""

    def worst(self) -> Change:
        late = Change(added_latency_ms=self.gives_up_after).strikes(self.ratio)
        return late._replace(error_ratio=self.ratio, status=self.status, says="no answer within the time allowed")
