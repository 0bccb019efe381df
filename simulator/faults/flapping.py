"""A service that fails and works by turns, like clockwork."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Period, Ratio, model
from simulator.faults.change import Change


@model
class Flapping:
    """Works for a while, fails for a while, and again, as a restart loop or a generator of bad files makes it.

    Begins with failing. For spells of random length there is `burst_errors`.
    """

    fails_for: Period
    """How long it fails each time."""
    works_for: Period
    """How long it works in between."""
    ratio: Ratio = 1.0
    """Share of requests that fail while it fails."""
    status: Annotated[int, Ge(400), Le(599)] = 503
    """HTTP status of those."""

    def levels(self, _stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        at_ms = 0
        while at_ms < duration_ms:
            yield at_ms, "failing", self.worst()
            at_ms += self.fails_for
            if at_ms < duration_ms:
                yield at_ms, "working", Change(status=self.status)
            at_ms += self.works_for

    def worst(self) -> Change:
        return Change(self.ratio, self.status)
