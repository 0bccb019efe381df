"""Which samples each evaluation of a stretch looks at.

All evaluations of a stretch are found at once, as lists of indices into a series' samples, and series scraped at the
same moments share them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import sub
from typing import Literal, NamedTuple

from simulator.promql.series import Series, SeriesStore


class Placement(NamedTuple):
    """Which moments an expression looks at: fixed by `at` (ms since the epoch, or an edge of the query), or moving."""

    offset_ms: int = 0
    at: int | Literal["start", "end"] | None = None


class Stretch:
    """Evaluation times (ms, ascending, at any spacing) over a store, and what expressions evaluated on it share.

    `bounds` are first and last time of the query as a whole, to which ``start()`` and ``end()`` refer; None: every
    evaluation is a query of its own.
    """

    __slots__ = ("_points", "_windows", "bounds", "store", "times")

    def __init__(self, store: SeriesStore, times: Sequence[int], bounds: tuple[int, int] | None = None) -> None:
        self.store = store
        self.times = list(times)
        self.bounds = bounds
        self._points: dict[Placement, list[int]] = {}
        self._windows: dict[tuple[int, Placement, bool], list[Windows]] = {}

    def points(self, placement: Placement) -> list[int]:
        """The moments that the evaluations look at."""
        if placement == UNMOVED:
            return self.times
        found = self._points.get(placement)
        if found is None:
            found = self._points[placement] = self._place(placement)
        return found

    def _place(self, placement: Placement) -> list[int]:
        offset_ms, at = placement
        if at is None:
            return [time - offset_ms for time in self.times]
        if isinstance(at, int):
            fixed_ms = at - self.store.epoch_ms
        else:
            assert self.bounds is not None, "an expression that names an edge is evaluated query by query"
            fixed_ms = self.bounds[0 if at == "start" else 1]
        return [fixed_ms - offset_ms] * len(self.times)

    def windows(
        self, series: Series, range_ms: int, placement: Placement, left_open: bool
    ) -> tuple[int, Windows] | None:
        """The series' windows, and by how much their indices are to be raised; None when every window is empty."""
        if not self.times:
            return None
        points = self.points(placement)
        earliest = points[0] - range_ms
        start = bisect_right(series.times, earliest) if left_open else bisect_left(series.times, earliest)
        end = bisect_right(series.times, points[-1])
        if start >= end:
            return None
        times = series.times[start:end]
        known = self._windows.setdefault((range_ms, placement, left_open), [])
        for windows in known:
            if windows.samples == times:
                return start, windows
        known.append(Windows(self.times, points, times, range_ms, left_open))
        return start, known[-1]


UNMOVED = Placement()


class Windows:
    """For each evaluation of a stretch the samples in its window, as indices into `samples`.

    Evaluation number k looks at `samples[starts[k]:ends[k]]`. `samples` are times of samples in milliseconds, `times`
    those of the evaluations and `points` the moments that they look at.
    """

    __slots__ = ("_extrapolations", "ends", "points", "range_ms", "samples", "starts", "times")

    def __init__(self, times: list[int], points: list[int], samples: list[int], range_ms: int, left_open: bool) -> None:
        self.times = times
        self.samples = samples
        self.points = points
        self.range_ms = range_ms
        self.ends = _counts(samples, self.points, 0)
        # Times are whole milliseconds: a closed left edge is an open one a millisecond earlier.
        self.starts = _counts(samples, self.points, range_ms if left_open else range_ms + 1)
        self._extrapolations: dict[bool, Extrapolations] = {}

    def filled(self, at_least: int) -> Iterator[tuple[int, int, int]]:
        """(evaluation number, start, end) of each window with so many samples."""
        for number, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            if end - start >= at_least:
                yield number, start, end

    def extrapolations(self, zero_point_after_threshold: bool) -> Extrapolations:
        """What `rate`, `increase` and `delta` need beside the values."""
        found = self._extrapolations.get(zero_point_after_threshold)
        if found is None:
            found = self._extrapolations[zero_point_after_threshold] = Extrapolations(self, zero_point_after_threshold)
        return found


