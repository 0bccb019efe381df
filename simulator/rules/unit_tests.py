"""promtool's unit tests of rules: series, the rules evaluated on them, and what must come of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from simulator.promql.errors import EvaluationError, PromqlError
from simulator.promql.expression import Expression, compile_expression
from simulator.promql.series import Labels, Series, SeriesStore, make_labels
from simulator.rules.alerting import AlertEvaluator
from simulator.rules.durations import go_duration
from simulator.rules.groups import GroupEvaluator, RuleGroup, evaluate_together
from simulator.rules.notation import NotationError, read_metric, read_values
from simulator.rules.templates import Surroundings
from simulator.rules.values import FormatError, Sample

_NOISE = 1e-12
"""Relative difference that is put down to the order of summation, which Prometheus itself leaves open."""


@dataclass(frozen=True)
class AlertQuestion:
    """Which alerts of a name fire at a time: labels (without the name) and annotations of each."""

    alert: str
    at_ms: int
    expected: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]


@dataclass(frozen=True)
class ExpressionQuestion:
    """What an expression gives at a time: the metric as it is written, and its value."""

    expression: str
    at_ms: int
    expected: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class TestGroup:
    """One group of tests; durations are in ms."""

    __test__ = False  # Not one of pytest's.

    name: str
    interval_ms: int
    series: Sequence[tuple[str, str]]
    """(metric, values) in series notation."""
    alerts: Sequence[AlertQuestion] = ()
    expressions: Sequence[ExpressionQuestion] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    start_ms: int = 0
    """The Unix time at which the test begins."""


class TestRun:
    """One group of tests being carried out."""

    __test__ = False  # Not one of pytest's.

    def __init__(
        self, group: TestGroup, rules: Sequence[RuleGroup], interval_ms: int, version: str, *, fuzzy: bool = False
    ) -> None:
        """`interval_ms` is how often the rules are evaluated, whatever their own interval is."""
        self._group, self._rules, self._interval_ms, self._version = group, rules, interval_ms, version
        self._fuzzy = fuzzy
        moments = [*(asked.at_ms for asked in group.alerts), *(asked.at_ms for asked in group.expressions)]
        self._ticks = range(0, max(moments, default=0) + 1, interval_ms)
        self._store = SeriesStore(epoch_ms=group.start_ms)
        self._surroundings = Surroundings(group.external_labels, group.external_url, self._query)
        self._compiled: dict[str, Expression] = {}

    def failures(self) -> list[str]:
        """What is not as expected, in promtool's words; nothing if the tests pass."""
        try:
            pending = self._read_series()
        except NotationError as error:
            return [str(error)]
        writes_alerts = any(group.reads_alert_series for group in self._rules) or self._asks_for_alert_series()
        evaluators = {
            group: group.evaluator(self._store, alert_series=writes_alerts, surroundings=self._surroundings)
            for group in self._rules
        }
        if any(_looks_ahead(group) for group in self._rules):
            self._step(list(evaluators.values()), pending)
        else:
            _load(pending, self._ticks[-1])
            for unit in _in_order(self._rules):
                evaluate_together([evaluators[group] for group in unit], [self._ticks] * len(unit))
        return list(self._answers(list(evaluators.values())))

    def _read_series(self) -> list[tuple[Series, list[tuple[int, float]]]]:
        """Every series, still empty, and its samples."""
        found: list[tuple[Series, list[tuple[int, float]]]] = []
        for metric, text in self._group.series:
            labels, values = read_metric(metric), read_values(text)
            if self._store.get(labels) is not None:
                continue
            series = Series(labels)
            self._store.add(series)
            times = range(0, len(values) * self._group.interval_ms, self._group.interval_ms or 1)
            if not self._group.interval_ms:
                times, values = range(1), values[:1]
            found.append((series, [(at, value) for at, value in zip(times, values, strict=True) if value is not None]))
        return found

    def _step(
        self, evaluators: Sequence[GroupEvaluator], pending: list[tuple[Series, list[tuple[int, float]]]]
    ) -> None:
        """Evaluate tick by tick where rules look ahead: they do not see samples that are still to come."""
        for tick in self._ticks:
            _load(pending, tick)
            for evaluator in evaluators:
                evaluator.evaluate([tick])

    def _answers(self, evaluators: Sequence[GroupEvaluator]) -> Iterator[str]:
        failures = [failure for evaluator in evaluators for failure in evaluator.failures]
        failed_ms = min((failure.at_ms for failure in failures), default=None)
        for question in sorted(self._group.alerts, key=lambda question: question.at_ms):
            tick = question.at_ms // self._interval_ms * self._interval_ms
            if failed_ms is None or tick < failed_ms:
                yield from self._alerts(question, tick, evaluators)
        if failed_ms is not None:
            for failure in failures:
                if failure.at_ms == failed_ms:
                    yield f"    rule: {failure.rule}, time: {go_time(failed_ms)}, err: {failure.message}"
            return
        for asked in self._group.expressions:
            yield from self._expression(asked)

    def _alerts(self, question: AlertQuestion, tick: int, evaluators: Sequence[GroupEvaluator]) -> Iterator[str]:
        found = sorted(
            (labels, make_labels(annotations.items()))
            for evaluator in evaluators
            for one in evaluator.evaluators
            if isinstance(one, AlertEvaluator) and one.rule.name == question.alert
            for labels, annotations in one.firing_at(tick)
        )
        expected = sorted(
            (make_labels({**labels, "alertname": question.alert}.items()), make_labels(annotations.items()))
            for labels, annotations in question.expected
        )
        if found != expected:
            name = f"    name: {self._group.name},\n" if self._group.name else ""
            yield (
                f"{name}    alertname: {question.alert}, time: {go_duration(question.at_ms)}, \n"
                f"        exp:{_alerts_text(expected)}, \n        got:{_alerts_text(found)}"
            )

    def _expression(self, question: ExpressionQuestion) -> Iterator[str]:
        prefix = (
            f"    expr: {json.dumps(question.expression, ensure_ascii=False)}, time: {go_duration(question.at_ms)},"
        )
        try:
            samples = self._query(question.expression, question.at_ms)
        except FormatError as error:
            yield f"{prefix} err: {error}"
            return
        found = sorted((make_labels(one.labels.items()), one.value) for one in samples)
        expected: list[tuple[Labels, float]] = []
        for metric, value in question.expected:
            try:
                expected.append((read_metric(metric) if metric else (), value))
            except NotationError as error:
                yield f'{prefix} err: labels "{metric}": {error}'
                return
        expected.sort()
        derived = self._is_derived(question.expression)
        if not self._same(expected, found, derived=derived):
            yield f"{prefix}\n        exp: {_samples_text(expected)}\n        got: {_samples_text(found)}"

    def _same(self, expected: list[tuple[Labels, float]], found: list[tuple[Labels, float]], *, derived: bool) -> bool:
        if [labels for labels, _ in expected] != [labels for labels, _ in found]:
            return False
        for (_, one), (_, other) in zip(expected, found, strict=True):
            near = self._fuzzy and other in (math.nextafter(one, math.inf), math.nextafter(one, -math.inf))
            if one != other and not near and not (derived and math.isclose(one, other, rel_tol=_NOISE)):
                return False
        return True

    def _is_derived(self, text: str) -> bool:
        """Whether an expression's values may be sums: it is not just a selector of what the test itself gives."""
        expression = self._compiled[text]
        recorded = {name for group in self._rules for name in group.recorded}
        reads_input = not any(selector.matches_name(name) for selector in expression.selectors for name in recorded)
        return not (expression.is_selector and reads_input)

    def _query(self, text: str, at_ms: int) -> list[Sample]:
        try:
            if text not in self._compiled:
                self._compiled[text] = compile_expression(
                    text, version=self._version, default_step_ms=self._interval_ms
                )
            columns = self._compiled[text].evaluate(self._store, [at_ms])
        except PromqlError as error:
            raise FormatError(f"1:{(error.offset or 0) + 1}: parse error: {error}") from None
        except EvaluationError as error:
            raise FormatError(error.message) from None
        return [Sample(dict(column.labels), value) for column in columns if (value := column.values[0]) is not None]

    def _asks_for_alert_series(self) -> bool:
        texts = [question.expression for question in self._group.expressions]
        texts += [text for group in self._rules for rule in group.rules for text in rule.texts]
        return any("ALERTS" in text or "__name__" in text for text in texts)


