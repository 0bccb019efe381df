"""What a fault does to its service at one moment, and what every kind of fault offers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Change(NamedTuple):
    """Effect on the service itself; several faults on one service add up (`simulator.flow`)."""

    error_ratio: float = 0.0
    """Share of requests that fail by this fault, 0 to 1."""
    status: int | None = None
    """HTTP status of those; none: the service's own."""
    added_latency_ms: int = 0
    """How much longer every request takes."""
    down: bool = False
    """Whether nothing answers, health page and metrics included."""


class FaultKind(Protocol):
    """A kind of fault, as its parameters describe it."""

    def levels(self, stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        """The course over `duration_ms`: when (ms since the fault's start, ascending from 0), a name, the change."""
        ...

    def worst(self) -> Change:
        """The most harmful change that the course may hold."""
        ...
