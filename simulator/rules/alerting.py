"""Alert rules: which alerts are pending or firing after each evaluation, and what changed.

An alert is known by its labels. It is pending from the first evaluation in which its element appears, fires once it
has been there for the rule's `for`, and resolves when it is gone for the rule's `keep_firing_for`. An evaluation that
fails changes nothing; one that finds more alerts than the group's limit fails and forgets them all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Literal, NamedTuple

from simulator.promql.columns import Column, Values, is_empty
from simulator.promql.expression import Expression
from simulator.promql.series import NAME, Labels, make_labels, without_name
from simulator.promql.windows import Stretch
from simulator.rules.elements import Failure, combine
from simulator.rules.recording import SeriesWriter
from simulator.rules.templates import NOWHERE, Surroundings, Template

Kind = Literal["alert_pending", "alert_dropped", "alert_fired", "alert_resolved"]


class Transition:
    """An alert changed its state at an evaluation; `value` is what its element was when last seen."""

    __slots__ = ("_element", "_rule", "_surroundings", "at_ms", "kind", "labels", "value")

    def __init__(
        self,
        at_ms: int,
        kind: Kind,
        labels: Labels,
        value: float,
        *,
        rule: AlertRule,
        element: Labels,
        surroundings: Surroundings,
    ) -> None:
        self.at_ms = at_ms
        self.kind = kind
        self.labels = labels
        self.value = value
        self._rule = rule
        self._element = element
        self._surroundings = surroundings

    @property
    def alert(self) -> str:
        """The rule's name."""
        return self._rule.name

    def annotations(self) -> dict[str, str]:
        """The rule's annotations, their templates expanded."""
        return self._rule.annotations_of(self._element, self.value, self.at_ms, self._surroundings)

    def __repr__(self) -> str:
        return f"Transition({self.at_ms}, {self.kind!r}, {self.labels}, {self.value})"


class AlertRule:
    """A compiled alert rule. Durations are milliseconds; templates are expanded with the element's own labels."""

    __slots__ = ("annotations", "expression", "for_ms", "keep_firing_for_ms", "labels", "name", "place")

    def __init__(
        self,
        name: str,
        expression: Expression,
        *,
        for_ms: int = 0,
        keep_firing_for_ms: int = 0,
        labels: Mapping[str, Template] | None = None,
        annotations: Mapping[str, Template] | None = None,
        place: str = "",
    ) -> None:
        self.name = name
        self.place = place
        """Where it was read: ``file:line``."""
        self.expression = expression
        self.for_ms = for_ms
        self.keep_firing_for_ms = keep_firing_for_ms
        self.labels = dict(labels or {})
        self.annotations = dict(annotations or {})

    @property
    def texts(self) -> list[str]:
        """The texts of all templates."""
        return [template.text for template in (*self.labels.values(), *self.annotations.values())]

    def labels_of(self, element: Labels, value: float, at_ms: int = 0, surroundings: Surroundings = NOWHERE) -> Labels:
        """Labels of the alert that an element makes: the rule's own come on top of the element's."""
        added = self._expand(self.labels, element, value, at_ms, surroundings)
        return make_labels({**dict(without_name(element)), **added, "alertname": self.name}.items())

    def annotations_of(self, element: Labels, value: float, at_ms: int, surroundings: Surroundings) -> dict[str, str]:
        """Annotations of the alert that an element makes."""
        return self._expand(self.annotations, element, value, at_ms, surroundings)

    def _expand(
        self, templates: Mapping[str, Template], element: Labels, value: float, at_ms: int, surroundings: Surroundings
    ) -> dict[str, str]:
        return {
            name: template.expand(element, value, rule=self.name, at_ms=at_ms, surroundings=surroundings)
            for name, template in templates.items()
        }

    def evaluator(
        self, limit: int = 0, *, writes_series: bool = False, surroundings: Surroundings = NOWHERE
    ) -> AlertEvaluator:
        """The rule at the beginning of time, with no alert known.

        An evaluation that finds more alerts than `limit` (0: no limit) fails. `writes_series`: ``ALERTS`` and
        ``ALERTS_FOR_STATE`` are written to the store.
        """
        return AlertEvaluator(self, limit, writes_series, surroundings)


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

    def seen_at(self, at_ms: int) -> tuple[float, int]:
        """The value that the element had when it was last there, and when that was."""
        place = bisect_right(self.seen_ms, at_ms) - 1
        return self.values[place], self.seen_ms[place]

    def states_at(self, times: list[int]) -> list[_State]:
        """What the state was after each evaluation."""
        found, place = [], 0
        for at_ms in times:
            while place < len(self.states) and self.states[place].at_ms <= at_ms:
                place += 1
            found.append(self.states[place - 1] if place else _INACTIVE)
        return found

    def rewind(self, after_ms: int) -> None:
        while self.states and self.states[-1].at_ms > after_ms:
            self.states.pop()
        seen = bisect_right(self.seen_ms, after_ms)
        del self.seen_ms[seen:]
        del self.values[seen:]


