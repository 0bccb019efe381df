"""A cache that has been emptied."""

from __future__ import annotations

from typing import ClassVar

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class ColdCache(Steady):
    """The service's cache is empty while the fault lasts; afterwards it warms up again."""

    NEEDS: ClassVar[tuple[str, ...]] = ("cache",)

    LEVEL = "cold"

    def worst(self) -> Change:
        return Change(cold=True)
