"""ElevenLabs: the quota is used up."""

from __future__ import annotations

from typing import Literal

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class ElevenLabsQuota(Steady):
    """Every further request fails with `quota_exceeded`, in a stream with close code 1008; no retry ever succeeds. The
    health page and the vendor's status page are green, for nothing is wrong with them.
    """

    ratio: Ratio = 1.0
    """Share of requests that need the quota."""
    over: Literal["http", "websocket"] = "http"
    """How it is told; log lines quote it."""

    LEVEL = "used up"

    def worst(self) -> Change:
        if self.over == "websocket":
            return Change(self.ratio, 401, spares_health=True, says="websocket closed: 1008 quota_exceeded")
        return Change(self.ratio, 401, spares_health=True, says='401 {"detail": {"status": "quota_exceeded"}}')