def _load(pending: list[tuple[Series, list[tuple[int, float]]]], until_ms: int) -> None:
    """Append what is due; promtool loads no sample after the last evaluation."""
    for series, samples in pending:
        count = 0
        while count < len(samples) and samples[count][0] <= until_ms:
            count += 1
        if count:
            series.extend([at for at, _ in samples[:count]], [value for _, value in samples[:count]])
            del samples[:count]


def _looks_ahead(group: RuleGroup) -> bool:
    return any(rule.expression.looks_ahead for rule in group.rules)


def _in_order(groups: Sequence[RuleGroup]) -> list[tuple[RuleGroup, ...]]:
    """The groups in units that may be evaluated one after the other, although they share their ticks.

    At one tick a group does not see what a later one writes, so it has to be taken together with it if it reads that.
    """
    found: list[tuple[RuleGroup, ...]] = []
    start = end = 0
    for place, group in enumerate(groups):
        last = max((other for other in range(place + 1, len(groups)) if group.reads(groups[other])), default=place)
        end = max(end, last)
        if place == end:
            found.append(tuple(groups[start : end + 1]))
            start = end = place + 1
    return found


def go_time(milliseconds: int) -> str:
    """A duration as Go prints it: ``1h0m0s``, ``5m0s``, ``1.5s``."""
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds = f"{Decimal(rest) / 1000:f}"
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{seconds}s"


def _labels_text(labels: Labels) -> str:
    return f"{{{', '.join(f'{name}={json.dumps(value, ensure_ascii=False)}' for name, value in labels)}}}"


def _alerts_text(alerts: Sequence[tuple[Labels, Labels]]) -> str:
    if not alerts:
        return "[]"
    texts = (
        f"            {place}:\n              Labels:{_labels_text(labels)}\n"
        f"              Annotations:{_labels_text(annotations)}"
        for place, (labels, annotations) in enumerate(alerts)
    )
    return "[\n" + ",\n".join(texts) + "\n            ]"


def _samples_text(samples: Sequence[tuple[Labels, float]]) -> str:
    return ", ".join(f"{_labels_text(labels)} {_scientific(value)}" for labels, value in samples) or "nil"


def _scientific(value: float) -> str:
    """A number as Go prints it with an exponent and as few digits as tell it apart: ``1E+00``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    digits = 0
    while float(text := f"{value:.{digits}E}") != value:
        digits += 1
    return text
