"""How soon an alert can page at all: the arithmetic of scrape, window, `for`, evaluation and grouping.

The rule is evaluated on telemetry without chance, with every fault of the scenario at its worst from the first moment.
Nothing can make it fire sooner; where the trouble falls between two scrapes and two evaluations decides the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from scenarios.fault import Fault
from scenarios.organization import Organization
from scenarios.scenario import Scenario
from simulator.course import Course
from simulator.faults import Change
from simulator.faults.course import worst as worst_of
from simulator.flow import Flow
from simulator.notification import policies, single_route
from simulator.promql.series import Labels
from simulator.randomness import Draws
from simulator.rules import AlertRule, RuleGroup, RuleSet, evaluate_together
from simulator.telemetry import Telemetry

PHASES = (0.001, *(eighth / 8 for eighth in range(1, 8)), 0.999)
"""Where in the scrape interval the trouble may begin."""

STEP_MS = 1_000
"""How closely it is looked when an expression becomes true: between two scrapes `rate` extrapolates ever further, so
that it may pass a threshold sooner than at the next scrape.
"""

HORIZON_MS = 1_800_000
"""A rule that has not become true by then under the worst of it is taken never to."""


class Part(NamedTuple):
    """A contribution to the time from impact to page, at best and at worst, ms."""

    name: str
    best_ms: int
    worst_ms: int


class PageTime(NamedTuple):
    """How soon an alert pages after impact: the parts in order, and their sums."""

    alert: str
    parts: tuple[Part, ...]

    @property
    def best_ms(self) -> int:
        """The soonest that it can page."""
        return sum(part.best_ms for part in self.parts)

    @property
    def worst_ms(self) -> int:
        """The latest that it pages if the trouble lasts at its worst."""
        return sum(part.worst_ms for part in self.parts)


class _First(NamedTuple):
    """When an alert's expression is first true, ms after impact, at the soonest and at the latest; and its labels."""

    soonest_ms: int
    latest_ms: int
    labels: Labels


class _Fixed(Draws):
    """Draws that put every scrape at one place of its interval."""

    def __init__(self, phase: float) -> None:
        super().__init__(0)
        self._phase = phase

    def uniform(self, *_key: str | int) -> float:
        return self._phase


class _Constant(NamedTuple):
    """A fault that stands at one level, as long as anybody looks."""

    change: Change

    def levels(self, _stream: object, _duration_ms: int, /) -> list[tuple[int, str, Change]]:
        return [(0, "worst", self.change)]


def page_times(organization: Organization, scenario: Scenario, rules: RuleSet) -> list[PageTime]:
    """The alerts that the faults set off at their worst, soonest first.

    One that they never set off is left out, and one that goes to receivers which page nobody.
    """
    worst = [
        Fault(
            id=fault.id,
            on=fault.on,
            kind=fault.kind,
            at=0,
            for_=HORIZON_MS,
            parameters=_Constant(worst_of(fault, organization)),
        )
        for fault in scenario.faults
    ]
    interval_ms = organization.monitoring.scrape_interval
    seen = _first_true(organization, worst, rules, 0.5, until_ms=HORIZON_MS, step_ms=interval_ms)
    until_ms = max((first.latest_ms for first in seen.values()), default=-1) + 2 * interval_ms
    fills: dict[str, list[tuple[int, int]]] = {}
    labels = {alert: first.labels for alert, first in seen.items()}
    for phase in PHASES if seen else ():
        for alert, first in _first_true(organization, worst, rules, phase, until_ms=until_ms, step_ms=STEP_MS).items():
            fills.setdefault(alert, []).append((first.soonest_ms, first.latest_ms))
    found = []
    for group in rules.groups:
        for rule in group.rules:
            if isinstance(rule, AlertRule) and len(fills.get(rule.name, ())) == len(PHASES):
                wait_ms = _group_wait(organization, rules, labels[rule.name])
                if wait_ms is not None:
                    found.append(_page_time(group, rule, fills[rule.name], wait_ms))
    return sorted(found, key=lambda time: time.best_ms)


def _group_wait(organization: Organization, rules: RuleSet, labels: Labels) -> int | None:
    """How long the group of an alert waits, in the quickest of the routes that page somebody; None if none does."""
    settings = organization.monitoring
    routes = (rules.routing or single_route(settings)).paging(dict(labels), policies(settings))
    return min((route.group_wait for route, _ in routes), default=None)


def _page_time(group: RuleGroup, rule: AlertRule, fills: list[tuple[int, int]], wait_ms: int) -> PageTime:
    # The first evaluation at which `for` has passed is a whole number of intervals after the first true one.
    held_ms = -(-rule.for_ms // group.interval_ms) * group.interval_ms
    return PageTime(
        rule.name,
        (
            Part("scrape and rate fill", min(soonest for soonest, _ in fills), max(latest for _, latest in fills)),
            Part("evaluation", 0, group.interval_ms),
            Part("for", held_ms, held_ms),
            Part("group wait", wait_ms, wait_ms),
        ),
    )


def _first_true(
    organization: Organization, faults: list[Fault], rules: RuleSet, phase: float, *, until_ms: int, step_ms: int
) -> dict[str, _First]:
    """When each alert's expression is first true: at the soonest and at the latest, a step apart.

    It is looked right after every scrape, from there on in steps, and right before the next one.
    """
    course = Course(Flow(organization), faults, Draws(0))
    telemetry = Telemetry(
        organization, course, _Fixed(phase), wanted=rules.reads, from_ms=-rules.lookback_ms, chance=False
    )
    telemetry.extend(until_ms)
    interval_ms = organization.monitoring.scrape_interval
    first_ms = (int(phase * interval_ms) - rules.lookback_ms) % interval_ms
    moments = [0]
    for scrape_ms in range(first_ms - interval_ms, until_ms + 1, interval_ms):
        last_ms = scrape_ms + interval_ms - 1
        looked = (*range(scrape_ms, last_ms, step_ms), last_ms)
        moments += [at_ms for at_ms in looked if moments[-1] < at_ms <= until_ms]
    found: dict[str, _First] = {}
    for unit in rules.without(rules.missing(telemetry.store)).evaluators(telemetry.store):
        for transition in evaluate_together(unit, [moments] * len(unit)):
            if transition.kind in ("alert_pending", "alert_fired"):
                index = bisect_left(moments, transition.at_ms)
                before_ms = moments[index - 1] if index else -1
                found.setdefault(transition.alert, _First(before_ms + 1, transition.at_ms, transition.labels))
    return found
