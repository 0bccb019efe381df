"""A service that answers, but late."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from annotated_types import Gt

from scenarios.fields import Duration, model
from simulator.faults.change import Change, Steady

QUANTILES = (0.0, 1.6448536269514722, 2.3263478740408408, 4.0)
"""Of the standard normal distribution: median, 95th, 99th percentile, and what is taken as its end."""
PARETO_TAILS = (0.5, 0.05, 0.01, 0.0001)


@model
class AddedLatency(Steady):
    """Every request takes longer: by the same, or by a time of this distribution."""

    added: Duration
    """How much longer; of a distribution, its median, or the least of a Pareto distribution."""
    distribution: Literal["fixed", "uniform", "normal", "lognormal", "pareto"] = "fixed"
    """How the times are distributed."""
    jitter: Duration = 0
    """For `uniform`, how much more or less at most; for `normal`, the standard deviation."""
    sigma: Annotated[float, Gt(0)] = 1.0
    """For `lognormal`, the standard deviation of the logarithm; for `pareto`, one over its exponent."""
    max: Duration | None = None
    """Never longer than this."""

    LEVEL = "slow"

    def worst(self) -> Change:
        if self.distribution == "fixed":
            return Change(added_latency_ms=self.added)
        p50, p95, p99, longest = (self._within(place) for place in range(4))
        return Change(tail_ms=(p50, p95, p99, longest))

    def _within(self, place: int) -> int:
        longer: float = self.added
        if self.distribution == "uniform":
            longer += self.jitter * (0.0, 0.9, 0.98, 1.0)[place]
        elif self.distribution == "normal":
            longer += self.jitter * QUANTILES[place]
        elif self.distribution == "lognormal":
            longer *= math.exp(self.sigma * QUANTILES[place])
        else:
            longer *= PARETO_TAILS[place] ** -self.sigma
        return round(longer if self.max is None else min(longer, self.max))
