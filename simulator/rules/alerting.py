"""Alert rules: which alerts are pending or firing after each evaluation, and what changed.

An alert is known by its labels. It is pending from the first evaluation in which its element appears, fires once it
has been there for the rule's `for`, and resolves when it is gone for the rule's `keep_firing_for`. An evaluation that
fails changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Literal, NamedTuple

from simulator.promql.columns import Column, Values
from simulator.promql.expression import Expression
from simulator.promql.series import Labels, make_labels, without_name
from simulator.promql.windows import Stretch
from simulator.rules.elements import Failure, combine
from simulator.rules.templates import Template

Kind = Literal["alert_pending", "alert_dropped", "alert_fired", "alert_resolved"]


class Transition:
    """An alert changed its state at an evaluation; `value` is what its element was when last seen."""

    __slots__ = ("_element", "_rule", "at_ms", "kind", "labels", "value")

    def __init__(
        self, at_ms: int, kind: Kind, labels: Labels, value: float, *, rule: AlertRule, element: Labels
    ) -> None:
        self.at_ms = at_ms
        self.kind = kind
        self.labels = labels
        self.value = value
        self._rule = rule
        self._element = element

    @property
    def alert(self) -> str:
        """The rule's name."""
        return self._rule.name

    def annotations(self) -> dict[str, str]:
        """The rule's annotations, their templates expanded."""
        return {name: template.expand(self._element, self.value) for name, template in self._rule.annotations.items()}

    def __repr__(self) -> str:
        return f"Transition({self.at_ms}, {self.kind!r}, {self.labels}, {self.value})"


class AlertRule:
    """A compiled alert rule. Durations are milliseconds; templates are expanded with the element's own labels."""

    __slots__ = ("annotations", "expression", "for_ms", "keep_firing_for_ms", "labels", "name")

    def __init__(
        self,
        name: str,
        expression: Expression,
        *,
        for_ms: int = 0,
        keep_firing_for_ms: int = 0,
        labels: Mapping[str, Template] | None = None,
        annotations: Mapping[str, Template] | None = None,
    ) -> None:
        self.name = name
        self.expression = expression
        self.for_ms = for_ms
        self.keep_firing_for_ms = keep_firing_for_ms
        self.labels = dict(labels or {})
        self.annotations = dict(annotations or {})

    def labels_of(self, element: Labels, value: float) -> Labels:
        """Labels of the alert that an element makes: the rule's own come on top of the element's."""
        added = {name: template.expand(element, value) for name, template in self.labels.items()}
        return make_labels({**dict(without_name(element)), **added, "alertname": self.name}.items())

    def evaluator(self) -> AlertEvaluator:
        """The rule at the beginning of time, with no alert known."""
        return AlertEvaluator(self)


class _State(NamedTuple):
    """What became of an alert at an evaluation; the times are None where they do not apply."""

    at_ms: int
    active_ms: int | None
    """When it became pending; None: it is not active."""
    firing: bool
    gone_ms: int | None
    """When the element of a firing alert went away, while the alert is being kept."""


_INACTIVE = _State(-1, None, False, None)


class _Alert:
    """All that happened to the alert with certain labels: its states, and the values that its element had."""

    __slots__ = ("element", "seen_ms", "states", "values")

    def __init__(self, element: Labels) -> None:
        self.element = element
        self.states: list[_State] = []
        self.seen_ms: list[int] = []
        self.values: list[float] = []

    @property
    def state(self) -> _State:
        return self.states[-1] if self.states else _INACTIVE

    def rewind(self, after_ms: int) -> None:
        while self.states and self.states[-1].at_ms > after_ms:
            self.states.pop()
        seen = bisect_right(self.seen_ms, after_ms)
        del self.seen_ms[seen:]
        del self.values[seen:]


class AlertEvaluator:
    """An alert rule being evaluated, stretch after stretch."""

    def __init__(self, rule: AlertRule) -> None:
        self.rule = rule
        self.failures: list[Failure] = []
        self._alerts: dict[Labels, _Alert] = {}
        self._fixed_labels = all(template.is_fixed for template in rule.labels.values())

    def evaluate(self, stretch: Stretch) -> list[Transition]:
        """Evaluate at the stretch's times, all later than before; what changed, by time and then labels."""
        columns, failed = self.rule.expression.attempt(stretch)
        combined = combine(self._named(columns), failed, "alert") if columns else {}
        self.failures += (Failure(stretch.times[number], self.rule.name, failed[number]) for number in sorted(failed))
        transitions: list[Transition] = []
        for labels, (element, values) in combined.items():
            alert = self._alerts.get(labels)
            if alert is None:
                alert = self._alerts[labels] = _Alert(element)
            transitions += self._follow(labels, alert, stretch.times, values, failed)
        for labels, alert in self._alerts.items():
            if labels not in combined and alert.state.active_ms is not None:
                transitions += self._follow(labels, alert, stretch.times, [None] * len(stretch.times), failed)
        return sorted(transitions, key=lambda transition: (transition.at_ms, transition.labels))

    def rewind(self, after_ms: int) -> None:
        """Forget every evaluation later than this."""
        for labels, alert in list(self._alerts.items()):
            alert.rewind(after_ms)
            if not alert.states:
                del self._alerts[labels]
        self.failures = [failure for failure in self.failures if failure.at_ms <= after_ms]

    def _named(self, columns: list[Column]) -> list[tuple[Labels, Column]]:
        """Each column with the labels of its alert; a column whose alert's labels depend on its value is divided."""
        if self._fixed_labels:
            return [(self.rule.labels_of(column.labels, 0.0), column) for column in columns]
        named = []
        for column in columns:
            parts: dict[Labels, Values] = {}
            for number, value in enumerate(column.values):
                if value is not None:
                    labels = self.rule.labels_of(column.labels, value)
                    parts.setdefault(labels, [None] * len(column.values))[number] = value
            named += [(labels, Column(column.labels, values)) for labels, values in parts.items()]
        return named

    def _follow(
        self, labels: Labels, alert: _Alert, times: list[int], values: Values, failed: dict[int, str]
    ) -> list[Transition]:
        """Take one alert through the stretch."""
        found: list[Transition] = []
        rule, states = self.rule, alert.states
        _, active_ms, firing, gone_ms = alert.state

        def change(at_ms: int, kind: Kind | None) -> None:
            states.append(_State(at_ms, active_ms, firing, gone_ms))
            if kind is not None:
                found.append(Transition(at_ms, kind, labels, alert.values[-1], rule=rule, element=alert.element))

        for number, (at_ms, value) in enumerate(zip(times, values, strict=True)):
            if (value is None and active_ms is None) or number in failed:
                continue
            if value is None:
                assert active_ms is not None
                if firing and rule.keep_firing_for_ms:
                    if gone_ms is None:
                        gone_ms = at_ms
                        change(at_ms, None)
                    if at_ms - gone_ms < rule.keep_firing_for_ms:
                        continue
                kind: Kind = "alert_resolved" if firing else "alert_dropped"
                active_ms, firing, gone_ms = None, False, None
                change(at_ms, kind)
                continue
            alert.seen_ms.append(at_ms)
            alert.values.append(value)
            if active_ms is None:
                active_ms = at_ms
                if rule.for_ms:
                    change(at_ms, "alert_pending")
            if gone_ms is not None:
                gone_ms = None
                change(at_ms, None)
            if not firing and at_ms - active_ms >= rule.for_ms:
                firing = True
                change(at_ms, "alert_fired")
        return found
