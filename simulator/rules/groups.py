"""Rule groups: rules that are evaluated together, one after the other, at the same times."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from simulator.promql.series import Selector, SeriesStore
from simulator.promql.windows import Stretch
from simulator.rules.alerting import AlertEvaluator, AlertRule, Transition
from simulator.rules.elements import Failure
from simulator.rules.recording import RecordingEvaluator, RecordingRule
from simulator.rules.templates import NOWHERE, Surroundings

Rule = AlertRule | RecordingRule


class RuleGroup:
    """A group of compiled rules. It is evaluated every `interval_ms`, at a phase that whoever runs it chooses.

    `limit` is how many alerts or series a rule may give, 0 for any number; `offset_ms` is how far in the past
    expressions are evaluated.
    """

    __slots__ = ("interval_ms", "limit", "name", "offset_ms", "recorded", "rules", "selectors")

    def __init__(
        self, name: str, interval_ms: int, rules: Sequence[Rule], *, limit: int = 0, offset_ms: int = 0
    ) -> None:
        self.name = name
        self.interval_ms = interval_ms
        self.rules = tuple(rules)
        self.limit = limit
        self.offset_ms = offset_ms
        self.selectors: list[Selector] = [selector for rule in rules for selector in rule.expression.selectors]
        """What the rules read, of whatever origin."""
        self.recorded = frozenset(rule.name for rule in rules if isinstance(rule, RecordingRule))
        """Names of the series that they write."""

    @property
    def lookback_ms(self) -> int:
        """How far before its time an evaluation may look."""
        return self.offset_ms + max((rule.expression.lookback_ms for rule in self.rules), default=0)

    @property
    def reads_alert_series(self) -> bool:
        """Whether a rule may read the series that Prometheus writes about alerts."""
        return any(selector.matches_name(name) for selector in self.selectors for name in ALERT_SERIES)

    def reads(self, group: RuleGroup) -> bool:
        """Whether a rule of this group may read what a rule of the other one writes."""
        if not group.rules or not self.rules:
            return False
        for selector in self.selectors:
            if selector.name and selector.name not in ALERT_SERIES:
                if selector.name in group.recorded:
                    return True
            elif any(selects(selector, rule) for rule in group.rules):
                return True
        return False

    def only(self, rules: Collection[Rule]) -> RuleGroup:
        """The group with no other rules than these."""
        kept = [rule for rule in self.rules if rule in rules]
        return RuleGroup(self.name, self.interval_ms, kept, limit=self.limit, offset_ms=self.offset_ms)

    def evaluator(
        self, store: SeriesStore, *, alert_series: bool | None = None, surroundings: Surroundings = NOWHERE
    ) -> GroupEvaluator:
        """The group before its first evaluation, reading from the store and recording into it.

        `alert_series`: whether to write what Prometheus writes about alerts; None: if a rule of the group reads it.
        """
        alert_series = self.reads_alert_series if alert_series is None else alert_series
        return GroupEvaluator(self, store, alert_series, surroundings)

    def has_feedback(self) -> bool:
        """Whether a rule may read what itself or a later rule of the group wrote at earlier times."""
        return any(_reads(rule, later) for place, rule in enumerate(self.rules) for later in self.rules[place:])


ALERT_SERIES = ("ALERTS", "ALERTS_FOR_STATE")
"""Series that Prometheus writes about alerts themselves."""


def _reads(reader: Rule, writer: Rule) -> bool:
    """Whether an expression may select series that the other rule writes."""
    return any(selects(selector, writer) for selector in reader.expression.selectors)


def selects(selector: Selector, writer: Rule) -> bool:
    """Whether a selector may read what a rule writes."""
    if isinstance(writer, RecordingRule):
        return selector.matches_name(writer.name)
    if not any(selector.matches_name(name) for name in ALERT_SERIES):
        return False
    return all(matcher.matches(writer.name) for matcher in selector.matchers if matcher.name == "alertname")


class GroupEvaluator:
    """A group being evaluated, stretch after stretch; what was evaluated ahead of time can be taken back."""

    def __init__(self, group: RuleGroup, store: SeriesStore, alert_series: bool, surroundings: Surroundings) -> None:
        self.group = group
        self._store = store
        self._stepwise = group.has_feedback()
        self.evaluators: list[AlertEvaluator | RecordingEvaluator] = [
            rule.evaluator(group.limit, writes_series=alert_series, surroundings=surroundings)
            if isinstance(rule, AlertRule)
            else rule.evaluator(group.limit)
            for rule in group.rules
        ]

    def evaluate(self, times: Sequence[int]) -> list[Transition]:
        """Evaluate at these times (ms, ascending, later than before); what alerts did, in order of time.

        How times are divided into calls makes no difference. At one time transitions are in the order of the rules,
        those of one rule in the order of the alerts' labels.
        """
        if self._stepwise:
            return [transition for time in times for transition in self._evaluate([time])]
        return self._evaluate(list(times)) if times else []

    def rewind(self, after_ms: int) -> None:
        """Forget every evaluation later than this, and take back what it recorded."""
        for evaluator in self.evaluators:
            if isinstance(evaluator, RecordingEvaluator):
                evaluator.rewind(after_ms - self.group.offset_ms)
            else:
                evaluator.rewind(after_ms)

    @property
    def failures(self) -> list[Failure]:
        """Evaluations that failed, rule by rule."""
        return [failure for evaluator in self.evaluators for failure in evaluator.failures]

    def _evaluate(self, times: list[int]) -> list[Transition]:
        offset_ms = self.group.offset_ms
        stretch = Stretch(self._store, [time - offset_ms for time in times] if offset_ms else times)
        transitions: list[Transition] = []
        for evaluator in self.evaluators:
            if isinstance(evaluator, AlertEvaluator):
                transitions += evaluator.evaluate(stretch, times)
            else:
                evaluator.evaluate(stretch)
        return sorted(transitions, key=lambda transition: transition.at_ms)


def evaluate_together(evaluators: Sequence[GroupEvaluator], times: Sequence[Sequence[int]]) -> list[Transition]:
    """Evaluate groups that may read each other, each at its own times, in order of time and then of the groups."""
    if len(evaluators) == 1:
        return evaluators[0].evaluate(times[0])
    steps = sorted((time, place) for place, own in enumerate(times) for time in own)
    return [transition for time, place in steps for transition in evaluators[place].evaluate([time])]
