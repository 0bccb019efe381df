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

    __slots__ = ("expression", "labels", "name", "place")

    def __init__(
        self, name: str, expression: Expression, *, labels: Mapping[str, str] | None = None, place: str = ""
    ) -> None:
        self.name = name
        self.place = place
        """Where it was read: ``file:line``."""
        self.expression = expression
        self.labels = dict(labels or {})

    @property
    def texts(self) -> list[str]:
        """The texts of all templates: there are none."""
        return []

    def labels_of(self, element: Labels) -> Labels:
        """Labels of the series that an element is written to."""
        return make_labels({**dict(element), NAME: self.name, **self.labels}.items())

    def evaluator(self, limit: int = 0) -> RecordingEvaluator:
        """The rule before it wrote anything; an evaluation that gives more series than a limit (0: none) fails."""
        return RecordingEvaluator(self, limit)


class RecordingEvaluator:
    """A recording rule being evaluated, stretch after stretch, into the store that it reads."""

    def __init__(self, rule: RecordingRule, limit: int = 0) -> None:
        self.rule = rule
        self.failures: list[Failure] = []
        self._limit = limit
        self._writer = SeriesWriter()

    def evaluate(self, stretch: Stretch) -> None:
        """Evaluate at the stretch's times, all later than before, and append the results to their series."""
        columns, failed = self.rule.expression.attempt(stretch)
        named = [(self.rule.labels_of(column.labels), column) for column in columns]
        combined = combine(named, failed, "rule") if named else {}
        values = {labels: values for labels, (_, values) in combined.items()}
        if self._limit:
            self._check_limit(list(values.values()), failed)
        self.failures += (Failure(stretch.times[number], self.rule.name, failed[number]) for number in sorted(failed))
        self._writer.write(stretch.store, stretch.times, values, failed)

    def rewind(self, after_ms: int) -> None:
        """Take back everything written later than this."""
        self._writer.rewind(after_ms)
        self.failures = [failure for failure in self.failures if failure.at_ms <= after_ms]

    def _check_limit(self, columns: list[Values], failed: dict[int, str]) -> None:
        for number, row in enumerate(zip(*columns, strict=True)):
            count = len(row) - row.count(None)
            if count > self._limit:
                failed.setdefault(number, f"exceeded limit of {self._limit} with {count} series")


class SeriesWriter:
    """Appends what a rule writes to its series, and marks them stale where they end."""

    def __init__(self) -> None:
        self._series: dict[Labels, Series] = {}

    def write(
        self, store: SeriesStore, times: list[int], columns: Mapping[Labels, Values], failed: Mapping[int, str]
    ) -> None:
        """Append a column to each series; those of earlier stretches that have none end here."""
        for labels, values in columns.items():
            series = self._series.get(labels) or self._create(labels, store)
            _write(series, times, values, failed)
        for labels, series in self._series.items():
            if labels not in columns and series.live:
                _write(series, times, [None] * len(times), failed)

    def rewind(self, after_ms: int) -> None:
        """Take back everything later than this."""
        for series in self._series.values():
            series.truncate(after_ms)

    def _create(self, labels: Labels, store: SeriesStore) -> Series:
        series = store.get(labels)
        if series is None:
            series = Series(labels)
            store.add(series)
        self._series[labels] = series
        return series


def _write(series: Series, times: list[int], values: Values, failed: Mapping[int, str]) -> None:
    """Append the values; where a series ends, mark it stale at the first evaluation that lacks it."""
    written_ms: list[int] = []
    written: list[float] = []
    live, end_ms = series.live, series.end_ms
    for number, (at_ms, value) in enumerate(zip(times, values, strict=True)):
        # Of two rules that write one series, the first one's sample at a time stays.
        if number in failed or (value is None and not live) or at_ms <= end_ms:
            continue
        written_ms.append(at_ms)
        written.append(STALE if value is None else value)
        live = value is not None
    series.extend(written_ms, written)
