"""Aggregations: many elements to one for each group of labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.promql import numbers
from simulator.promql.columns import Column, Evaluation, Values, VectorNode
from simulator.promql.series import NAME, Labels

AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": numbers.total,
    "avg": numbers.mean,
    "min": numbers.least,
    "max": numbers.greatest,
    "count": lambda values: float(len(values)),
}


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

    def __init__(self, name: str, of: VectorNode, grouping: Grouping) -> None:
        self._reduce = AGGREGATIONS[name]
        self._of = of
        self._grouping = grouping

    def columns(self, evaluation: Evaluation) -> list[Column]:
        groups: dict[Labels, list[Values]] = {}
        for column in self._of.columns(evaluation):
            groups.setdefault(self._grouping(column.labels), []).append(column.values)
        return [Column(labels, self._combine(members)) for labels, members in groups.items()]

    def _combine(self, members: list[Values]) -> Values:
        combined: Values = []
        for row in zip(*members, strict=True):
            present = [value for value in row if value is not None]
            combined.append(self._reduce(present) if present else None)
        return combined
