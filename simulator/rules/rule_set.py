"""All the rule groups of an organisation, and what they read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from simulator.promql.series import Labels, Selector, SeriesStore
from simulator.rules.alerting import AlertRule
from simulator.rules.groups import GroupEvaluator, Rule, RuleGroup, selects

if TYPE_CHECKING:
    from simulator.alertmanager.routing import Routing


class RuleSet:
    """The groups of all rule files, in order, and where their alerts go; the same for every drill."""

    def __init__(self, groups: Sequence[RuleGroup], routing: Routing | None = None) -> None:
        self.routing = routing
        """As an ``alertmanager.yml`` says it; None: there is none."""
        self.units = units(groups)
        """Groups that may read each other are evaluated together, and after those that they read."""
        self.groups = tuple(group for unit in self.units for group in unit)
        self.reads_alert_series = any(group.reads_alert_series for group in groups)
        self.alerts = [rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)]
        self.lookback_ms = max((group.lookback_ms for group in groups), default=0)
        """How far before its time an evaluation may look."""
        self._selectors = [selector for group in groups for selector in group.selectors]
        self._read: dict[Labels, bool] = {}

    def reads(self, labels: Labels) -> bool:
        """Whether any rule reads a series with these labels."""
        known = self._read.get(labels)
        if known is None:
            known = self._read[labels] = any(selector.matches(labels) for selector in self._selectors)
        return known

    def missing(self, store: SeriesStore) -> dict[Rule, list[Selector]]:
        """The rules that read what neither the store holds nor a rule writes that is not among them, and what it is."""
        missing: dict[Rule, list[Selector]] = {}
        rules = [rule for group in self.groups for rule in group.rules]
        unknown = {rule: [one for one in rule.expression.selectors if not store.select(one)] for rule in rules}
        changed = True
        while changed:
            known = [rule for rule in rules if rule not in missing]
            found = {
                rule: [one for one in unknown[rule] if not any(selects(one, writer) for writer in known)]
                for rule in known
                if unknown[rule]
            }
            changed = any(found.values())
            missing.update({rule: selectors for rule, selectors in found.items() if selectors})
        return missing

    def without(self, rules: Collection[Rule]) -> RuleSet:
        """All rules but these."""
        if not rules:
            return self
        kept = [rule for group in self.groups for rule in group.rules if rule not in rules]
        return RuleSet([group.only(kept) for group in self.groups], self.routing)

    def evaluators(self, store: SeriesStore) -> list[list[GroupEvaluator]]:
        """Each unit's groups before their first evaluation."""
        return [[group.evaluator(store, alert_series=self.reads_alert_series) for group in unit] for unit in self.units]


def units(groups: Sequence[RuleGroup]) -> list[tuple[RuleGroup, ...]]:
    """Groups after those that they read, otherwise in order; those that read each other, also indirectly, together."""
    places = range(len(groups))
    reads = {place: [other for other in places if groups[place].reads(groups[other])] for place in places}
    reached = {place: _reachable(place, reads) for place in reads}
    found: list[tuple[RuleGroup, ...]] = []
    done: set[int] = set()

    def take(place: int) -> None:
        together = sorted({place} | {other for other in reached[place] if place in reached[other]})
        done.update(together)
        for other in sorted(reached[place]):
            if other not in done:
                take(other)
        found.append(tuple(groups[member] for member in together))

    for place in range(len(groups)):
        if place not in done:
            take(place)
    return found


def _reachable(place: int, reads: dict[int, list[int]]) -> set[int]:
    """The groups that one reads, directly or through others."""
    found: set[int] = set()
    waiting = list(reads[place])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += reads[other]
    return found
