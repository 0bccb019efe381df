"""What somebody who looks can see: log lines, customers' tickets, vendors' status pages, recent changes, a dashboard.

Made when it is read and never part of a journal: every line is drawn by a key of its own, and says what the world did.
The customers who complain are those who were hurt, and the lines that fail are those that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from scenarios.fault import Fault
from simulator.dynamics.settling import PERCENTILES
from simulator.flow import ServiceState
from simulator.journal import Record

if TYPE_CHECKING:
    from simulator.world import World

SECOND = 1_000
LINES_A_SECOND = 3
"""Of a log only a sample is shown: so many requests a second at most."""
GREEN, YELLOW = "All systems operational.", "We are investigating reports of increased errors."


class LogLine(NamedTuple):
    """A request as its service logged it."""

    at_ms: int
    service: str
    status: int
    took_ms: int
    says: str

    def text(self, world: World) -> str:
        """As a log shows it."""
        at = (world.scenario.starts_at + timedelta(milliseconds=self.at_ms)).isoformat(timespec="milliseconds")
        level = "ERROR" if self.status >= 500 else "WARN " if self.status >= 400 else "INFO "
        return f"{at} {level} {self.service} {self.status} {self.took_ms} ms{f' {self.says}' if self.says else ''}"


class Ticket(NamedTuple):
    """A customer's message, as support passed it on."""

    at_ms: int
    record: int
    """The record of the journal that tells of it."""
    customer: str
    organization: str
    text: str


class People(Protocol):
    """Invents names: a name and a company for a number, always the same ones for it."""

    def __call__(self, number: int, /) -> tuple[str, str]: ...


