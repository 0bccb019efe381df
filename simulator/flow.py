"""How load runs down the dependency graph, and failures and waiting run up it.

One solution holds for as long as no fault changes level and nobody changes the system: the world is piecewise constant
between those moments. With f the share of tries at a dependency that fail and r the caller's retries, a call fails
with f^(r+1) and loads the dependency 1 + f + … + f^r times; a service that gets more than its capacity refuses the
excess, which feeds back on f: the equations are solved by iteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scenarios.organization import Latency, Objective, Organization
from simulator.faults import Change

ROUNDS = 60
SETTLED = 1e-6
"""Iteration stops when no share of failures moves by more than this, or after so many rounds."""

DIGITS = 12
"""Ratios and latencies are rounded to so many digits: 1 - (1 - 0.05) has to equal a limit of 0.05."""

PERCENTILES = (0.5, 0.95, 0.99, 1.0)


class ServiceState(NamedTuple):
    """What a request would meet at a service now."""

    error_ratio: float
    own_error_ratio: float
    """Without what its dependencies do: what a health page sees."""
    status: int
    """HTTP status of a failing request."""
    requests_per_s: float
    latency_ms: tuple[float, float, float, float]
    """At the 50th, 95th, 99th percentile, and the longest."""
    down: bool

    def share_within(self, bound_ms: float) -> float:
        """Share of requests answered within a time; straight lines between the percentiles."""
        below_ms, below = 0.0, 0.0
        for at_ms, share in zip(self.latency_ms, PERCENTILES, strict=True):
            if bound_ms < at_ms:
                return below + (share - below) * (bound_ms - below_ms) / (at_ms - below_ms)
            below_ms, below = at_ms, share
        return 1.0

    def meets(self, objective: Objective) -> bool:
        """Whether users get what they were promised; limits are inclusive."""
        return self.error_ratio <= objective.error_ratio and self.latency_ms[1] <= objective.latency_p95


class Solution:
    """The state of every service at once, and which of the promises to users it breaks."""

    __slots__ = ("broken", "states")

    def __init__(self, states: Mapping[str, ServiceState], objectives: Mapping[str, Objective]) -> None:
        self.states = states
        self.broken = tuple(name for name, objective in objectives.items() if not states[name].meets(objective))
        """User-facing services outside their objective, in the organisation's order."""

    def __getitem__(self, service: str) -> ServiceState:
        return self.states[service]


class Modifications(NamedTuple):
    """What responders have changed in the running system."""

    bypassed: frozenset[tuple[str, str]] = frozenset()
    """(service, dependency) pairs that are no longer used."""
    retries: tuple[tuple[str, int], ...] = ()
    """(service, retries) as set anew, later ones winning."""


Changes = Mapping[str, tuple[Change, ...]]
"""What faults do now, by service."""


class Flow:
    """The dependency graph of an organisation; solves it, each question once."""

    def __init__(self, organization: Organization) -> None:
        self._services = organization.services
        self._order = _dependencies_first(organization)
        self._solved: dict[object, Solution] = {}
        self.objectives = {
            name: service.objective
            for name, service in organization.services.items()
            if service.user_facing and service.objective is not None
        }

    def solve(self, changes: Changes, modifications: Modifications | None = None) -> Solution:
        """The state of every service, given what faults do to some of them and what responders have changed."""
        modifications = modifications or Modifications()
        key = (tuple(changes.items()), modifications)
        if key not in self._solved:
            self._solved[key] = Solution(self._solve(changes, modifications), self.objectives)
        return self._solved[key]

    def _solve(self, changes: Changes, modifications: Modifications) -> dict[str, ServiceState]:
        retries = dict(modifications.retries)
        uses = {
            name: [
                (dependency, use.share, retries.get(name, use.retries))
                for dependency, use in service.depends_on.items()
                if (name, dependency) not in modifications.bypassed
            ]
            for name, service in self._services.items()
        }
        own = {name: self._own(name, changes.get(name, ())) for name in self._order}
        failing, load = self._settle(own, uses)
        states: dict[str, ServiceState] = {}
        for name in self._order:
            error_ratio, status, added_ms, down = own[name]
            latency = [value + added_ms for value in _percentiles(self._services[name].latency)]
            for dependency, share, tries in uses[name]:
                weight = share * _tries(failing[dependency], tries)[0]
                latency = [a + weight * b for a, b in zip(latency, states[dependency].latency_ms, strict=True)]
            p50, p95, p99, longest = (round(value, DIGITS) for value in latency)
            ratios = round(failing[name], DIGITS), round(error_ratio, DIGITS)
            states[name] = ServiceState(*ratios, status, load[name], (p50, p95, p99, longest), down)
        return states

    def _own(self, name: str, changes: Iterable[Change]) -> tuple[float, int, int, bool]:
        service = self._services[name]
        works, status, added_ms, down = 1 - service.error_ratio, service.error_status, 0, False
        for change in changes:
            works *= 1 - change.error_ratio
            if change.error_ratio:
                status = change.status or status
            added_ms += change.added_latency_ms
            down = down or change.down
        return 1 - works, status, added_ms, down

    def _settle(
        self, own: Mapping[str, tuple[float, int, int, bool]], uses: Mapping[str, list[tuple[str, float, int]]]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """The fixed point of failures and load: (share of failing tries, requests a second) by service."""
        load: dict[str, float] = {}
        failing: dict[str, float] = {}
        for _ in range(ROUNDS):
            before = failing
            failing = {}
            for name in self._order:
                works = 1 - own[name][0]
                capacity = self._services[name].capacity_per_s
                if capacity is not None and load.get(name, 0.0) > capacity:
                    works *= capacity / load[name]
                for dependency, share, tries in uses[name]:
                    works *= 1 - share * _tries(failing[dependency], tries)[1]
                failing[name] = 1 - works
            if before and all(abs(failing[name] - before[name]) < SETTLED for name in failing):
                break
            load = {name: service.requests_per_s for name, service in self._services.items()}
            for name in reversed(self._order):
                for dependency, share, tries in uses[name]:
                    load[dependency] += load[name] * share * _tries(failing[dependency], tries)[0]
        return failing, load


def _tries(failing: float, retries: int) -> tuple[float, float]:
    """Mean number of tries that a call takes, 1 + f + … + f^r, and the share of calls that fail after all, f^(r+1).

    By multiplication: `pow` may round differently from one C library to the next.
    """
    total, power = 1.0, failing
    for _ in range(retries):
        total += power
        power *= failing
    return total, power


def _percentiles(latency: Latency | None) -> tuple[float, float, float, float]:
    if latency is None:
        return 0.0, 0.0, 0.0, 0.0
    return float(latency.p50), float(latency.p95), float(latency.p99), float(latency.max)


def _dependencies_first(organization: Organization) -> list[str]:
    """Services in an order in which each comes after those it depends on; the loader has refused cycles."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order:
            for dependency in organization.services[name].depends_on:
                visit(dependency)
            order[name] = None

    for name in organization.services:
        visit(name)
    return list(order)
