"""A clock that runs away."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Gt

from scenarios.fields import Duration, Ratio, model
from simulator.faults.change import Change


@model
class ClockSkew:
    """The service's clock drifts; from the tolerance on, signatures and tokens are judged expired or not yet valid."""

    drift_per_hour: Annotated[float, Gt(0)]
    """Seconds by which the clock goes wrong in an hour."""
    tolerance: Duration = 300_000
    """Skew that is forgiven."""
    ratio: Ratio = 1.0
    """Share of requests that are judged by the clock."""

    def levels(self, _stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        yield 0, "drifting", Change(status=401)
        beyond_ms = round(self.tolerance * 3600 / self.drift_per_hour)
        if 0 < beyond_ms < duration_ms:
            yield beyond_ms, "beyond tolerance", self.worst()

    def worst(self) -> Change:
        return Change(self.ratio, 401, spares_health=True, says="token used before issued")
