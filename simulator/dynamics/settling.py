"""The equations of a moment: how much every service gets to do, what share of it fails, and how long it takes.

Load runs down the graph and failure and waiting run up it, and each feeds on the other, so they are solved by
iteration from a healthy system. What has gathered over time (lines, open breakers, cold caches) is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scenarios.organization import Dependency, Latency, Service
from simulator.dynamics.queueing import erlang_b, waits_longer, waits_ms
from simulator.dynamics.retries import tries, waited_ms
from simulator.faults.change import Change

ROUNDS = 60
SETTLED = 1e-6
"""Iteration stops when no share of failures moves by more than this, or after so many rounds."""

NEVER_MS = 3_600_000.0
"""What stands for a wait that does not end."""

PERCENTILES = (0.5, 0.95, 0.99, 1.0)

Times = list[float]
"""Milliseconds at each of the percentiles."""


class Standing(NamedTuple):
    """What earlier moments have left behind; names that do not occur stand as they ordinarily do."""

    lines: tuple[tuple[str, float], ...] = ()
    """Requests waiting at a service."""
    refused: tuple[tuple[str, str, float], ...] = ()
    """(service, dependency, share of the calls that its breaker refuses)."""
    warmth: tuple[tuple[str, float], ...] = ()
    """How full a cache is, from 0 to 1."""
    scale: tuple[tuple[str, float], ...] = ()
    """Multiple of a service's ordinary capacity that autoscaling has brought."""


class Own(NamedTuple):
    """What faults and actions make of a service by itself."""

    error_ratio: float
    health_ratio: float
    """What a health page shows of it."""
    status: int
    added_ms: tuple[int, int, int, int]
    down: bool
    unusable: float
    wrong: float
    unreachable: float
    capacity: float
    traffic: float
    client_retries: int
    limit_per_s: float | None
    concurrent: int | None
    says: str


class Call(NamedTuple):
    """How a service uses a dependency now."""

    to: str
    share: float
    """Of the caller's requests, those answered from a cache left out."""
    retries: int
    use: Dependency
    refused: float
    """Share that a breaker refuses."""


def own(service: Service, changes: Iterable[Change]) -> Own:
    """A service under these changes."""
    works, healthy, status = 1 - service.error_ratio, 1 - service.error_ratio, service.error_status
    added, down, usable, right, reachable = [0, 0, 0, 0], False, 1.0, 1.0, 1.0
    capacity, traffic, client_retries, says = 1.0, 1.0, 0, ""
    limit, concurrent = service.rate_limit_per_s, None
    for change in changes:
        works *= 1 - change.error_ratio
        if not change.spares_health:
            healthy *= 1 - change.error_ratio
        if change.error_ratio or change.limit_per_s is not None or change.concurrent is not None:
            status = change.status or status
        added = [have + change.added_latency_ms + ms for have, ms in zip(added, change.tail_ms, strict=True)]
        down = down or change.down
        usable *= 1 - change.unusable_ratio
        right *= 1 - change.wrong_ratio
        reachable *= 1 - change.unreachable_ratio
        capacity *= change.capacity
        traffic *= change.traffic
        client_retries = max(client_retries, change.client_retries)
        limit = change.limit_per_s if limit is None else min(limit, change.limit_per_s or limit)
        concurrent = change.concurrent if concurrent is None else min(concurrent, change.concurrent or concurrent)
        says = change.says or says
    p50, p95, p99, longest = added
    return Own(
        1 - works, 1 - healthy, status, (p50, p95, p99, longest), down, 1 - usable, 1 - right, 1 - reachable,
        capacity, traffic, client_retries, limit, concurrent, says,
    )  # fmt: skip


def percentiles(latency: Latency | None) -> tuple[float, float, float, float]:
    """The four of a service by itself; no time at all where nothing is stated."""
    if latency is None:
        return 0.0, 0.0, 0.0, 0.0
    return float(latency.p50), float(latency.p95), float(latency.p99), float(latency.max)


def mean_ms(times: Sequence[float]) -> float:
    """The mean of a distribution that is a straight line between its percentiles."""
    total, below_ms, below = 0.0, 0.0, 0.0
    for at_ms, share in zip(times, PERCENTILES, strict=True):
        total += (at_ms + below_ms) / 2 * (share - below)
        below_ms, below = at_ms, share
    return total


