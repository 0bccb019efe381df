"""Rule groups: rules that are evaluated together, one after the other, at the same times."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.promql.series import NAME, Selector, SeriesStore
from simulator.promql.windows import Stretch
from simulator.rules.alerting import AlertEvaluator, AlertRule, Transition
from simulator.rules.elements import Failure
from simulator.rules.recording import RecordingRule

Rule = AlertRule | RecordingRule


class RuleGroup:
    """A group of compiled rules. It is evaluated every `interval_ms`, at a phase that whoever runs it chooses."""

    __slots__ = ("interval_ms", "name", "rules")

    def __init__(self, name: str, interval_ms: int, rules: Sequence[Rule]) -> None:
        self.name = name
        self.interval_ms = interval_ms
        self.rules = tuple(rules)

    @property
    def selectors(self) -> list[Selector]:
        """What the rules read, of whatever origin."""
        return [selector for rule in self.rules for selector in rule.expression.selectors]

    @property
    def lookback_ms(self) -> int:
        """How far before its time an evaluation may look."""
        return max((rule.expression.lookback_ms for rule in self.rules), default=0)

    def reads(self, group: RuleGroup) -> bool:
        """Whether a rule of this group may read what a rule of the other one records."""
        return any(_reads(rule, other) for rule in self.rules for other in group.rules)

    def evaluator(self, store: SeriesStore) -> GroupEvaluator:
        """The group before its first evaluation, reading from the store and recording into it."""
        return GroupEvaluator(self, store)

    def has_feedback(self) -> bool:
        """Whether a rule may read what itself or a later rule of the group recorded at earlier times."""
        return any(_reads(rule, later) for place, rule in enumerate(self.rules) for later in self.rules[place:])


def _reads(reader: Rule, writer: Rule) -> bool:
    """Whether an expression selects series of the name that the other rule records."""
    if not isinstance(writer, RecordingRule):
        return False
    return any(
        all(matcher.matches(writer.name) for matcher in selector.matchers if matcher.name == NAME)
        for selector in reader.expression.selectors
    )


class GroupEvaluator:
    """A group being evaluated, stretch after stretch; what was evaluated ahead of time can be taken back."""

    def __init__(self, group: RuleGroup, store: SeriesStore) -> None:
        self.group = group
        self._store = store
        self._stepwise = group.has_feedback()
        self._evaluators = [rule.evaluator() for rule in group.rules]

    def evaluate(self, times: Sequence[int]) -> list[Transition]:
        """Evaluate at these times (ms, ascending, later than before); what alerts did, in order of time.

        How times are divided into calls makes no difference. At one time transitions are in the order of the rules,
        those of one rule in the order of the alerts' labels.
        """
        if self._stepwise:
            return [transition for time in times for transition in self._evaluate([time])]
        return self._evaluate(times) if times else []

    def rewind(self, after_ms: int) -> None:
        """Forget every evaluation later than this, and take back what it recorded."""
        for evaluator in self._evaluators:
            evaluator.rewind(after_ms)

    @property
    def failures(self) -> list[Failure]:
        """Evaluations that failed, rule by rule."""
        return [failure for evaluator in self._evaluators for failure in evaluator.failures]

    def _evaluate(self, times: Sequence[int]) -> list[Transition]:
        stretch = Stretch(self._store, times)
        transitions: list[Transition] = []
        for evaluator in self._evaluators:
            if isinstance(evaluator, AlertEvaluator):
                transitions += evaluator.evaluate(stretch)
            else:
                evaluator.evaluate(stretch)
        return sorted(transitions, key=lambda transition: transition.at_ms)
