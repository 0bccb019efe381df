"""Quantiles and shares estimated from the cumulative buckets of classic histograms."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial

from simulator.promql.columns import Column, Evaluation, ScalarNode, Values, VectorNode, distinct
from simulator.promql.semantics import Semantics
from simulator.promql.series import Labels, without_name

_BOUND = re.compile(r"[+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.IGNORECASE)

Estimate = Callable[[list[float], list[float]], float]
"""(bounds ascending and distinct, cumulative counts) to a number."""

NEARLY_EQUAL = 1e-12
"""Bucket counts whose difference, relative to their sum, is smaller than this differ by rounding only."""


class _Buckets(VectorNode):
    """A number for each classic histogram, found from its buckets."""

    __slots__ = ("_of",)

    def __init__(self, of: VectorNode) -> None:
        self._of = of

    def columns(self, evaluation: Evaluation) -> list[Column]:
        groups: dict[Labels, list[tuple[float, Values]]] = {}
        for column in self._of.columns(evaluation):
            bound = _parse_bound(dict(column.labels).get("le", ""))
            if bound is not None:
                labels = tuple(pair for pair in column.labels if pair[0] != "le")
                groups.setdefault(labels, []).append((bound, column.values))
        estimates = self._estimates(evaluation)
        return distinct(
            [Column(without_name(labels), _estimate(estimates, buckets)) for labels, buckets in groups.items()],
            evaluation,
        )

    @abstractmethod
    def _estimates(self, evaluation: Evaluation) -> Sequence[Estimate]:
        """What to ask of a histogram at each evaluation."""


class HistogramQuantile(_Buckets):
    """The value below which a share of a histogram's observations lies, for each group of buckets."""

    __slots__ = ("_share", "_tolerance")

    def __init__(self, share: ScalarNode, of: VectorNode, semantics: Semantics) -> None:
        super().__init__(of)
        self._share = share
        self._tolerance = NEARLY_EQUAL if semantics.small_deltas_ignored else 0.0

    def _estimates(self, evaluation: Evaluation) -> Sequence[Estimate]:
        tolerance = self._tolerance
        known: dict[float, Estimate] = {}
        return [
            known.setdefault(share, partial(quantile, share, tolerance=tolerance))
            for share in self._share.scalars(evaluation)
        ]


class HistogramFraction(_Buckets):
    """The share of a histogram's observations that lies between two values, for each group of buckets."""

    __slots__ = ("_high", "_low")

    def __init__(self, low: ScalarNode, high: ScalarNode, of: VectorNode) -> None:
        super().__init__(of)
        self._low, self._high = low, high

    def _estimates(self, evaluation: Evaluation) -> Sequence[Estimate]:
        limits = zip(self._low.scalars(evaluation), self._high.scalars(evaluation), strict=True)
        return [partial(fraction, low, high) for low, high in limits]


def _estimate(estimates: Sequence[Estimate], buckets: list[tuple[float, Values]]) -> Values:
    """A column of estimates; buckets of equal bounds are added together."""
    buckets.sort(key=lambda bucket: bucket[0])
    bounds = [bound for bound, _ in buckets]
    whole = len(set(bounds)) == len(bounds) and not any(None in values for _, values in buckets)
    found: Values = []
    for estimate, row in zip(estimates, zip(*(values for _, values in buckets), strict=True), strict=True):
        if whole:
            found.append(estimate(bounds, list(row)))
            continue
        counts: dict[float, float] = {}
        for bound, count in zip(bounds, row, strict=True):
            if count is not None:
                counts[bound] = counts.get(bound, 0.0) + count
        found.append(estimate(list(counts), list(counts.values())) if counts else None)
    return found


def _parse_bound(text: str) -> float | None:
    return float(text) if _BOUND.fullmatch(text) else None


def quantile(share: float, bounds: list[float], counts: list[float], *, tolerance: float = NEARLY_EQUAL) -> float:
    """The estimate for one histogram: `bounds` ascending and distinct, `counts` cumulative (and changed in place).

    Within the bucket where it falls observations are taken to lie evenly, and the lowest bucket to begin at zero. NaN
    when there is no estimate: no +Inf bucket, a single bucket, or no observation.
    """
    if math.isnan(share):
        return math.nan
    if share < 0:
        return -math.inf
    if share > 1:
        return math.inf
    if bounds[-1] != math.inf or len(bounds) < 2:
        return math.nan
    _make_monotonic(counts, tolerance)
    observations = counts[-1]
    if observations == 0:
        return math.nan
    rank = share * observations
    last = len(counts) - 1
    index = bisect_left(counts, rank, 0, last) if not math.isnan(rank) else last
    if index == last:
        return bounds[-2]
    high, count, low = bounds[index], counts[index], 0.0
    if index > 0:
        low = bounds[index - 1]
        count -= counts[index - 1]
        rank -= counts[index - 1]
    elif high <= 0:
        return high
    return low + (high - low) * (rank / count) if count else math.nan


def fraction(low: float, high: float, bounds: list[float], counts: list[float]) -> float:
    """The share of observations between two values, of one histogram given as for `quantile`.

    NaN when there is no +Inf bucket or no observation.
    """
    if bounds[-1] != math.inf or not counts[-1] or math.isnan(low) or math.isnan(high):
        return math.nan
    if low >= high:
        return 0.0
    return (_rank(high, bounds, counts) - _rank(low, bounds, counts)) / counts[-1]


def _rank(value: float, bounds: list[float], counts: list[float]) -> float:
    """How many observations are below a value."""
    start, below = (0.0 if bounds[0] > 0 else -math.inf), 0.0
    for bound, count in zip(bounds, counts, strict=True):
        if value <= start:
            return below
        if value < bound:
            # A bucket of infinite width holds its observations at its finite end.
            share = 1.0 if start == -math.inf else (value - start) / (bound - start)
            return min(below + (count - below) * share, counts[-1])
        start, below = bound, count
    return counts[-1]


def _make_monotonic(counts: list[float], tolerance: float) -> None:
    """Let no bucket count less than the one below it, as happens when buckets are scraped or summed apart."""
    # Two counts are nearly equal when their difference is below `tolerance` times their sum.
    ratio = (1 + tolerance) / (1 - tolerance)
    highest = limit = counts[0]
    for index, count in enumerate(counts):
        if count >= limit:
            highest, limit = count, count * ratio
        elif count != highest:  # Lower, or nearly equal, or not a number at all.
            if math.isnan(count) or math.isnan(highest):
                highest, limit = count, count * ratio
            else:
                counts[index] = highest