def log_lines(world: World, service: str, from_ms: int, to_ms: int) -> Iterator[LogLine]:
    """A sample of the requests to a service, in order of time, at most three a second."""
    for since_ms, until_ms, solution in world.course.between(from_ms, to_ms):
        state = solution[service]
        if state.down:
            continue  # What does not run logs nothing.
        first = -(-since_ms // SECOND)
        for second in range(first, -(-until_ms // SECOND)):
            yield from _of_second(world, service, state, second)


def tickets(world: World, records: Sequence[Record], people: People) -> Iterator[Ticket]:
    """The tickets behind the customers' reports of a journal."""
    for record in records:
        if record["type"] == "customer_reported":
            service, number = record["service"], record["record"]
            key = world.draws.seed * 1_000_003 + number
            name, company = people(key)
            company = _tenant(world, record["at_ms"], number) or company
            title = world.organization.services[service].title
            state = _at_worst(world, service, record["at_ms"])
            yield Ticket(record["at_ms"], number, name, company, _complaint(world, title, state, number))


def status_page(world: World, vendor: str, at_ms: int) -> str:
    """What a vendor's own status page says at a moment: green until its delay has passed, and green again as late."""
    lag_ms = world.organization.services[vendor].status_page_lag
    seen = world.course.at(at_ms - lag_ms)[vendor]
    ordinary = world.flow.solve({})[vendor]
    worse = seen.hurt_ratio > ordinary.hurt_ratio + 0.01 or seen.latency_ms[1] > 1.5 * ordinary.latency_ms[1]
    return YELLOW if worse else GREEN


def recent_changes(world: World, at_ms: int) -> Iterator[str]:
    """What was changed lately, the latest first: by others before the drill, and by responders in it."""
    done = [
        (record_at, f"{action.replace('_', ' ')} ({person})")
        for record_at, person, action in world.performed
        if record_at <= at_ms
    ]
    for when, told in sorted(done, reverse=True):
        yield f"{_clock(world, when)} {told}"
    for change in sorted(world.scenario.changes, key=lambda change: change.ago):
        title = world.organization.services[change.service].title
        yield f"{_clock(world, -change.ago)} {title}: {change.says}"


def dashboard(world: World, at_ms: int) -> Iterator[str]:
    """The mean of the last minutes for every user-facing service. A dashboard that is stale shows an earlier while."""
    look_back_ms, late_ms = world.organization.impact_signs.look_back, world.scenario.dashboard_lag
    shown_ms = at_ms - late_ms
    for name in world.flow.objectives:
        pieces = list(world.course.between(shown_ms - look_back_ms, shown_ms))
        length_ms = sum(until - since for since, until, _ in pieces) or 1
        errors = requests = p95 = 0.0
        for since, until, solution in pieces:
            share, state = (until - since) / length_ms, solution[name]
            errors, requests = errors + share * state.error_ratio, requests + share * state.requests_per_s
            p95 += share * state.latency_ms[1]
        title = world.organization.services[name].title
        yield f"{title:<24} {requests:8.1f} requests a second  {errors:6.1%} failing  p95 {p95 / 1000:6.2f} s"


def _of_second(world: World, service: str, state: ServiceState, second: int) -> Iterator[LogLine]:
    draws, shown = world.draws, min(LINES_A_SECOND, round(state.requests_per_s))
    moments = sorted(draws.uniform("log", service, second, number) for number in range(shown))
    for number, moment in enumerate(moments):
        key = ("log", service, second, number)
        fails = draws.uniform(*key, "fails") < state.error_ratio
        took_ms = _quantile(state, draws.uniform(*key, "took"))
        at_ms = second * SECOND + int(moment * SECOND)
        yield LogLine(at_ms, service, state.status if fails else 200, took_ms, state.says if fails else "")


def _quantile(state: ServiceState, share: float) -> int:
    below_ms, below = state.floor_ms, 0.0
    for at_ms, until in zip(state.latency_ms, PERCENTILES, strict=True):
        if share <= until:
            return round(below_ms + (at_ms - below_ms) * (share - below) / (until - below))
        below_ms, below = at_ms, until
    return round(below_ms)


def _at_worst(world: World, service: str, at_ms: int) -> ServiceState:
    """How the service was when it was worst within the half hour before: what the customer met."""
    pieces = world.course.between(at_ms - 1_800_000, at_ms + 1)
    return max(
        (solution[service] for _, _, solution in pieces), key=lambda state: (state.hurt_ratio, state.latency_ms[1])
    )


def _complaint(world: World, title: str, state: ServiceState, number: int) -> str:
    """What somebody writes who met this; the words are drawn by the record's number."""
    if state.wrong_ratio > state.error_ratio:
        choices = (f"{title} shows me something that cannot be right.", f"What I get from {title} is wrong.")
    elif state.hurt_ratio > 0.9:
        choices = (f"{title} does not work at all.", f"I cannot use {title}, nothing happens.")
    elif state.hurt_ratio > 0.02:
        choices = (
            f"{title} fails now and then, about {state.hurt_ratio:.0%} of the time.",
            f"{title} works only sometimes.",
        )
    else:
        choices = (
            f"{title} is very slow, {state.latency_ms[1] / 1000:.0f} seconds and more.",
            f"{title} takes for ever.",
        )
    return choices[int(world.draws.uniform("ticket", number) * len(choices))]


def _tenant(world: World, at_ms: int, number: int) -> str | None:
    """Which named customer writes: one of those at whom a fault was aimed, else any, by share of the traffic."""
    aimed = [fault.only.tenant for fault in world.scenario.faults if _strikes_one(fault, at_ms) and fault.only]
    if aimed:
        return aimed[int(world.draws.uniform("ticket", number, "tenant") * len(aimed))]
    drawn, total = world.draws.uniform("ticket", number, "tenant"), 0.0
    for name, share in world.organization.tenants.items():
        total += share
        if drawn < total:
            return name
    return None


def _strikes_one(fault: Fault, at_ms: int) -> bool:
    return fault.only is not None and fault.only.tenant is not None and fault.at <= at_ms


def _clock(world: World, at_ms: int) -> str:
    return f"{world.scenario.starts_at + timedelta(milliseconds=at_ms):%Y-%m-%d %H:%M}"
