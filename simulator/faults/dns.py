"""Names that do not resolve."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class NamesDoNotResolve(Steady):
    """Callers cannot find the service: their calls fail, and the service itself sees its traffic fall, without errors.

    Those whose resolver still has the name go on; a ramp shows caches expiring.
    """

    ratio: Ratio = 1.0
    """Share of requests whose name does not resolve."""

    def worst(self) -> Change:
        return Change(unreachable_ratio=self.ratio, says="no such host")
