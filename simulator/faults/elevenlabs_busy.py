"""ElevenLabs: 429 because they are overloaded."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class ElevenLabsBusy(Steady):
    """429 `system_busy`: their load, not yours. Backing off exponentially is right; a larger plan changes nothing."""

    ratio: Ratio = 0.5
    """Share of requests that are refused."""

    LEVEL = "busy"

    def worst(self) -> Change:
        return Change(self.ratio, 429, spares_health=True, says='429 {"detail": {"status": "system_busy"}}')
