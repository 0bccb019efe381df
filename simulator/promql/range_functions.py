"""Functions of range vectors: from the samples in each window to one value."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from operator import gt, lt, mul, sub

from simulator.promql import numbers
from simulator.promql.columns import Column, Evaluation, ScalarNode, Values, VectorNode, distinct
from simulator.promql.functions import certain_labels
from simulator.promql.selectors import RangeNode, RangeSelector
from simulator.promql.semantics import Semantics
from simulator.promql.series import Series
from simulator.promql.windows import Windows

RangeFunction = Callable[[Series, int, Windows, Semantics], Values]
"""(series, index that the windows count from, windows, semantics) to a value for each window."""


class RangeCall(VectorNode):
    """A function applied to a range selector or a subquery, with a scalar for each window if it takes one."""

    __slots__ = ("_function", "_keeps_name", "_of", "_scalars", "_semantics")

    def __init__(self, name: str, of: RangeNode, semantics: Semantics, scalars: Sequence[ScalarNode] = ()) -> None:
        self._function = RANGE_FUNCTIONS[name]
        self._keeps_name = name in KEEP_NAME
        self._of = of
        self._semantics = semantics
        self._scalars = scalars

    def columns(self, evaluation: Evaluation) -> list[Column]:
        further = [scalar.scalars(evaluation) for scalar in self._scalars]
        columns = [
            Column(
                series.labels if self._keeps_name else series.unnamed,
                self._function(series, base, windows, self._semantics, *further),
            )
            for series, base, windows in self._of.windows(evaluation)
        ]
        return distinct(columns, evaluation)


class AbsentOverTime(VectorNode):
    """``absent_over_time(r)``: 1 where no window holds a sample, with the labels that the selector would give."""

    __slots__ = ("_labels", "_of")

    def __init__(self, of: RangeNode) -> None:
        self._of = of
        self._labels = certain_labels(of.selector) if isinstance(of, RangeSelector) else ()

    def columns(self, evaluation: Evaluation) -> list[Column]:
        values: Values = [1.0] * evaluation.size
        for _, _, windows in self._of.windows(evaluation):
            for number, _start, _end in windows.filled(1):
                values[number] = None
        return [Column(self._labels, values)]


def _rate(series: Series, base: int, windows: Windows, semantics: Semantics) -> Values:
    return _counter_growth(series, base, windows, semantics, per_second=True)


def _increase(series: Series, base: int, windows: Windows, semantics: Semantics) -> Values:
    return _counter_growth(series, base, windows, semantics, per_second=False)


def _counter_growth(series: Series, base: int, windows: Windows, semantics: Semantics, *, per_second: bool) -> Values:
    found = windows.extrapolations(semantics.zero_point_after_threshold)
    if not found.numbers:
        return [None] * len(windows.ends)
    firsts, lasts = found.ends(series.values, base)
    grown = list(map(sub, lasts, firsts))
    resets = series.resets()
    if resets and resets[-1] > base:
        for index, (first, last) in enumerate(zip(found.firsts, found.lasts, strict=True)):
            # A counter that fell began again at zero: what it had reached before is part of its growth.
            for reset in resets[bisect_right(resets, base + first) : bisect_right(resets, base + last)]:
                grown[index] += series.values[reset - 1]
    factors = found.rates if per_second else found.factors
    if min(firsts) * found.shortest > found.furthest * max(grown):
        # Every window is too far above zero for its counter to have begun inside of the extension.
        return _spread(list(map(mul, grown, factors)), found.numbers, len(windows.ends))
    per_s = found.range_s if per_second else 1.0
    columns = zip(grown, firsts, factors, found.durations, found.zero_limits, strict=True)
    return _spread(
        [
            growth * factor
            if growth <= 0 or first < 0 or first * duration > limit * growth
            else growth * (found.factor_from_zero(index, first, growth) / per_s)
            for index, (growth, first, factor, duration, limit) in enumerate(columns)
        ],
        found.numbers,
        len(windows.ends),
    )


def _delta(series: Series, base: int, windows: Windows, semantics: Semantics) -> Values:
    found = windows.extrapolations(semantics.zero_point_after_threshold)
    samples = series.values[base : base + len(windows.samples)]
    columns = zip(found.firsts, found.lasts, found.factors, strict=True)
    deltas = [(samples[last] - samples[first]) * factor for first, last, factor in columns]
    return _spread(deltas, found.numbers, len(windows.ends))


def _spread(values: Sequence[float], numbers: list[int], size: int) -> Values:
    """A whole column from the values of some of its evaluations."""
    column: Values = [None] * size
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:
        column[numbers[0] : numbers[-1] + 1] = values
        return column
    for number, value in zip(numbers, values, strict=True):
        column[number] = value
    return column


def _irate(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
    column: Values = [None] * len(windows.ends)
    for number, _start, end in windows.filled(2):
        before, last = series.values[base + end - 2 : base + end]
        elapsed_s = (windows.samples[end - 1] - windows.samples[end - 2]) / 1000
        column[number] = (last if last < before else last - before) / elapsed_s
    return column


def _idelta(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
    column: Values = [None] * len(windows.ends)
    for number, _start, end in windows.filled(2):
        column[number] = series.values[base + end - 1] - series.values[base + end - 2]
    return column


def _changes(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
    return _occurrences(series.changes(), base, windows)


def _resets(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
    return _occurrences(series.resets(), base, windows)


def _occurrences(indices: list[int], base: int, windows: Windows) -> Values:
    """How many of the indices lie in each window, its first sample apart, which has no predecessor there."""
    column: Values = [None] * len(windows.ends)
    for number, start, end in windows.filled(1):
        first, last = base + start, base + end - 1
        column[number] = float(bisect_right(indices, last) - bisect_right(indices, first))
    return column


def _over_time(reduce: Callable[[Sequence[float]], float]) -> RangeFunction:
    def apply(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
        column: Values = [None] * len(windows.ends)
        values = series.values
        for number, start, end in windows.filled(1):
            column[number] = reduce(values[base + start : base + end])
        return column

    return apply


def _extreme_over_time(comes_before: Callable[[float, float], bool]) -> RangeFunction:
    """The smallest or largest sample of each window, at a constant cost for each sample however long windows are."""

    def apply(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
        column: Values = [None] * len(windows.ends)
        values = series.values[base : base + len(windows.samples)]
        # Indices of samples that no later one of the window beats: the first of them is the extreme.
        candidates: deque[int] = deque()
        entered = 0
        for number, (start, end) in enumerate(zip(windows.starts, windows.ends, strict=True)):
            for index in range(entered, end):
                value = values[index]
                if value == value:  # noqa: PLR0124 - NaN is an extreme only where there is nothing else
                    while candidates and not comes_before(values[candidates[-1]], value):
                        candidates.pop()
                    candidates.append(index)
            entered = max(entered, end)
            while candidates and candidates[0] < start:
                candidates.popleft()
            if end > start:
                column[number] = values[candidates[0]] if candidates else math.nan
        return column

    return apply


def _quantile_over_time(series: Series, base: int, windows: Windows, _: Semantics, shares: Sequence[float]) -> Values:
    column: Values = [None] * len(windows.ends)
    for number, start, end in windows.filled(1):
        column[number] = numbers.quantile(series.values[base + start : base + end], shares[number])
    return column


def _deriv(series: Series, base: int, windows: Windows, _: Semantics) -> Values:
    column: Values = [None] * len(windows.ends)
    for number, start, end in windows.filled(2):
        origin_ms = windows.samples[start]
        column[number] = _fit(windows.samples[start:end], series.values[base + start : base + end], origin_ms)[0]
    return column


def _predict_linear(series: Series, base: int, windows: Windows, _: Semantics, ahead_s: Sequence[float]) -> Values:
    column: Values = [None] * len(windows.ends)
    for number, start, end in windows.filled(2):
        values = series.values[base + start : base + end]
        slope, intercept = _fit(windows.samples[start:end], values, windows.times[number])
        column[number] = slope * ahead_s[number] + intercept
    return column


def _fit(times: Sequence[int], values: Sequence[float], origin_ms: int) -> tuple[float, float]:
    """(slope per second, value at the origin) of the line with the least squares of distances."""
    first = values[0]
    if values.count(first) == len(values):
        return (0.0, first) if math.isfinite(first) else (math.nan, math.nan)
    x = [(time - origin_ms) / 1000 for time in times]
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    count = len(values)
    sum_x, sum_y = math.fsum(x), math.fsum(values)
    covariance = math.fsum(map(mul, x, values)) - sum_x * sum_y / count
    spread = math.fsum(map(mul, x, x)) - sum_x * sum_x / count
    slope = numbers.divide(covariance, spread)
    return slope, sum_y / count - slope * sum_x / count


def _averages(series: Series, base: int, windows: Windows, semantics: Semantics) -> Values:
    mean = numbers.mean if semantics.compensated_mean else numbers.compensated_moving_mean
    column: Values = [None] * len(windows.ends)
    for number, start, end in windows.filled(1):
        column[number] = mean(series.values[base + start : base + end])
    return column


RANGE_FUNCTIONS: dict[str, Callable[..., Values]] = {
    "rate": _rate,
    "increase": _increase,
    "delta": _delta,
    "irate": _irate,
    "idelta": _idelta,
    "deriv": _deriv,
    "predict_linear": _predict_linear,
    "changes": _changes,
    "resets": _resets,
    "avg_over_time": _averages,
    "sum_over_time": _over_time(numbers.total),
    "min_over_time": _extreme_over_time(lt),
    "max_over_time": _extreme_over_time(gt),
    "count_over_time": _over_time(lambda values: float(len(values))),
    "last_over_time": _over_time(lambda values: values[-1]),
    "present_over_time": _over_time(lambda _: 1.0),
    "stddev_over_time": _over_time(lambda values: numbers.root(numbers.compensated_variance(values))),
    "stdvar_over_time": _over_time(numbers.compensated_variance),
    "quantile_over_time": _quantile_over_time,
}

KEEP_NAME = frozenset({"last_over_time"})