class AlertEvaluator:
    """An alert rule being evaluated, stretch after stretch."""

    def __init__(self, rule: AlertRule, limit: int, writes_series: bool, surroundings: Surroundings) -> None:
        self.rule = rule
        self.failures: list[Failure] = []
        self._limit = limit
        self._surroundings = surroundings
        self._writer = _AlertSeries(rule) if writes_series else None
        self._alerts: dict[Labels, _Alert] = {}
        self._labels_fixed = all(template.reads_labels_only for template in rule.labels.values())

    def evaluate(self, stretch: Stretch, times: list[int] | None = None) -> list[Transition]:
        """Evaluate at the stretch's times, all later than before; what changed, by time and then labels.

        `times` are when that happens, if the stretch lies before by a query offset.
        """
        times = times or stretch.times
        if self._limit and len(times) > 1:
            return [
                transition
                for at_ms, time in zip(stretch.times, times, strict=True)
                for transition in self.evaluate(Stretch(stretch.store, [at_ms]), [time])
            ]
        columns, failed = self.rule.expression.attempt(stretch)
        combined = combine(self._named(columns, times), failed, "alert") if columns else {}
        transitions: list[Transition] = []
        for labels, (element, values) in combined.items():
            alert = self._alerts.get(labels)
            if alert is None:
                alert = self._alerts[labels] = _Alert(element)
            transitions += self._follow(labels, alert, times, values, failed)
        for labels, alert in self._alerts.items():
            if labels not in combined and alert.state.active_ms is not None:
                transitions += self._follow(labels, alert, times, [None] * len(times), failed)
        if self._limit and not failed:
            transitions = self._limited(times[0], transitions, failed)
        self.failures += (Failure(times[number], self.rule.name, failed[number]) for number in sorted(failed))
        if self._writer is not None:
            self._writer.write(stretch, times, self._alerts, failed)
        return sorted(transitions, key=lambda transition: (transition.at_ms, transition.labels))

    def firing_at(self, at_ms: int) -> list[tuple[Labels, dict[str, str]]]:
        """Labels and annotations of the alerts that fire after the evaluation at a time."""
        return [
            (labels, self.rule.annotations_of(alert.element, *alert.seen_at(at_ms), self._surroundings))
            for labels, alert in self._alerts.items()
            if alert.states_at([at_ms])[0].firing
        ]

    def _limited(self, at_ms: int, transitions: list[Transition], failed: dict[int, str]) -> list[Transition]:
        """What happens at an evaluation unless there are too many alerts: then all of them are gone."""
        active = {labels: alert for labels, alert in self._alerts.items() if alert.state.active_ms is not None}
        if len(active) <= self._limit:
            return transitions
        failed[0] = f"exceeded limit of {self._limit} with {len(active)} alerts"
        kept = [one for one in transitions if one.labels not in active]
        for labels, alert in active.items():
            known = [state for state in alert.states if state.at_ms < at_ms]
            alert.states = [*known, _State(at_ms, None, False, None)]
            if known and known[-1].active_ms is not None:
                kind: Kind = "alert_resolved" if known[-1].firing else "alert_dropped"
                kept.append(self._transition(at_ms, kind, labels, alert))
        return kept

    def _transition(self, at_ms: int, kind: Kind, labels: Labels, alert: _Alert) -> Transition:
        value, rule = alert.values[-1], self.rule
        return Transition(at_ms, kind, labels, value, rule=rule, element=alert.element, surroundings=self._surroundings)

    def rewind(self, after_ms: int) -> None:
        """Forget every evaluation later than this."""
        for labels, alert in list(self._alerts.items()):
            alert.rewind(after_ms)
            if not alert.states:
                del self._alerts[labels]
        self.failures = [failure for failure in self.failures if failure.at_ms <= after_ms]
        if self._writer is not None:
            self._writer.rewind(after_ms)

    def _named(self, columns: list[Column], times: list[int]) -> list[tuple[Labels, Column]]:
        """Each column with the labels of its alert; a column whose alert's labels depend on its value is divided."""
        if self._labels_fixed:
            return [(self.rule.labels_of(column.labels, 0.0), column) for column in columns]
        named = []
        for column in columns:
            parts: dict[Labels, Values] = {}
            for number, value in enumerate(column.values):
                if value is not None:
                    labels = self.rule.labels_of(column.labels, value, times[number], self._surroundings)
                    parts.setdefault(labels, [None] * len(column.values))[number] = value
            named += [(labels, Column(column.labels, values)) for labels, values in parts.items()]
        return named

    def _follow(
        self, labels: Labels, alert: _Alert, times: list[int], values: Values, failed: dict[int, str]
    ) -> list[Transition]:
        """Take one alert through the stretch."""
        found: list[Transition] = []
        rule, states = self.rule, alert.states  # Bound once: this is the innermost loop of a drill.
        _, active_ms, firing, gone_ms = alert.state

        def change(at_ms: int, kind: Kind | None) -> None:
            states.append(_State(at_ms, active_ms, firing, gone_ms))
            if kind is not None:
                found.append(self._transition(at_ms, kind, labels, alert))

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


