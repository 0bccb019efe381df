"""A limit on requests a second."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le

from scenarios.fields import Duration, model
from simulator.faults.change import Change, Steady


@model
class RateLimit(Steady):
    """Beyond so many requests a second the rest is refused at once, with Retry-After. Fewer requests cure it; retries
    do not.
    """

    per_s: Annotated[float, Gt(0)]
    """What is let through."""
    status: Annotated[int, Ge(400), Le(599)] = 429
    """HTTP status of the rest."""
    retry_after: Duration = 1_000
    """What the reply's header says; log lines quote it."""

    LEVEL = "limited"

    def worst(self) -> Change:
        says = f"rate limit exceeded, Retry-After: {-(-self.retry_after // 1000)}"
        return Change(status=self.status, limit_per_s=self.per_s, says=says)
