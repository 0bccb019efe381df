"""Binary operators between scalars and vectors, and how the elements of two vectors are matched."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Literal

from simulator.promql import numbers
from simulator.promql.columns import (
    Column,
    Evaluation,
    ScalarNode,
    Values,
    VectorNode,
    distinct,
    is_empty,
    merge,
)
from simulator.promql.series import NAME, Labels, without_name

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": numbers.divide,
    "%": numbers.modulo,
    "^": numbers.power,
}

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

SET_OPERATORS = ("and", "or", "unless")

Side = Literal["left", "right"]


class Operation:
    """What an operator does with two numbers, and whether the result keeps the metric's name."""

    __slots__ = ("_compare", "_compute", "_filters", "keeps_name")

    def __init__(self, name: str, *, return_bool: bool) -> None:
        self._compare = COMPARISONS.get(name)
        self._compute = ARITHMETIC.get(name)
        self._filters = self._compare is not None and not return_bool
        self.keeps_name = self._filters

    def number(self, left: float, right: float) -> float:
        """The result of two numbers; a comparison gives 0 or 1."""
        if self._compute is not None:
            return self._compute(left, right)
        assert self._compare is not None
        return 1.0 if self._compare(left, right) else 0.0

    def column(self, left: Sequence[float | None], right: Sequence[float | None], kept: Side) -> Values:
        """Result of two columns, present where both are; a comparison without `bool` keeps values of one side."""
        pairs = zip(left, right, strict=True)
        if not self._filters:
            number = self.number
            return [None if one is None or other is None else number(one, other) for one, other in pairs]
        compare = self._compare
        assert compare is not None
        if kept == "left":
            return [
                one if one is not None and other is not None and compare(one, other) else None for one, other in pairs
            ]
        return [
            other if one is not None and other is not None and compare(one, other) else None for one, other in pairs
        ]


class ScalarOperation:
    """An operator between two scalars."""

    __slots__ = ("_left", "_operation", "_right")

    def __init__(self, operation: Operation, left: ScalarNode, right: ScalarNode) -> None:
        self._operation, self._left, self._right = operation, left, right

    def scalars(self, evaluation: Evaluation) -> list[float]:
        pairs = zip(self._left.scalars(evaluation), self._right.scalars(evaluation), strict=True)
        return [self._operation.number(left, right) for left, right in pairs]


class VectorScalarOperation:
    """An operator between a vector and a scalar; a comparison returns the vector's values, whichever side it is on."""

    __slots__ = ("_operation", "_scalar", "_vector", "_vector_side")

    def __init__(self, operation: Operation, vector: VectorNode, scalar: ScalarNode, vector_side: Side) -> None:
        self._operation, self._vector, self._scalar, self._vector_side = operation, vector, scalar, vector_side

    def columns(self, evaluation: Evaluation) -> list[Column]:
        scalars, operation, side = self._scalar.scalars(evaluation), self._operation, self._vector_side
        columns = []
        for column in self._vector.columns(evaluation):
            sides = (column.values, scalars) if side == "left" else (scalars, column.values)
            values = operation.column(*sides, side)
            if not is_empty(values):
                columns.append(Column(column.labels if operation.keeps_name else without_name(column.labels), values))
        return columns if operation.keeps_name else distinct(columns, evaluation)


class Matching:
    """Which labels must be equal for elements of two vectors to belong together, and which side has many of them.

    `many` is None for one to one. `include` are the labels that ``group_left`` or ``group_right`` copies from the one
    side.
    """

    __slots__ = ("_names", "_on", "include", "many")

    def __init__(
        self, names: Sequence[str] = (), *, on: bool = False, many: Side | None = None, include: Sequence[str] = ()
    ) -> None:
        self._names = frozenset(names) if on else frozenset((*names, NAME))
        self._on = on
        self.many = many
        self.include = tuple(include)

    def signature(self, labels: Labels) -> Labels:
        """The labels by which an element is matched."""
        return tuple(pair for pair in labels if (pair[0] in self._names) == self._on)

    def result(self, many: Labels, one: Labels, *, keeps_name: bool) -> Labels:
        """Labels of the result of two matched elements."""
        if self.many is None:
            if self._on:
                return self.signature(many)
            ignored = self._names - {NAME} if keeps_name else self._names
            return tuple(pair for pair in many if pair[0] not in ignored)
        labels = dict(many if keeps_name else without_name(many))
        values = dict(one)
        for name in self.include:
            labels.pop(name, None)
            if name in values:
                labels[name] = values[name]
        return tuple(sorted(labels.items()))


class VectorOperation:
    """An operator between two vectors."""

    __slots__ = ("_left", "_matching", "_operation", "_right")

    def __init__(self, operation: Operation, left: VectorNode, right: VectorNode, matching: Matching) -> None:
        self._operation, self._left, self._right, self._matching = operation, left, right, matching

    def columns(self, evaluation: Evaluation) -> list[Column]:
        left, right = self._left.columns(evaluation), self._right.columns(evaluation)
        matching, swapped = self._matching, self._matching.many == "right"
        many, one = (right, left) if swapped else (left, right)
        ones = self._ones(many, one, evaluation)
        results: dict[tuple[Labels, Labels], Values] = {}
        for column in many:
            signature = matching.signature(column.labels)
            for partner in ones.get(signature, ()):
                sides = (partner.values, column.values) if swapped else (column.values, partner.values)
                # The value that a filter keeps is the left side's, also where the right side is the many.
                values = self._operation.column(*sides, "left")
                if is_empty(values):
                    continue
                labels = matching.result(column.labels, partner.labels, keeps_name=self._operation.keeps_name)
                # One to one, a match group may yield one element only; many to one, its elements must be distinct.
                place = (signature, labels if matching.many else ())
                if place in results:
                    values = merge(results[place], values, evaluation, self._ambiguity())
                    labels = results_labels(results, place, labels)
                results[place] = values
        return distinct([], evaluation)

    def _ambiguity(self) -> str:
        if self._matching.many:
            return "multiple matches for labels: grouping labels must ensure unique matches"
        return "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
