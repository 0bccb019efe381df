"""A plan: first this, then that."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le, MinLen

from scenarios.fields import Duration, Period, Ratio, model
from simulator.faults.change import Change


@model
class Phase:
    """A stretch of the plan."""

    lasts: Period
    """How long."""
    ratio: Ratio = 0.0
    """Share of requests that fail."""
    status: Annotated[int, Ge(400), Le(599)] = 500
    """HTTP status of those."""
    added: Duration = 0
    """How much longer every request takes."""

    def change(self) -> Change:
        """What the service suffers meanwhile."""
        return Change(self.ratio, self.status, added_latency_ms=self.added)


@model
class Phases:
    """Phases in order; the last one lasts to the end of the fault, or the plan begins again."""

    plan: Annotated[tuple[Phase, ...], MinLen(1)]
    """The phases."""
    repeats: bool = False
    """Whether the plan begins again when it is over."""

    def levels(self, _stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        at_ms = 0
        while at_ms < duration_ms:
            for number, phase in enumerate(self.plan, start=1):
                if at_ms < duration_ms:
                    yield at_ms, f"phase {number}", phase.change()
                at_ms += phase.lasts
            if not self.repeats:
                return

    def worst(self) -> Change:
        return max((phase.change() for phase in self.plan), key=lambda one: (one.error_ratio, one.added_latency_ms))
