"""Connections that nobody accepts."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class ConnectionRefused(Steady):
    """Nothing listens: the connection is refused at once, health page and metrics included when all of them are."""

    ratio: Ratio = 1.0
    """Share of connections that are refused."""

    def worst(self) -> Change:
        return Change(self.ratio, 502, down=self.ratio == 1.0, says="connect: connection refused")
