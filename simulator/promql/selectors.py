"""Instant and range selectors over the series of a store."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from simulator.promql.columns import Column, Evaluation, Values, VectorNode
from simulator.promql.semantics import LOOKBACK_MS
from simulator.promql.series import Selector, Series
from simulator.promql.windows import Windows


class InstantSelector(VectorNode):
    """The newest sample of each selected series, unless it is too old or was followed by a stale marker."""

    __slots__ = ("_left_open", "_offset_ms", "selector")

    def __init__(self, selector: Selector, offset_ms: int, left_open: bool) -> None:
        self.selector = selector
        self._offset_ms = offset_ms
        self._left_open = left_open

    def columns(self, evaluation: Evaluation) -> list[Column]:
        stretch = evaluation.stretch
        columns = []
        for series in stretch.store.select(self.selector):
            placed = stretch.windows(series, LOOKBACK_MS, self._offset_ms, self._left_open)
            if placed is not None:
                columns.append(Column(series.labels, _newest(series, *placed)))
        return columns


def _newest(series: Series, base: int, windows: Windows) -> Values:
    samples = series.values[base : base + len(windows.samples)]
    pairs = zip(windows.starts, windows.ends, strict=True)
    values: Values = [samples[end - 1] if end > start else None for start, end in pairs]
    first = bisect_right(series.stale_ms, windows.samples[0])
    if first < len(series.stale_ms):
        for number, (point, end) in enumerate(zip(windows.points, windows.ends, strict=True)):
            marker = bisect_right(series.stale_ms, point) - 1
            if values[number] is not None and marker >= 0 and series.stale_ms[marker] > windows.samples[end - 1]:
                values[number] = None
    return values


class RangeSelector:
    """The samples of each selected series within a range before each evaluation."""

    __slots__ = ("_left_open", "_offset_ms", "range_ms", "selector")

    def __init__(self, selector: Selector, range_ms: int, offset_ms: int, left_open: bool) -> None:
        self.selector = selector
        self.range_ms = range_ms
        self._offset_ms = offset_ms
        self._left_open = left_open

    def windows(self, evaluation: Evaluation) -> Iterator[tuple[Series, int, Windows]]:
        """Each series that has samples in reach, the index that its windows count from, and the windows."""
        stretch = evaluation.stretch
        for series in stretch.store.select(self.selector):
            placed = stretch.windows(series, self.range_ms, self._offset_ms, self._left_open)
            if placed is not None:
                yield series, *placed