class _AlertSeries:
    """The series that Prometheus writes about an alert rule: which alerts there are, and since when."""

    def __init__(self, rule: AlertRule) -> None:
        # Prometheus begins with the rule's labels as they are written, so one that expands to nothing shows its text.
        self._base = {name: template.text for name, template in rule.labels.items()}
        self._name = rule.name
        self._writer = SeriesWriter()

    def write(
        self, stretch: Stretch, times: list[int], alerts: Mapping[Labels, _Alert], failed: Mapping[int, str]
    ) -> None:
        """Write the states after each evaluation of a stretch, as of the stretch's own times."""
        columns: dict[Labels, Values] = {}
        for labels, alert in alerts.items():
            states = alert.states_at(times)
            common = {**self._base, **dict(labels), "alertname": self._name}
            for kind in ("pending", "firing"):
                values: Values = [
                    1.0 if state.active_ms is not None and state.firing == (kind == "firing") else None
                    for state in states
                ]
                columns[make_labels({**common, NAME: "ALERTS", "alertstate": kind}.items())] = values
            columns[make_labels({**common, NAME: "ALERTS_FOR_STATE"}.items())] = [
                None if state.active_ms is None else float((state.active_ms + stretch.store.epoch_ms) // 1000)
                for state in states
            ]
        present = {labels: values for labels, values in columns.items() if not is_empty(values)}
        self._writer.write(stretch.store, stretch.times, present, failed)

    def rewind(self, after_ms: int) -> None:
        """Take back everything written later than this."""
        self._writer.rewind(after_ms)
