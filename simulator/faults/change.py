"""What a fault does to its service at one moment, and what every kind of fault offers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple, Protocol

Percentiles = tuple[int, int, int, int]
"""Milliseconds at the 50th, 95th, 99th percentile, and at the longest."""

TAILS = (0.5, 0.05, 0.01, 0.0)
"""The share of requests beyond each of these percentiles."""


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
    tail_ms: Percentiles = (0, 0, 0, 0)
    """How much longer requests take at each percentile."""
    unusable_ratio: float = 0.0
    """Share of answers with a good status that callers cannot use."""
    wrong_ratio: float = 0.0
    """Share of answers that are wrong although they look right: nobody but the user can tell."""
    unreachable_ratio: float = 0.0
    """Share of requests that never arrive, and that the service therefore never sees."""
    capacity: float = 1.0
    """What is left of its capacity, its workers and its connections; beyond 1 there is more."""
    traffic: float = 1.0
    """Multiple of the requests that arrive from outside."""
    client_retries: int = 0
    """How often users try again at once when a request fails."""
    limit_per_s: float | None = None
    """Requests a second beyond which the rest is refused with `status`."""
    concurrent: int | None = None
    """Requests at once beyond which the rest is refused with `status`."""
    cold: bool = False
    """Whether the service's cache is empty."""
    spares_health: bool = False
    """Whether the health page goes on answering."""
    says: str = ""
    """What the log line of a request that fails by it says; empty: the status."""

    def strikes(self, share: float) -> Change:
        """The change when only so much of the requests, or so much of the effect, is struck."""
        if share >= 1.0:
            return self
        each = tuple(ms if share > beyond else 0 for ms, beyond in zip(self.tail_ms, TAILS, strict=True))
        slow = tuple(self.added_latency_ms if share > beyond else 0 for beyond in TAILS)
        p50, p95, p99, longest = map(sum, zip(each, slow, strict=True))
        return self._replace(
            error_ratio=self.error_ratio * share,
            added_latency_ms=0,
            tail_ms=(p50, p95, p99, longest),
            unusable_ratio=self.unusable_ratio * share,
            wrong_ratio=self.wrong_ratio * share,
            unreachable_ratio=self.unreachable_ratio * share,
            capacity=1 - (1 - self.capacity) * share,
            traffic=1 - (1 - self.traffic) * share,
            down=False,
        )

    def grown(self, share: float) -> Change:
        """The change while its effect is growing: latencies grow in length, not in how many requests they strike."""
        if share >= 1.0:
            return self
        p50, p95, p99, longest = (round(ms * share) for ms in self.tail_ms)
        slower = round(self.added_latency_ms * share)
        return self.strikes(share)._replace(added_latency_ms=slower, tail_ms=(p50, p95, p99, longest))


class FaultKind(Protocol):
    """A kind of fault, as its parameters describe it.

    A class may have `NEEDS`, names of fields that the struck service must state.
    """

    def levels(self, stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        """The course over `duration_ms`: when (ms since the fault's start, ascending from 0), a name, the change."""
        ...

    def worst(self) -> Change:
        """The most harmful change that the course may hold."""
        ...


class Steady:
    """What kinds share whose effect is one and the same from beginning to end: they state only `worst`."""

    __slots__ = ()

    LEVEL = "struck"
    """The name of the level."""

    def levels(self, _stream: random.Random, _duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        """The one level."""
        yield 0, self.LEVEL, self.worst()

    def worst(self) -> Change:
        """The change."""
        raise NotImplementedError
