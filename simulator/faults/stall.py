"""Work that stands still, and is done afterwards."""

from __future__ import annotations

from typing import ClassVar

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class Stall(Steady):
    """No worker gets anything done while it lasts; requests stand in line and are worked off when it is over, those
    that were given up on as well. A line that grows too long may keep the service down for good.
    """

    NEEDS: ClassVar[tuple[str, ...]] = ("workers",)

    LEVEL = "stalled"

    def worst(self) -> Change:
        return Change(capacity=0.0)
