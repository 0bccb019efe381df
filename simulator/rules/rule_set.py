"""All the rule groups of an organisation, and what they read."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.promql.series import Labels
from simulator.rules.alerting import AlertRule
from simulator.rules.groups import RuleGroup


class RuleSet:
    """The groups of all rule files, in order; the same for every drill."""

    def __init__(self, groups: Sequence[RuleGroup]) -> None:
        self.groups = tuple(groups)
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
