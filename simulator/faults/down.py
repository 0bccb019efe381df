"""A service that does not serve at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import model
from simulator.faults.change import Change


@model
class Down:
    """Every request fails, the health page does not answer, and there is nothing to scrape."""

    status: Annotated[int, Ge(400), Le(599)] = 503
    """HTTP status that callers get."""

    def levels(self, _stream: random.Random, _duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        yield 0, "down", self.worst()

    def worst(self) -> Change:
        return Change(1.0, self.status, down=True)
