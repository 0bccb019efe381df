"""Deadlines: named instants at which something is to be done, kept in the order in which they fall due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple


class Deadline(NamedTuple):
    """Ordered by time, then by which was set first, so that ties are the same in every run."""

    at_ms: int
    ordinal: int
    name: str
    because: int
    fire: Callable[[], None]


class Deadlines:
    """At most one deadline a name; setting a name again moves it."""

    def __init__(self) -> None:
        self._heap: list[Deadline] = []
        self._current: dict[str, Deadline] = {}
        self._ordinal = 0

    def set(self, name: str, at_ms: int, because: int, fire: Callable[[], None]) -> None:
        """Have `fire` called at a time; `because` is the record that set it."""
        self._ordinal += 1
        deadline = Deadline(at_ms, self._ordinal, name, because, fire)
        self._current[name] = deadline
        heapq.heappush(self._heap, deadline)

    def cancel(self, name: str) -> None:
        """Forget a deadline, if there is one."""
        self._current.pop(name, None)

    def due_ms(self, name: str) -> int | None:
        """When a deadline falls due, if it is set."""
        deadline = self._current.get(name)
        return deadline.at_ms if deadline else None

    def next_ms(self) -> int | None:
        """When the earliest falls due, if there is any."""
        # A moved or cancelled deadline stays in the heap until it comes up.
        while self._heap and self._current.get(self._heap[0].name) is not self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0].at_ms if self._heap else None

    def take(self) -> Deadline:
        """Remove and return the earliest."""
        assert self.next_ms() is not None, "no deadline is set"
        deadline = heapq.heappop(self._heap)
        del self._current[deadline.name]
        return deadline
