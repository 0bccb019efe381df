"""How load runs down the dependency graph, and failures and waiting run up it.

One solution holds for as long as no fault changes level and nobody changes the system: the world is piecewise constant
between those moments. With f the share of tries at a dependency that fail and r the caller's retries, a call fails
with f^(r+1) and loads the dependency 1 + f + … + f^r times; a service that gets more than its capacity refuses the
excess, which feeds back on f: the equations are solved by iteration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scenarios.organization import Objective, Organization
from simulator.dynamics.evolution import Evolution
from simulator.dynamics.settling import PERCENTILES, Call, Settling, Standing, own, share_within
from simulator.faults.change import Change

DIGITS = 12
"""Ratios and latencies are rounded to so many digits: 1 - (1 - 0.05) has to equal a limit of 0.05."""

__all__ = ["PERCENTILES", "Flow", "Modifications", "ServiceState", "Solution"]


class ServiceState(NamedTuple):
    """What a request would meet at a service now."""

    error_ratio: float
    """Share of the requests that reach the service and fail there: what its metrics show."""
    own_error_ratio: float
    """Without what its dependencies do: what a health page sees."""
    status: int
    """HTTP status of a failing request."""
    requests_per_s: float
    """Requests that reach it."""
    latency_ms: tuple[float, float, float, float]
    """At the 50th, 95th, 99th percentile, and the longest."""
    down: bool
    lost_ratio: float = 0.0
    """Share of requests that never reach it."""
    wrong_ratio: float = 0.0
    """Share of answers that look right and are of no use."""
    sent_per_s: float = 0.0
    """Requests that are sent to it, those that never reach it included."""
    floor_ms: float = 0.0
    """The shortest time that a request takes."""
    says: str = ""
    """What the log line of a failing request says beside its status."""

    @property
    def hurt_ratio(self) -> float:
        """Share of requests whose user does not get what they came for, whether or not anything shows it."""
        if not self.lost_ratio and not self.wrong_ratio:
            return self.error_ratio
        return 1 - (1 - self.error_ratio) * (1 - self.lost_ratio) * (1 - self.wrong_ratio)

    def share_within(self, bound_ms: float) -> float:
        """Share of requests answered within a time; straight lines between the percentiles."""
        return share_within(self.latency_ms, bound_ms, self.floor_ms)

    def meets(self, objective: Objective) -> bool:
        """Whether users get what they were promised; limits are inclusive."""
        return self.hurt_ratio <= objective.error_ratio and self.latency_ms[1] <= objective.latency_p95


class Solution:
    """The state of every service at once, and which of the promises to users it breaks."""

    __slots__ = ("broken", "settled", "states")

    def __init__(self, settled: Settling, objectives: Mapping[str, Objective]) -> None:
        self.settled = settled
        """How it came about, for what follows from it over time."""
        self.states = states = {name: _state(settled, name) for name in settled.own}
        self.broken = tuple(name for name, objective in objectives.items() if not states[name].meets(objective))
        """User-facing services outside their objective, in the organisation's order."""

    def __getitem__(self, service: str) -> ServiceState:
        return self.states[service]


def _state(settled: Settling, name: str) -> ServiceState:
    own = settled.own[name]
    p50, p95, p99, longest = (round(value, DIGITS) for value in settled.times[name])
    return ServiceState(
        round(settled.visible[name], DIGITS),
        round(own.health_ratio, DIGITS),
        own.status,
        settled.arrivals(name),
        (p50, p95, p99, longest),
        own.down,
        round(own.unreachable, DIGITS),
        round(1 - (1 - settled.wrong[name]) * (1 - own.unusable), DIGITS),
        settled.load[name],
        round(settled.floors.get(name, 0.0), DIGITS),
        own.says,
    )


class Modifications(NamedTuple):
    """What responders have changed in the running system."""

    bypassed: frozenset[tuple[str, str]] = frozenset()
    """(service, dependency) pairs that are no longer used."""
    retries: tuple[tuple[str, int], ...] = ()
    """(service, retries) as set anew, later ones winning."""
    burdens: tuple[tuple[str, Change], ...] = ()
    """(service, change) that an action brought along, as a fault would."""


Changes = Mapping[str, tuple[Change, ...]]
"""What faults do now, by service."""

HEALTHY = Standing()


class Flow:
    """The dependency graph of an organisation; solves it, each question once."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.services = organization.services
        self._order = _dependencies_first(organization)
        self._solved: dict[object, Solution] = {}
        self.objectives = {
            name: service.objective
            for name, service in organization.services.items()
            if service.user_facing and service.objective is not None
        }
        self.evolution = Evolution(self.services)
        uses = [use for service in self.services.values() for use in service.depends_on.values()]
        self.dynamic = any(one.workers or one.cache or one.autoscaling for one in self.services.values()) or any(
            use.breaker for use in uses
        )
        """Whether the past matters: lines that build up, caches that warm, breakers that open, capacity that comes."""
        self._timed = any(one.workers or one.pool for one in self.services.values()) or any(
            use.timeout or use.bulkhead for use in uses
        )

    def solve(
        self, changes: Changes, modifications: Modifications | None = None, standing: Standing = HEALTHY
    ) -> Solution:
        """The state of every service, given what faults do to some of them, what responders have changed, and what the
        past has left behind.
        """
        modifications = modifications or Modifications()
        key = (tuple(changes.items()), modifications, standing)
        if key not in self._solved:
            self._solved[key] = Solution(self._settle(changes, modifications, standing), self.objectives)
        return self._solved[key]

    def _settle(self, changes: Changes, modifications: Modifications, standing: Standing) -> Settling:
        burdens: dict[str, tuple[Change, ...]] = {}
        for name, burden in modifications.burdens:
            burdens[name] = (*burdens.get(name, ()), burden)
        struck = {
            name: own(self.services[name], (*changes.get(name, ()), *burdens.get(name, ()))) for name in self.services
        }
        uses = self._uses(changes, modifications, standing)
        return Settling(self.services, self._order, struck, uses=uses, standing=standing, timed=self._timed)

    def _uses(self, changes: Changes, modifications: Modifications, standing: Standing) -> dict[str, list[Call]]:
        retries, warmth = dict(modifications.retries), dict(standing.warmth)
        refused = {(service, dependency): share for service, dependency, share in standing.refused}
        found: dict[str, list[Call]] = {}
        for name, service in self.services.items():
            misses = 1.0
            if service.cache is not None:
                cold = any(change.cold for change in changes.get(name, ()))
                misses = 1 - service.cache.hit_ratio * (0.0 if cold else warmth.get(name, 1.0))
            found[name] = [
                Call(to, use.share * misses, retries.get(name, use.retries), use, refused.get((name, to), 0.0))
                for to, use in service.depends_on.items()
                if (name, to) not in modifications.bypassed
            ]
        return found


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