class Extrapolations:
    """Columns over the windows with two samples or more: how far each is extended beyond its first and last sample.

    `numbers` are the evaluations' numbers and `firsts`, `lasts` indices of samples; durations are in seconds.
    `factors` is by how much a difference between last and first sample grows, `rates` the same for each second of the
    range. Where the samples of a counter suggest that it was zero less than `zero_limits` before the first sample,
    `factor_from_zero` gives the factor instead; `shortest` and `furthest` are the extremes of durations and limits.
    """

    __slots__ = (
        *("_after_threshold", "_contiguous", "_extended", "_shapes", "factors", "firsts", "furthest", "lasts"),
        *("numbers", "range_s", "rates", "shortest"),
    )

    def __init__(self, windows: Windows, zero_point_after_threshold: bool) -> None:
        self._after_threshold = zero_point_after_threshold
        sizes = list(map(sub, windows.ends, windows.starts))
        points = windows.points
        if sizes and min(sizes) > 1:
            self.numbers = list(range(len(sizes)))
            self.firsts = windows.starts
        else:
            self.numbers = [number for number, size in enumerate(sizes) if size > 1]
            self.firsts = [windows.starts[number] for number in self.numbers]
            sizes, points = [sizes[number] for number in self.numbers], [points[number] for number in self.numbers]
        self.lasts = [first + size - 1 for first, size in zip(self.firsts, sizes, strict=True)]
        self._contiguous = _is_even(self.firsts, 1) and _is_even(self.lasts, 1)
        self._shapes = self._find_shapes(sizes, points, windows.samples)
        self._extended = {shape: self._extend(*shape, windows.range_ms) for shape in set(self._shapes)}
        self.range_s = windows.range_ms / 1000
        self.shortest = min((part[0] for part in self._extended.values()), default=0.0)
        self.furthest = max((part[2] for part in self._extended.values()), default=0.0)
        self.factors = self._column(1)
        self.rates = [factor / self.range_s for factor in self.factors]

    def _find_shapes(self, sizes: list[int], points: list[int], samples: list[int]) -> list[tuple[int, int, int]]:
        """(samples, age of the first, age of the last) of each window, to which windows of one shape extend alike."""
        if self._contiguous and len(points) > 1:
            step = points[1] - points[0]
            if _is_even(points, step) and _is_even(samples[self.firsts[0] : self.lasts[-1] + 1], step):
                # Each window is the one before it moved on by one sample: most are, of a regularly scraped series.
                shape = sizes[0], points[0] - samples[self.firsts[0]], points[0] - samples[self.lasts[0]]
                return [shape] * len(points)
        first_ages = map(sub, points, map(samples.__getitem__, self.firsts))
        last_ages = map(sub, points, map(samples.__getitem__, self.lasts))
        return list(zip(sizes, first_ages, last_ages, strict=True))

    @property
    def durations(self) -> list[float]:
        """From the first to the last sample of each window, seconds."""
        return self._column(0)

    @property
    def zero_limits(self) -> list[float]:
        """How long before its first sample a counter must have been zero for it to matter, seconds."""
        return self._column(2)

    def _column(self, part: int) -> list[float]:
        values = {shape: parts[part] for shape, parts in self._extended.items()}
        if len(values) == 1:
            return list(values.values()) * len(self._shapes)
        return list(map(values.__getitem__, self._shapes))

    def _extend(
        self, count: int, first_age_ms: int, last_age_ms: int, range_ms: int
    ) -> tuple[float, float, float, float, float, float]:
        """(duration, factor, zero limit, threshold, half an average gap, extension at the end) of a window."""
        duration = (first_age_ms - last_age_ms) / 1000
        gap_before = (range_ms - first_age_ms) / 1000
        gap_after = last_age_ms / 1000
        average = duration / (count - 1)
        # Beyond one and a tenth of the usual distance the series is taken to begin or end inside the window.
        threshold = average * 1.1
        after = gap_after if gap_after < threshold else average / 2
        before = gap_before if gap_before < threshold else average / 2
        factor = (duration + before + after) / duration
        limit = before if self._after_threshold else gap_before
        return duration, factor, limit, threshold, average / 2, after

    def ends(self, values: list[float], base: int) -> tuple[list[float], list[float]]:
        """The first and the last value in each window; indices count from `base`."""
        if self._contiguous:
            return (
                values[base + self.firsts[0] : base + self.firsts[-1] + 1],
                values[base + self.lasts[0] : base + self.lasts[-1] + 1],
            )
        return [values[base + first] for first in self.firsts], [values[base + last] for last in self.lasts]

    def factor_from_zero(self, index: int, first: float, raw: float) -> float:
        """The factor for a counter's window whose first value is `first` and whose increase is `raw` > 0."""
        duration, factor, limit, threshold, half, after = self._extended[self._shapes[index]]
        to_zero = duration * (first / raw)
        if to_zero >= limit:
            return factor
        before = to_zero if self._after_threshold or to_zero < threshold else half
        return (duration + before + after) / duration


def _is_even(values: list[int], step: int) -> bool:
    """Whether each value is the one before it and `step`."""
    return bool(values) and values == list(range(values[0], values[-1] + 1, step))


def _counts(samples: list[int], points: list[int], shift: int) -> list[int]:
    """For each point how many samples are at or before it, once it is shifted back by `shift`."""
    first, last = points[0] - shift, points[-1] - shift
    low, high = bisect_right(samples, first), bisect_right(samples, last)
    if low == high:
        return [low] * len(points)
    step = points[1] - points[0]
    if _is_even(points, step) and _is_even(samples[low:high], step):
        # Both are evenly spaced by the same step: each point sees one sample more than the one before it, from the
        # point that first sees a further one to the point that sees the last.
        waiting = -(-(samples[low] - first) // step)
        counts = [low] * waiting + list(range(low + 1, high + 1))
        return counts + [high] * (len(points) - len(counts))
    counts, count, total = [], low, len(samples)
    for point in points:
        edge = point - shift
        while count < total and samples[count] <= edge:
            count += 1
        counts.append(count)
    return counts
