"""Instant and range selectors over the series of a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator

from simulator.promql.columns import Column, Evaluation, Values, VectorNode
from simulator.promql.semantics import LOOKBACK_MS
from simulator.promql.series import Selector, Series
from simulator.promql.windows import Placement, Windows


class InstantSelector(VectorNode):
    """The newest sample of each selected series, unless it is too old or was followed by a stale marker."""

    __slots__ = ("_left_open", "_placement", "selector")

    def __init__(self, selector: Selector, placement: Placement, left_open: bool) -> None:
        self.selector = selector
        self._placement = placement
        self._left_open = left_open

    def columns(self, evaluation: Evaluation) -> list[Column]:
        return [
            Column(series.labels, _newest(series, base, windows)) for series, base, windows in self._found(evaluation)
        ]

    def timestamps(self, evaluation: Evaluation) -> list[Column]:
        """When the samples that `columns` returns were taken, in seconds, without the metric's name."""
        columns = []
        for series, base, windows in self._found(evaluation):
            newest = zip(_newest(series, base, windows), windows.ends, strict=True)
            times = [
                None if value is None else (windows.samples[end - 1] + evaluation.stretch.store.epoch_ms) / 1000
                for value, end in newest
            ]
            columns.append(Column(series.unnamed, times))
        return columns

    def _found(self, evaluation: Evaluation) -> Iterator[tuple[Series, int, Windows]]:
        stretch = evaluation.stretch
        for series in stretch.store.select(self.selector):
            placed = stretch.windows(series, LOOKBACK_MS, self._placement, self._left_open)
            if placed is not None:
                yield series, *placed


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


class RangeNode(ABC):
    """A part of an expression whose value is a range vector."""

    __slots__ = ()

    @abstractmethod
    def windows(self, evaluation: Evaluation) -> Iterator[tuple[Series, int, Windows]]:
        """Each series that has samples in reach, the index that its windows count from, and the windows."""


class RangeSelector(RangeNode):
    """The samples of each selected series within a range before each evaluation."""

    __slots__ = ("_left_open", "_placement", "_range_ms", "selector")

    def __init__(self, selector: Selector, range_ms: int, placement: Placement, left_open: bool) -> None:
        self.selector = selector
        self._range_ms = range_ms
        self._placement = placement
        self._left_open = left_open

    def windows(self, evaluation: Evaluation) -> Iterator[tuple[Series, int, Windows]]:
        stretch = evaluation.stretch
        for series in stretch.store.select(self.selector):
            placed = stretch.windows(series, self._range_ms, self._placement, self._left_open)
            if placed is not None:
                yield series, *placed