def share_within(times: Sequence[float], bound_ms: float, floor_ms: float = 0.0) -> float:
    """Share of requests answered within a time; none is answered sooner than the floor."""
    if bound_ms < floor_ms:
        return 0.0
    below_ms, below = floor_ms, 0.0
    for at_ms, share in zip(times, PERCENTILES, strict=True):
        if bound_ms < at_ms:
            return below + (share - below) * (bound_ms - below_ms) / (at_ms - below_ms)
        below_ms, below = at_ms, share
    return 1.0


class Settling:
    """One moment of the graph, on its way to the point where nothing moves any more."""

    def __init__(
        self,
        services: Mapping[str, Service],
        order: Sequence[str],
        own: Mapping[str, Own],
        *,
        uses: Mapping[str, Sequence[Call]],
        standing: Standing,
        timed: bool,
    ) -> None:
        self._services, self._order, self.own, self.uses = services, order, own, uses
        self._lines, self._scale = dict(standing.lines), dict(standing.scale)
        self._timed = timed or any(one.concurrent is not None for one in own.values())
        """Whether failing depends on how long things take."""
        self.visible: dict[str, float] = {}
        """Share of the requests that reach a service and fail there, as it sees it."""
        self.failing: dict[str, float] = {}
        """Share of tries that fail, as callers see it."""
        self.wrong: dict[str, float] = {}
        self.load: dict[str, float] = {}
        """Requests a second that are sent to a service, those that never arrive included."""
        self.times: dict[str, Times] = {}
        self.busy: dict[str, tuple[int, float, float]] = {}
        """Of a service with workers: how many, how long a request keeps one busy (ms), and its load in Erlang."""
        self.floors: dict[str, float] = {}
        """The shortest time that a service takes, where there is a line, ms."""
        self._held_ms: dict[str, float] = {}
        """For how long a connection of a pool is held."""
        self._admitted: dict[str, float] = {}
        self._run()

    def arrivals(self, name: str) -> float:
        """Requests a second that reach a service."""
        return self.load[name] * (1 - self.own[name].unreachable)

    def capacity(self, name: str) -> float | None:
        """Requests a second beyond which a service refuses, as faults and autoscaling have left it."""
        capacity = self._services[name].capacity_per_s
        if capacity is None or (self.own[name].capacity == 1.0 and name not in self._scale):
            return capacity
        return capacity * self.own[name].capacity * self._scale.get(name, 1.0)

    def attempt(self, call: Call) -> float:
        """The share of tries of a call that fail, those aside that a breaker refuses."""
        failing = self.failing[call.to]
        if call.use.timeout is not None and self._timed:
            in_time = share_within(self.times[call.to], call.use.timeout, self.floors.get(call.to, 0.0))
            failing = 1 - (1 - failing) * in_time
        if call.use.bulkhead is not None and self.load:
            at_once = self.load.get(call.to, 0.0) * mean_ms(self._waited_for(call)) / 1000
            failing = 1 - (1 - failing) * (1 - erlang_b(call.use.bulkhead, at_once))
        return failing

    def outcome(self, call: Call) -> tuple[float, float]:
        """Mean number of tries of a call that reach the dependency, and the share of calls that fail after all."""
        made, failed = tries(self.attempt(call), call.retries, call.use.retry_budget)
        if call.refused:
            made, failed = made * (1 - call.refused), failed + (1 - failed) * call.refused
        return made, failed * (1 - call.use.fallback)

    def _run(self) -> None:
        for _ in range(ROUNDS):
            before, self.failing = self.failing, {}
            for name in self._order:
                if self._timed:
                    self.times[name] = self._times(name)
                self._judge(name)
            if before and all(abs(self.failing[name] - before[name]) < SETTLED for name in self.failing):
                break
            self._spread()
        for name in self._order:
            self.times[name] = self._times(name)

    def _judge(self, name: str) -> None:
        """What fails at a service, given its load."""
        own, load = self.own[name], self.load.get(name, 0.0)
        if own.unreachable:
            load *= 1 - own.unreachable
        works = 1 - own.error_ratio
        admitted = 1.0
        capacity = self.capacity(name)
        if capacity is not None and load > capacity:
            admitted = capacity / load
        if own.limit_per_s is not None and load > own.limit_per_s:
            admitted *= own.limit_per_s / load
        if self._timed:
            admitted *= self._let_in(name, load)
        works *= admitted
        right = 1 - own.wrong
        for call in self.uses[name]:
            works *= 1 - call.share * self.outcome(call)[1]
            right *= 1 - call.share * self.wrong[call.to]
        self._admitted[name] = admitted
        self.visible[name] = 1 - works
        self.wrong[name] = 1 - right
        self.failing[name] = 1 - works * (1 - own.unusable) * (1 - own.unreachable)

    def _spread(self) -> None:
        """What every service gets to do, given what fails."""
        load = {}
        for name, service in self._services.items():
            load[name] = service.requests_per_s * self.own[name].traffic
            if self.own[name].client_retries:
                load[name] *= tries(self.failing[name], self.own[name].client_retries)[0]
        for name in reversed(self._order):
            goes_on = load[name]
            if self.own[name].unreachable or self._admitted[name] != 1.0:
                goes_on *= (1 - self.own[name].unreachable) * self._admitted[name]
            for call in self.uses[name]:
                load[call.to] += goes_on * call.share * self.outcome(call)[0]
        self.load = load

    def _times(self, name: str) -> Times:
        """How long a service takes, waiting for dependencies and for its own workers included."""
        if self.floors:
            self.floors.pop(name, None)
        service, own = self._services[name], self.own[name]
        times = [value + ms for value, ms in zip(percentiles(service.latency), own.added_ms, strict=True)]
        for call in self.uses[name]:
            weight = call.share * self.outcome(call)[0]
            times = [a + weight * b for a, b in zip(times, self._waited_for(call), strict=True)]
            if call.use.backoff is not None:
                paused = call.share * waited_ms(self.attempt(call), call.retries, call.use.backoff)
                times = [value + paused for value in times]
        if service.workers is not None:
            waits = self._in_line(name, times)
            times = [a + b for a, b in zip(times, waits, strict=True)]
        for call in self.uses[name]:
            if call.to in self.floors and call.share == 1.0 and not call.refused:
                floor_ms = min(self.floors[call.to], call.use.timeout or self.floors[call.to])
                self.floors[name] = self.floors.get(name, 0.0) + floor_ms
        if service.pool is not None and (held_ms := mean_ms(times)):
            self._held_ms[name] = held_ms
            servers = self._number(name, service.pool.connections)
            load = self.load.get(name, 0.0) * held_ms / 1000
            longest = float(service.pool.wait)
            queued = waits_ms(servers, load, held_ms) if load < servers else (longest,) * 4
            times = [a + min(longest, b) for a, b in zip(times, queued, strict=True)]
        return times

    def _waited_for(self, call: Call) -> Sequence[float]:
        times = self.times[call.to]
        limit = call.use.timeout
        return times if limit is None else [min(value, limit) for value in times]

    def _number(self, name: str, stated: int) -> int:
        """How many of something a service has left, by faults and by autoscaling."""
        return round(stated * self.own[name].capacity * self._scale.get(name, 1.0))

    def _in_line(self, name: str, times: Times) -> Sequence[float]:
        """How long requests wait for a worker."""
        workers = self._services[name].workers
        assert workers is not None
        servers = self._number(name, workers.servers)
        held_ms = float(workers.service_time or mean_ms(times))
        load = self.load.get(name, 0.0) * held_ms / 1000
        self.busy[name] = servers, held_ms, load
        line = self._lines.get(name, 0.0)
        if not servers or line > servers or load >= servers:  # The line is what there is to wait for.
            length = line if name in self._lines else workers.waiting
            self.floors[name] = min(NEVER_MS, length * held_ms / servers if servers else NEVER_MS)
            return (self.floors[name],) * 4
        self.floors.pop(name, None)
        return waits_ms(servers, load, held_ms) if held_ms else (0.0,) * 4

    def _let_in(self, name: str, load: float) -> float:
        """The share of requests that find a place: in line, among connections, below a limit of requests at once."""
        service, own, share = self._services[name], self.own[name], 1.0
        if own.concurrent is not None:
            share *= 1 - erlang_b(own.concurrent, load * mean_ms(self.times[name]) / 1000)
        if service.pool is not None and (held_ms := self._held_ms.get(name, 0.0)):
            servers = self._number(name, service.pool.connections)
            share *= 1 - waits_longer(servers, load * held_ms / 1000, held_ms, service.pool.wait) if servers else 0.0
        if service.workers is not None:
            servers, _, busy = self.busy[name]
            full = self._lines.get(name, service.workers.waiting) >= service.workers.waiting
            if full and busy > servers:
                share *= servers / busy
        return share
