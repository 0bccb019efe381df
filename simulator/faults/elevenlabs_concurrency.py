"""ElevenLabs: 429 because you ask for too much at once."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge

from scenarios.fields import model
from simulator.faults.change import Change, Steady

MOST = {
    "multilingual": {"free": 2, "starter": 3, "creator": 5, "pro": 10, "scale": 15, "business": 15},
    "flash": {"free": 4, "starter": 6, "creator": 10, "pro": 20, "scale": 30, "business": 30},
}
"""Requests at once by model and plan, from the vendor's documentation."""
QUEUED_MS = 50
"""What a request typically waits when the limit is reached."""


@model
class ElevenLabsConcurrency(Steady):
    """429 `too_many_concurrent_requests`: your plan's limit. Requests up to it are served, some 50 ms late; the rest is
    refused. Fewer requests at once cure it; more workers make it worse.
    """

    plan: Literal["free", "starter", "creator", "pro", "scale", "business"]
    """The plan, which gives the limit."""
    model: Literal["multilingual", "flash"] = "flash"
    """The model: Turbo and Flash have twice the limit."""
    in_use: Annotated[int, Ge(0)] = 0
    """Requests of the same account that others have under way all the time."""

    LEVEL = "at the limit"

    def worst(self) -> Change:
        most = MOST[self.model][self.plan]
        says = f"429 too_many_concurrent_requests current-concurrent-requests={most} maximum-concurrent-requests={most}"
        left = max(0, most - self.in_use)
        return Change(0.0 if left else 1.0, 429, QUEUED_MS, concurrent=left or None, spares_health=True, says=says)
