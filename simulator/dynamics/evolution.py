"""What a moment leaves behind for the next: lines grow and drain, breakers open, caches warm, capacity comes late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scenarios.organization import Service
from simulator.dynamics import breakers
from simulator.dynamics.settling import Settling, Standing

STEP_MS = 1_000
"""How long a step lasts: short against every timeout that decides anything, long against a request."""

SHORTEST_LINE = 0.5
"""Fewer requests than this are no line."""

WARMTHS = 20
"""Into how many steps the warming of a cache is rounded, so that it makes few different moments."""


class Scaling(NamedTuple):
    """Capacity that autoscaling has brought, and what it has decided."""

    multiple: float = 1.0
    wanted: float = 1.0
    due_ms: int = -1
    """When `wanted` comes to serve; below 0: nothing is decided."""


class Memory(NamedTuple):
    """Everything that the past has left behind at a moment."""

    lines: tuple[tuple[str, float], ...] = ()
    breakers: tuple[tuple[str, str, breakers.State], ...] = ()
    warmth: tuple[tuple[str, float], ...] = ()
    scaling: tuple[tuple[str, Scaling], ...] = ()

    @property
    def waits(self) -> bool:
        """Whether something will change by itself at a time that is set already."""
        waiting = any(scaling.due_ms >= 0 for _, scaling in self.scaling)
        return waiting or any(state.open for _, _, state in self.breakers)


class Evolution:
    """The graph's memory, and how it changes."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self._rules = {
            (name, to): breakers.rules_of(use.breaker)
            for name, service in services.items()
            for to, use in service.depends_on.items()
            if use.breaker is not None
        }
        self.beginning = Memory(
            tuple((name, 0.0) for name, service in services.items() if service.workers is not None),
            tuple((name, to, breakers.CLOSED) for name, to in self._rules),
            tuple((name, 1.0) for name, service in services.items() if service.cache is not None),
            tuple((name, Scaling()) for name, service in services.items() if service.autoscaling is not None),
        )
        """As it stands after a long while in which nothing was wrong."""

    def standing(self, memory: Memory, wanted: Mapping[tuple[str, str], float]) -> Standing:
        """What the equations take from it, rounded so that moments that hardly differ are one; `wanted` is how many
        calls a second somebody wants to make of each dependency with a breaker.
        """
        refused = (
            (name, to, breakers.refuses(self._rules[name, to], state, wanted.get((name, to), 0.0), STEP_MS))
            for name, to, state in memory.breakers
        )
        return Standing(
            tuple((name, _coarse(line)) for name, line in memory.lines),
            tuple((name, to, round(share, 2)) for name, to, share in refused if share),
            tuple((name, int(warmth * WARMTHS) / WARMTHS) for name, warmth in memory.warmth if warmth < 1),
            tuple((name, scaling.multiple) for name, scaling in memory.scaling if scaling.multiple != 1),
        )

    def wanted(self, settled: Settling) -> dict[tuple[str, str], float]:
        """Calls a second that are wanted of each dependency with a breaker, whether it lets them through or not."""
        found = {}
        for name, calls in settled.uses.items():
            for call in calls:
                if (name, call.to) in self._rules:
                    found[name, call.to] = settled.arrivals(name) * call.share
        return found

    def step(self, memory: Memory, settled: Settling, cold: frozenset[str], now_ms: int, step_ms: int) -> Memory:
        """The memory a step later, if the moment lasts that long; `cold` are the services whose cache is empty."""
        lines = tuple((name, self._line(name, line, settled, step_ms)) for name, line in memory.lines)
        wanted = self.wanted(settled)
        attempts = {
            (name, call.to): settled.attempt(call)
            for name, calls in settled.uses.items()
            for call in calls
            if (name, call.to) in self._rules
        }
        switched = tuple(
            (name, to, self._breaker((name, to), state, wanted, attempts, now_ms, step_ms))
            for name, to, state in memory.breakers
        )
        return Memory(
            lines,
            switched,
            tuple((name, self._warmer(name, warmth, cold, step_ms)) for name, warmth in memory.warmth),
            tuple((name, self._scaled(name, scaling, settled, now_ms + step_ms)) for name, scaling in memory.scaling),
        )

    def _line(self, name: str, line: float, settled: Settling, step_ms: int) -> float:
        workers = self._services[name].workers
        assert workers is not None
        servers, held_ms, load = settled.busy[name]
        if not held_ms:
            return 0.0
        longer = line + (load - servers) / held_ms * step_ms
        return 0.0 if longer < SHORTEST_LINE else min(round(longer, 3), float(workers.waiting))

    def _breaker(  # noqa: PLR0917 - one moment in its parts
        self,
        pair: tuple[str, str],
        state: breakers.State,
        wanted: Mapping[tuple[str, str], float],
        attempts: Mapping[tuple[str, str], float],
        now_ms: int,
        step_ms: int,
    ) -> breakers.State:
        if pair not in wanted:  # The dependency is bypassed.
            return breakers.CLOSED
        rules, calls_per_s, failing = self._rules[pair], wanted[pair], attempts[pair]
        return breakers.step(rules, state, calls_per_s, failing, now_ms=now_ms, step_ms=step_ms)

    def _warmer(self, name: str, warmth: float, cold: frozenset[str], step_ms: int) -> float:
        cache = self._services[name].cache
        assert cache is not None
        return 0.0 if name in cold else min(1.0, round(warmth + step_ms / cache.warms_in, 9))

    def _scaled(self, name: str, scaling: Scaling, settled: Settling, now_ms: int) -> Scaling:
        service = self._services[name]
        assert service.autoscaling is not None
        if 0 <= scaling.due_ms <= now_ms:
            scaling = Scaling(scaling.wanted, scaling.wanted)
        if scaling.due_ms >= 0:
            return scaling
        busy = self._utilisation(name, settled)
        wanted = round(min(max(scaling.multiple * busy / service.autoscaling.target, 1.0), service.autoscaling.most), 2)
        if abs(wanted - scaling.multiple) <= 0.1 * scaling.multiple:
            return scaling
        return Scaling(scaling.multiple, wanted, now_ms + service.autoscaling.delay)

    def _utilisation(self, name: str, settled: Settling) -> float:
        if name in settled.busy:
            servers, _, load = settled.busy[name]
            return load / servers if servers else 1.0
        capacity = settled.capacity(name)
        return settled.arrivals(name) / capacity if capacity else 0.0


def _coarse(line: float) -> float:
    """A length to two figures."""
    if line < 100:
        return float(round(line))
    unit = 10.0
    while line / unit >= 100:
        unit *= 10
    return round(line / unit) * unit
