"""The ways, beside alerts, in which trouble becomes known: probes from outside, customers, a colleague who looks."""

from __future__ import annotations

import math
from collections.abc import Generator
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import simpy

from scenarios.organization import Organization, Probe
from simulator.flow import Solution

if TYPE_CHECKING:
    from simulator.world import World

Steps = Generator[simpy.Event, Any, None]


class Probes:
    """Uptime monitors: a request every so often, a message after so many failures in a row."""

    def __init__(self, world: World) -> None:
        self._world = world
        for name, probe in world.organization.detection.probes.items():
            world.env.process(self._run(name, probe))

    def _run(self, name: str, probe: Probe) -> Steps:
        world, failures, number, record = self._world, 0, 0, 0
        yield world.env.timeout(int(world.draws.uniform("probe", name, "phase") * probe.interval))
        while True:
            number += 1
            error_ratio = seen_by(probe, world.truth)
            failed = error_ratio > 0 and world.draws.uniform("probe", name, number) < error_ratio
            failures = failures + 1 if failed else 0
            if failures == probe.failures:
                record = world.emit("probe_failed", world.hurt_record, probe=name, service=probe.service)
            elif record and not failed:
                world.emit("probe_recovered", record, probe=name, service=probe.service)
                record = 0
            yield world.env.timeout(probe.interval)


def seen_by(probe: Probe, solution: Solution) -> float:
    """The share of a probe's checks that fail: a health page does not ask the dependencies."""
    state = solution[probe.service]
    return state.error_ratio if probe.follows_dependencies else state.own_error_ratio


class Customers:
    """Customers whose requests fail write to support, and support passes it on.

    Messages are a Poisson process whose rate is the failing requests of services outside their objective times the
    share of them that leads to a message; the rate changes with the truth, so the waiting time is kept as an amount of
    hazard still to be used up.
    """

    def __init__(self, world: World) -> None:
        self._world, self._settings = world, world.organization.detection.customers
        self._number = 0
        self._rate_per_ms = 0.0
        self._since_ms = 0
        self._left = self._next_hazard()
        self._waiting: simpy.Process | None = None

    def truth_changed(self) -> None:
        """The truth has changed now: use up hazard at the old rate, wait on at the new one."""
        if self._settings is None:
            return
        world = self._world
        self._left -= self._rate_per_ms * (world.now - self._since_ms)
        self._since_ms = world.now
        hurt = world.flow.broken(world.truth)
        failing = math.fsum(world.truth[name].error_ratio * world.truth[name].requests_per_s for name in hurt)
        self._rate_per_ms = failing * self._settings.per_failed_request / 1000
        if self._waiting is not None and self._waiting.is_alive:
            self._waiting.interrupt()
        self._waiting = world.env.process(self._wait()) if self._rate_per_ms > 0 else None

    def _wait(self) -> Steps:
        world = self._world
        try:
            yield world.env.timeout(max(0, math.ceil(self._left / self._rate_per_ms)))
        except simpy.Interrupt:
            return
        self._waiting = None
        hurt = world.flow.broken(world.truth)
        world.env.process(self._pass_on(hurt[0], self._number, world.hurt_record))
        self._number += 1
        self._left, self._since_ms = self._next_hazard(), world.now
        self._waiting = world.env.process(self._wait())

    def _pass_on(self, service: str, number: int, because: int) -> Steps:
        assert self._settings is not None
        median_ms, sigma = self._settings.support_takes
        yield self._world.env.timeout(self._world.draws.lognormal_ms(median_ms, sigma, "support", number))
        self._world.emit("customer_reported", because, service=service)

    def _next_hazard(self) -> float:
        return -math.log(self._world.draws.uniform("customer", self._number))


class Team:
    """An engineer who looks at a dashboard now and then by day, and once sees that something is wrong."""

    def __init__(self, world: World) -> None:
        self._world = world
        if world.organization.detection.team is not None:
            world.env.process(self._look())

    def _look(self) -> Steps:
        world, settings = self._world, self._world.organization.detection.team
        assert settings is not None
        people = [name for name, person in world.organization.people.items() if person.profile != "executive"]
        number = 0
        while True:
            number += 1
            yield world.env.timeout(world.draws.exponential_ms(settings.looks_every, "team", "look", number))
            hurt = world.flow.broken(world.truth)
            seen = [name for name in hurt if world.truth[name].error_ratio >= settings.notices_above]
            if seen and is_day(world.organization, world.scenario.starts_at, world.now):
                person = people[int(world.draws.uniform("team", "who", number) * len(people))]
                world.emit("team_noticed", world.hurt_record, person=person, service=seen[0])
                return


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_day(organization: Organization, starts_at: datetime, now_ms: int) -> bool:
    """Whether it is day where the organisation is, at a moment of drill time."""
    local = (starts_at + timedelta(milliseconds=now_ms)).astimezone(_zone(organization.timezone))
    return organization.day[0] <= local.hour < organization.day[1]
