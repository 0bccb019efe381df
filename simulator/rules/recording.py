"""Recording rules: expressions whose values become series."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.promql.columns import Values
from simulator.promql.expression import Expression
from simulator.promql.series import NAME, STALE, Labels, Series, SeriesStore, make_labels
from simulator.promql.windows import Stretch
from simulator.rules.elements import Failure, combine


class RecordingRule:
    """A compiled recording rule: the name of the series that it writes, and the labels that it sets on them."""

    __slots__ = ("expression", "labels", "name")

    def __init__(self, name: str, expression: Expression, *, labels: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.expression = expression
        self.labels = dict(labels or {})

    def labels_of(self, element: Labels) -> Labels:
        """Labels of the series that an element is written to."""
        return make_labels({**dict(element), NAME: self.name, **self.labels}.items())

    def evaluator(self) -> RecordingEvaluator:
        """The rule before it wrote anything."""
        return RecordingEvaluator(self)


class RecordingEvaluator:
    """A recording rule being evaluated, stretch after stretch, into the store that it reads."""

    def __init__(self, rule: RecordingRule) -> None:
        self.rule = rule
        self.failures: list[Failure] = []
        self._series: dict[Labels, Series] = {}

    def evaluate(self, stretch: Stretch) -> None:
        """Evaluate at the stretch's times, all later than before, and append the results to their series."""
        columns, failed = self.rule.expression.attempt(stretch)
        named = [(self.rule.labels_of(column.labels), column) for column in columns]
        combined = combine(named, failed, "rule") if named else {}
        self.failures += (Failure(stretch.times[number], self.rule.name, failed[number]) for number in sorted(failed))
        for labels, (_, values) in combined.items():
            series = self._series.get(labels) or self._create(labels, stretch.store)
            _write(series, stretch.times, values, failed)
        for labels, series in self._series.items():
            if labels not in combined and series.live:
                _write(series, stretch.times, [None] * len(stretch.times), failed)

    def rewind(self, after_ms: int) -> None:
        """Take back everything written later than this."""
        for series in self._series.values():
            series.truncate(after_ms)
        self.failures = [failure for failure in self.failures if failure.at_ms <= after_ms]

    def _create(self, labels: Labels, store: SeriesStore) -> Series:
        series = self._series[labels] = Series(labels)
        store.add(series)
        return series


def _write(series: Series, times: list[int], values: Values, failed: dict[int, str]) -> None:
    """Append the values; where a series ends, mark it stale at the first evaluation that lacks it."""
    written_ms: list[int] = []
    written: list[float] = []
    live = series.live
    for number, (at_ms, value) in enumerate(zip(times, values, strict=True)):
        if number in failed or (value is None and not live):
            continue
        written_ms.append(at_ms)
        written.append(STALE if value is None else value)
        live = value is not None
    series.extend(written_ms, written)
