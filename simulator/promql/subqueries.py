"""Subqueries: the values of an expression at regular moments, read as if they had been scraped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from simulator.promql.columns import Column, Evaluation, Node, ScalarNode
from simulator.promql.selectors import RangeNode
from simulator.promql.series import Series
from simulator.promql.windows import Placement, Stretch, Windows

STEPS_LIMIT = 1_000_000
"""How many steps a subquery may have."""
SAMPLES_LIMIT = 50_000_000
"""How many values subqueries may yield at once, as Prometheus's default `--query.max-samples`."""


class Subquery(RangeNode):
    """An expression at every multiple of a step (since the epoch) within a range before each evaluation."""

    __slots__ = ("_left_open", "_of", "_placement", "_range_ms", "_step_ms")

    def __init__(self, of: Node, range_ms: int, step_ms: int, placement: Placement, left_open: bool) -> None:
        self._of = of
        self._range_ms = range_ms
        self._step_ms = step_ms
        self._placement = placement
        self._left_open = left_open

    def windows(self, evaluation: Evaluation) -> Iterator[tuple[Series, int, Windows]]:
        stretch = evaluation.stretch
        if not stretch.times:
            return
        points = stretch.points(self._placement)
        times = self._steps(points[0], points[-1], stretch.store.epoch_ms)
        inner = Evaluation(Stretch(stretch.store, times, stretch.bounds))
        columns = self._columns(inner)
        if len(columns) * len(times) > SAMPLES_LIMIT:
            evaluation.fail_all("a subquery yields too many samples")
            return
        for number in sorted(inner.failures):
            self._pass_on(evaluation, points, times[number], inner.failures[number])
        for column in columns:
            series = Series(column.labels)
            samples = [(time, value) for time, value in zip(times, column.values, strict=True) if value is not None]
            series.extend([time for time, _ in samples], [value for _, value in samples])
            placed = stretch.windows(series, self._range_ms, self._placement, self._left_open)
            if placed is not None:
                yield series, *placed

    def _columns(self, inner: Evaluation) -> list[Column]:
        if isinstance(self._of, ScalarNode):
            return [Column((), list(self._of.scalars(inner)))]
        return self._of.columns(inner)

    def _steps(self, first_ms: int, last_ms: int, epoch_ms: int) -> range:
        """The moments, from the first that the first window holds to the last that the last one does."""
        step_ms = self._step_ms
        earliest = first_ms - self._range_ms + epoch_ms + (1 if self._left_open else 0)
        return range(-(-earliest // step_ms) * step_ms - epoch_ms, last_ms + 1, step_ms)

    def _pass_on(self, evaluation: Evaluation, points: list[int], at_ms: int, message: str) -> None:
        """An error at a step is one of every evaluation whose window holds it."""
        first = bisect_left(points, at_ms)
        reach_ms = at_ms + self._range_ms
        last = bisect_left(points, reach_ms) if self._left_open else bisect_right(points, reach_ms)
        for number in range(first, last):
            evaluation.fail(number, message)
