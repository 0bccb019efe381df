"""Connections that break off in the middle."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class ConnectionReset(Steady):
    """A share of the connections is reset by the peer after the request was sent, so the work may have been done."""

    ratio: Ratio = 1.0
    """Share of connections that are reset."""

    def worst(self) -> Change:
        return Change(self.ratio, 502, says="read: connection reset by peer")
