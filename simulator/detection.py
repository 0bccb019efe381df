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
from simulator.flow import ServiceState, Solution

if TYPE_CHECKING:
    from simulator.world import World

Steps = Generator[simpy.Event, Any, None]


class Probes:
    """Uptime monitors: a request every so often, a message after so many failures in a row.

    Each check's luck is a number of the probe's stream, so the next check that matters is known for as long as nobody
    changes the course.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._processes = [
            world.env.process(self._run(name, probe)) for name, probe in world.organization.detection.probes.items()
        ]

    def course_changed(self) -> None:
        """Somebody has changed the system now: what the coming checks will find has to be looked at anew."""
        for process in self._processes:
            if process.is_alive:
                process.interrupt()

    def _run(self, name: str, probe: Probe) -> Steps:
        world, luck = self._world, self._world.draws.stream("probe", name)
        phase_ms = int(luck.random() * probe.interval)
        checks = [luck.random() for _ in range((world.scenario.duration - phase_ms) // probe.interval + 1)]
        number, failures, record = 0, 0, 0
        while number < len(checks):
            ahead = self._next(probe, phase_ms, number, checks, bool(record))
            try:
                yield world.env.timeout(phase_ms + ahead * probe.interval - world.now)
            except simpy.Interrupt:
                # The check that was waited for is still to come, even if it is due at this very moment.
                passed = min((world.now - phase_ms) // probe.interval + 1, ahead)
                failures = failures + passed - number if record else 0 if passed > number else failures
                number = max(number, passed)
                continue
            if ahead == len(checks):
                return
            failures = 0 if record else failures + 1 if ahead == number else 1
            number = ahead + 1
            if record:
                world.emit("probe_recovered", record, probe=name, service=probe.service)
                record = 0
            elif failures == probe.failures:
                record = world.emit("probe_failed", world.hurt_record, probe=name, service=probe.service)

    def _next(self, probe: Probe, phase_ms: int, number: int, checks: list[float], told: bool) -> int:
        """The next check that fails or, once the probe has told of failures, succeeds; as many as there are: none."""
        spells = self._world.course.spells(
            probe.service, phase_ms + number * probe.interval, self._world.scenario.duration + 1
        )
        ends = [*(start_ms for start_ms, _ in spells[1:]), phase_ms + len(checks) * probe.interval]
        for (_, state), end_ms in zip(spells, ends, strict=True):
            failing = seen_by(probe, state)
            until = -((phase_ms - end_ms) // probe.interval)  # The first check at or after the spell's end.
            for check in range(number, until):
                if (checks[check] < failing) != told:
                    return check
            number = max(number, until)
        return len(checks)


def seen_by(probe: Probe, state: ServiceState) -> float:
    """The share of a probe's checks that fail while its service is so: a health page does not ask the dependencies."""
    seen = state.error_ratio if probe.follows_dependencies else state.own_error_ratio
    return 1 - (1 - seen) * (1 - state.lost_ratio) if state.lost_ratio else seen


class Customers:
    """Customers whose requests fail write to support, and support passes it on.

    Messages are a Poisson process whose rate is the failing requests of services outside their objective times the
    share of them that leads to a message. The rate changes with the course, so the waiting time is drawn as an amount
    of hazard, and the next message comes when the course has used it up.
    """

    def __init__(self, world: World) -> None:
        self._world, self._settings = world, world.organization.detection.customers
        self._number = 0
        self._process = world.env.process(self._run()) if self._settings is not None else None

    def course_changed(self) -> None:
        """Somebody has changed the system now: the hazard runs on at another rate."""
        if self._process is not None and self._process.is_alive:
            self._process.interrupt()

    def _run(self) -> Steps:
        world, since_ms, left = self._world, 0, self._next_hazard()
        while True:
            at_ms = self._used_up(since_ms, left)
            try:  # Where nobody will write as things stand, an intervention may still change that.
                yield world.env.timeout((world.scenario.duration if at_ms is None else at_ms) - world.now)
            except simpy.Interrupt:
                left -= self._hazard(since_ms, world.now)
                since_ms = world.now
                continue
            if at_ms is None:
                return
            hurt = self._world.course.at(at_ms - 1).broken
            world.env.process(self._pass_on(hurt[0], self._number, world.hurt_record))
            self._number += 1
            since_ms, left = at_ms, self._next_hazard()

    def _pass_on(self, service: str, number: int, because: int) -> Steps:
        assert self._settings is not None
        median_ms, sigma = self._settings.support_takes
        yield self._world.env.timeout(self._world.draws.lognormal_ms(median_ms, sigma, "support", number))
        self._world.emit("customer_reported", because, service=service)

    def _next_hazard(self) -> float:
        return -math.log(self._world.draws.uniform("customer", self._number))

    def _rate_per_ms(self, solution: Solution) -> float:
        assert self._settings is not None
        states = [solution[name] for name in solution.broken]
        failing = math.fsum(state.hurt_ratio * state.sent_per_s for state in states)
        return failing * self._settings.per_failed_request / 1000

    def _hazard(self, from_ms: int, to_ms: int) -> float:
        """The hazard between two moments, as the course went."""
        return math.fsum(
            self._rate_per_ms(solution) * (until_ms - since_ms)
            for since_ms, until_ms, solution in self._world.course.between(from_ms, to_ms)
        )

    def _used_up(self, from_ms: int, hazard: float) -> int | None:
        """When this much hazard will have been used up, if the course stays as it is; None: not within the drill."""
        for since_ms, until_ms, solution in self._world.course.between(from_ms, self._world.scenario.duration):
            rate_per_ms = self._rate_per_ms(solution)
            if rate_per_ms and rate_per_ms * (until_ms - since_ms) >= hazard:
                return since_ms + max(1, math.ceil(hazard / rate_per_ms))
            hazard -= rate_per_ms * (until_ms - since_ms)
        return None


class Team:
    """An engineer who looks at a dashboard now and then by day, and once sees that something is wrong."""

    def __init__(self, world: World) -> None:
        self._world = world
        if world.organization.detection.team is not None:
            world.env.process(self._look())

    def _look(self) -> Steps:
        world, settings = self._world, self._world.organization.detection.team
        assert settings is not None
        everyone = world.organization.people
        people = [name for name, person in everyone.items() if person.profile != "executive"] or list(everyone)
        number = 0
        while True:
            number += 1
            yield world.env.timeout(world.draws.exponential_ms(settings.looks_every, "team", "look", number))
            hurt = world.truth.broken
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
