"""A limit on requests at once."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class ConcurrencyLimit(Steady):
    """Beyond so many requests at once the rest is refused (Erlang's loss formula): slower replies fill it sooner."""

    most: Annotated[int, Ge(1), Le(10_000)]
    """Requests at once."""
    status: Annotated[int, Ge(400), Le(599)] = 429
    """HTTP status of the rest."""

    LEVEL = "limited"

    def worst(self) -> Change:
        return Change(status=self.status, concurrent=self.most, says="too many concurrent requests")
