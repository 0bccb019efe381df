"""The tree of routes, inhibition, and intervals of time in which nobody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.promql.series import Matcher

Labels = Mapping[str, str]

NOBODY = "none"
"""The policy of receivers that page nobody."""


def all_match(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether labels satisfy every matcher; a label that is absent is empty."""
    return all(matcher.matches(labels.get(matcher.name, "")) for matcher in matchers)


@dataclass(frozen=True, eq=False)
class Route:
    """A node of the tree, with what it inherits filled in; durations are ms. `group_by` None: every alert alone.

    Each is equal to itself only: two that say the same have groups of their own.
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False
    """Whether later siblings are looked at after this one matched."""
    group_by: tuple[str, ...] | None = ()
    group_wait: int = 30_000
    group_interval: int = 300_000
    repeat_interval: int = 14_400_000
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    """Names of intervals in which it is silent, and of those outside of which it is."""
    routes: tuple[Route, ...] = ()
    place: str = ""

    def match(self, labels: Labels) -> list[Route]:
        """The routes that an alert takes: the deepest ones that match, by Alertmanager's rules."""
        if not all_match(self.matchers, labels):
            return []
        found: list[Route] = []
        for route in self.routes:
            taken = route.match(labels)
            found += taken
            if taken and not route.goes_on:
                break
        return found or [self]

    def group(self, labels: Labels) -> tuple[tuple[str, str], ...]:
        """The labels that make the group of an alert."""
        return tuple(
            sorted((name, value) for name, value in labels.items() if self.group_by is None or name in self.group_by)
        )

    def walk(self) -> Iterator[Route]:
        """This route and all below it."""
        yield self
        for route in self.routes:
            yield from route.walk()


@dataclass(frozen=True)
class Inhibition:
    """Alerts that silence others while they fire, if both agree in some labels."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]

    def silences(self, labels: Labels, firing: Iterable[Labels]) -> bool:
        """Whether one of the firing alerts silences this one; what is source and target does not silence its like."""
        if not all_match(self.target, labels):
            return False
        two_sided = all_match(self.source, labels)
        return any(
            all_match(self.source, other)
            and all(other.get(name, "") == labels.get(name, "") for name in self.equal)
            and not (two_sided and all_match(self.target, other))
            for other in firing
        )


Range = tuple[int, int]
"""First and last, both included; of minutes of the day the last is not."""


@dataclass(frozen=True)
class Interval:
    """A repeating interval of time: all parts that are given have to hold, each by one of its ranges."""

    times: tuple[Range, ...] = ()
    weekdays: tuple[Range, ...] = ()
    """Sunday is 0."""
    days_of_month: tuple[Range, ...] = ()
    """Days below zero count from the end of the month."""
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    location: str = "UTC"

    def contains(self, at: datetime) -> bool:
        """Whether a moment (with its time zone) lies in the interval."""
        from zoneinfo import ZoneInfo

        local = at.astimezone(ZoneInfo(self.location))
        minute = local.hour * 60 + local.minute
        length = ((local.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
        days = [
            (max(1, first + length + 1 if first < 0 else first), min(length, last + length + 1 if last < 0 else last))
            for first, last in self.days_of_month
        ]
        return (
            (not self.times or any(first <= minute < last for first, last in self.times))
            and _within(self.weekdays, local.isoweekday() % 7)
            and (not self.days_of_month or any(first <= local.day <= last for first, last in days))
            and _within(self.months, local.month)
            and _within(self.years, local.year)
        )


def _within(ranges: Sequence[Range], value: int) -> bool:
    return not ranges or any(first <= value <= last for first, last in ranges)


@dataclass(frozen=True)
class Routing:
    """A whole configuration."""

    root: Route
    receivers: tuple[str, ...]
    silent: frozenset[str]
    """Receivers that have nowhere to send to."""
    inhibitions: tuple[Inhibition, ...]
    intervals: Mapping[str, tuple[Interval, ...]]

    def routes(self, labels: Labels) -> list[Route]:
        """The routes that an alert takes, in order."""
        return self.root.match(labels)

    def paging(self, labels: Labels, policies: Mapping[str, str]) -> list[tuple[Route, str]]:
        """The routes of an alert whose receiver pages somebody, and by which policy; `policies` are by receiver."""
        found = [(route, policies.get(route.receiver, NOBODY)) for route in self.routes(labels)]
        return [(route, policy) for route, policy in found if policy != NOBODY and route.receiver not in self.silent]

    def inhibited(self, labels: Labels, firing: Sequence[Labels]) -> bool:
        """Whether an alert is silenced by one of those that fire."""
        return any(inhibition.silences(labels, firing) for inhibition in self.inhibitions)

    def muted(self, route: Route, at: datetime) -> bool:
        """Whether a route is silent at a moment."""
        if any(self._lies_in(name, at) for name in route.mute):
            return True
        return bool(route.active) and not any(self._lies_in(name, at) for name in route.active)

    def _lies_in(self, name: str, at: datetime) -> bool:
        return any(interval.contains(at) for interval in self.intervals[name])
