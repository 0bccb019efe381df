"""Every so manieth request fails."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class NthRequest(Steady):
    """Every nth request fails, as one broken instance among n behind a load balancer makes it."""

    nth: Annotated[int, Ge(1), Le(1_000_000)]
    """Which one."""
    status: Annotated[int, Ge(400), Le(599)] = 500
    """Its HTTP status."""

    def worst(self) -> Change:
        return Change(1 / self.nth, self.status)
