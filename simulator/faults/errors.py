"""Requests that fail with a status."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class Errors(Steady):
    """A share of the requests ends with this status, at once, from beginning to end."""

    ratio: Ratio = 1.0
    """Share of requests that fail."""
    status: Annotated[int, Ge(400), Le(599)] = 500
    """HTTP status of those."""
    body: str = ""
    """What the reply says; log lines quote it."""

    def worst(self) -> Change:
        return Change(self.ratio, self.status, says=self.body)
