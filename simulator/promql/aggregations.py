"""Aggregations: from the many elements of each group of labels to one, or to some of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import cast

from simulator.promql import numbers
from simulator.promql.columns import Column, Evaluation, ScalarNode, Values, VectorNode
from simulator.promql.functions import in_order
from simulator.promql.semantics import Semantics
from simulator.promql.series import NAME, Labels, make_labels

AGGREGATIONS = frozenset(("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"))


def reduction(name: str, semantics: Semantics) -> Callable[[Sequence[float]], float]:
    """From the values of a group to one, for an operator of `AGGREGATIONS`."""
    variance = numbers.variance if semantics.variance_of_nothing_finite else numbers.variance_of_several
    reductions: dict[str, Callable[[Sequence[float]], float]] = {
        "sum": partial(numbers.total, compensated=semantics.compensated_sum),
        "avg": numbers.mean if semantics.compensated_mean else numbers.moving_mean,
        "min": numbers.least,
        "max": numbers.greatest,
        "count": lambda values: float(len(values)),
        "group": lambda _: 1.0,
        "stddev": lambda values: numbers.root(variance(values)),
        "stdvar": variance,
    }
    return reductions[name]


class Grouping:
    """Which labels of an element make its group: those of a `by`, or all but the name and those of a `without`."""

    __slots__ = ("_by", "_names")

    def __init__(self, names: Sequence[str], *, by: bool) -> None:
        self._by = by
        self._names = frozenset(names) if by else frozenset((*names, NAME))

    def __call__(self, labels: Labels) -> Labels:
        return tuple(pair for pair in labels if (pair[0] in self._names) == self._by)


class Aggregation(VectorNode):
    """An aggregation operator over a vector."""

    __slots__ = ("_grouping", "_of", "_reduce")

    def __init__(self, reduce: Callable[[Sequence[float]], float], of: VectorNode, grouping: Grouping) -> None:
        self._reduce = reduce
        self._of = of
        self._grouping = grouping

    def columns(self, evaluation: Evaluation) -> list[Column]:
        groups = grouped(self._of.columns(evaluation), self._grouping)
        return [Column(labels, self._combine([member.values for member in group])) for labels, group in groups.items()]

    def _combine(self, members: list[Values]) -> Values:
        if not any(None in values for values in members):
            return list(map(self._reduce, cast("Iterable[Sequence[float]]", zip(*members, strict=True))))
        combined: Values = []
        for row in zip(*members, strict=True):
            present = [value for value in row if value is not None]
            combined.append(self._reduce(present) if present else None)
        return combined


def grouped(columns: list[Column], grouping: Grouping) -> dict[Labels, list[Column]]:
    """The columns of each group, in order of appearance."""
    groups: dict[Labels, list[Column]] = {}
    for column in columns:
        groups.setdefault(grouping(column.labels), []).append(column)
    return groups


class Quantile(VectorNode):
    """``quantile(φ, v)``: the value below which a share of a group's elements lies."""

    __slots__ = ("_grouping", "_of", "_share")

    def __init__(self, share: ScalarNode, of: VectorNode, grouping: Grouping) -> None:
        self._share, self._of, self._grouping = share, of, grouping

    def columns(self, evaluation: Evaluation) -> list[Column]:
        shares = self._share.scalars(evaluation)
        found = []
        for labels, members in grouped(self._of.columns(evaluation), self._grouping).items():
            values: Values = []
            rows = zip(*(member.values for member in members), strict=True)
            for share, row in zip(shares, rows, strict=True):
                present = [value for value in row if value is not None]
                values.append(numbers.quantile(present, share) if present else None)
            found.append(Column(labels, values))
        return found


class Extremes(VectorNode):
    """``topk(k, v)`` and ``bottomk(k, v)``: the elements of each group with the largest or the smallest values.

    Where values are equal the elements that come first are taken; NaN only where nothing else is left.
    """

    __slots__ = ("_grouping", "_limit", "_of", "_sign")

    def __init__(self, name: str, limit: ScalarNode, of: VectorNode, grouping: Grouping) -> None:
        self._limit, self._of, self._grouping = limit, of, grouping
        self._sign = -1.0 if name == "topk" else 1.0

    def columns(self, evaluation: Evaluation) -> list[Column]:
        limits = [
            self._whole(number, limit, evaluation) for number, limit in enumerate(self._limit.scalars(evaluation))
        ]
        found = []
        for members in grouped(self._of.columns(evaluation), self._grouping).values():
            kept = [Column(member.labels, [None] * evaluation.size) for member in members]
            for number, limit in enumerate(limits):
                for place in self._chosen(members, number, limit):
                    kept[place].values[number] = members[place].values[number]
            found += in_order(kept, evaluation, descending=self._sign < 0)
        return found

    def _whole(self, number: int, limit: float, evaluation: Evaluation) -> int:
        if not abs(limit) < 2**63:
            evaluation.fail(number, f"scalar value {limit} overflows int64")
            return 0
        return int(limit)

    def _chosen(self, members: list[Column], number: int, limit: int) -> list[int]:
        sign = self._sign

        def key(place: int) -> tuple[bool, float]:
            value = members[place].values[number]
            return (True, 0.0) if value is None or math.isnan(value) else (False, sign * value)

        present = [place for place, member in enumerate(members) if member.values[number] is not None]
        return present if len(present) <= limit else sorted(present, key=key)[: max(0, limit)]


class CountValues(VectorNode):
    """``count_values("label", v)``: for each value how many elements of a group have it; the value becomes a label."""

    __slots__ = ("_grouping", "_label", "_of")

    def __init__(self, label: str, of: VectorNode, grouping: Grouping) -> None:
        """`grouping` has to keep the label."""
        self._label, self._of, self._grouping = label, of, grouping

    def columns(self, evaluation: Evaluation) -> list[Column]:
        found: dict[Labels, Values] = {}
        for column in self._of.columns(evaluation):
            known = dict(column.labels)
            for number, value in enumerate(column.values):
                if value is None:
                    continue
                labels = self._grouping(make_labels({**known, self._label: plain(value)}.items()))
                counts = found.get(labels)
                if counts is None:
                    if len(found) >= VALUES_LIMIT:
                        evaluation.fail(number, f"more than {VALUES_LIMIT} different values")
                        continue
                    counts = found[labels] = [None] * evaluation.size
                counts[number] = (counts[number] or 0.0) + 1.0
        return [Column(labels, values) for labels, values in found.items()]


VALUES_LIMIT = 100_000
"""How many label sets `count_values` may make in a stretch."""


def plain(value: float) -> str:
    """A number written out, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return format(Decimal(repr(value)), "f").removesuffix(".0")
