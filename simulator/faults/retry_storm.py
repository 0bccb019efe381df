"""Users who press reload."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class RetryStorm(Steady):
    """Whoever fails tries again at once, and again: load from outside grows with failure, which it feeds.

    It has no effect while nothing fails, so it goes with another fault, or with `traffic` above 1.
    """

    retries: Annotated[int, Ge(1), Le(20)] = 3
    """How often a user tries again."""
    traffic: Annotated[float, Gt(0)] = 1.0
    """Multiple of the ordinary traffic that comes with it."""

    LEVEL = "storm"

    def worst(self) -> Change:
        return Change(traffic=self.traffic, client_retries=self.retries)
