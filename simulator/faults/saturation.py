"""A resource that is used up by something else."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Lt

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class Saturation(Steady):
    """Something else takes part of the service's processors, connections or line: what is left has to do.

    Requests become slower by 1 / (1 - used), and whatever limit the service states (capacity, workers, pool) shrinks.
    """

    resource: Literal["cpu", "connections", "queue"] = "cpu"
    """What is used up; log lines name it."""
    used: Annotated[float, Ge(0), Lt(1)]
    """The share that is taken."""
    ordinary: Annotated[int, Ge(0)] = 100
    """Milliseconds that a request ordinarily computes; they stretch."""

    LEVEL = "saturated"

    def worst(self) -> Change:
        says = {"cpu": "deadline exceeded", "connections": "too many connections", "queue": "queue is full"}
        longer = round(self.ordinary * self.used / (1 - self.used))
        return Change(added_latency_ms=longer, capacity=1 - self.used, status=503, says=says[self.resource])
