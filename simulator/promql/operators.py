"""Binary operators between scalars and vectors, and how the elements of two vectors are matched."""

from __future__ import annotations

import math
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
from simulator.promql.semantics import Semantics
from simulator.promql.series import NAME, Labels, without_name

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": numbers.divide,
    "%": numbers.modulo,
    "^": numbers.power,
    "atan2": math.atan2,
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

    def __init__(self, name: str, semantics: Semantics, *, return_bool: bool) -> None:
        self._compare = COMPARISONS.get(name)
        self._compute = ARITHMETIC.get(name)
        self._filters = self._compare is not None and not return_bool
        self.keeps_name = self._filters or (name == "atan2" and not semantics.arc_tangent_drops_name)

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


class ScalarOperation(ScalarNode):
    """An operator between two scalars."""

    __slots__ = ("_left", "_operation", "_right")

    def __init__(self, operation: Operation, left: ScalarNode, right: ScalarNode) -> None:
        self._operation, self._left, self._right = operation, left, right

    def scalars(self, evaluation: Evaluation) -> list[float]:
        pairs = zip(self._left.scalars(evaluation), self._right.scalars(evaluation), strict=True)
        return [self._operation.number(left, right) for left, right in pairs]


class VectorScalarOperation(VectorNode):
    """An operator between a vector and a scalar; a comparison returns the vector's values, whichever side it is on."""

    __slots__ = ("_operation", "_scalar", "_vector", "_vector_side")

    def __init__(self, operation: Operation, vector: VectorNode, scalar: ScalarNode, vector_side: Side) -> None:
        self._operation, self._vector, self._scalar, self._vector_side = operation, vector, scalar, vector_side

    def columns(self, evaluation: Evaluation) -> list[Column]:
        scalars, operation, side = self._scalar.scalars(evaluation), self._operation, self._vector_side
        columns = []
        for column in self._vector.columns(evaluation):
            left, right = (column.values, scalars) if side == "left" else (scalars, column.values)
            values = operation.column(left, right, side)
            if not is_empty(values):
                columns.append(Column(column.labels if operation.keeps_name else without_name(column.labels), values))
        return columns if operation.keeps_name else distinct(columns, evaluation)


class Matching:
    """Which labels must be equal for elements of two vectors to belong together, and which side has many of them.

    `many` is None for one to one. `include` are the labels that ``group_left`` or ``group_right`` copies from the one
    side.
    """

    __slots__ = ("_listed", "_names", "_on", "include", "many")

    def __init__(
        self, names: Sequence[str] = (), *, on: bool = False, many: Side | None = None, include: Sequence[str] = ()
    ) -> None:
        self._listed = frozenset(names)
        self._names = self._listed if on else self._listed | {NAME}
        self._on = on
        self.many = many
        self.include = tuple(include)

    def signature(self, labels: Labels) -> Labels:
        """The labels by which an element is matched."""
        return tuple(pair for pair in labels if (pair[0] in self._names) == self._on)

    def result(self, many: Labels, one: Labels, *, keeps_name: bool) -> Labels:
        """Labels of the result of two matched elements."""
        labels = dict(many if keeps_name else without_name(many))
        if self.many is None:
            return tuple(pair for pair in labels.items() if (pair[0] in self._listed) == self._on)
        values = dict(one)
        for name in self.include:
            labels.pop(name, None)
            if name in values:
                labels[name] = values[name]
        return tuple(sorted(labels.items()))


class VectorOperation(VectorNode):
    """An operator between two vectors."""

    __slots__ = ("_left", "_matching", "_operation", "_right", "_semantics")

    def __init__(
        self, operation: Operation, left: VectorNode, right: VectorNode, matching: Matching, *, semantics: Semantics
    ) -> None:
        self._operation, self._left, self._right, self._matching = operation, left, right, matching
        self._semantics = semantics

    def columns(self, evaluation: Evaluation) -> list[Column]:
        left, right = self._left.columns(evaluation), self._right.columns(evaluation)
        matching, swapped = self._matching, self._matching.many == "right"
        many, one = (right, left) if swapped else (left, right)
        partners = _by_signature(one, matching)
        self._check_sides(many, partners, evaluation)
        results: list[Column] = []
        claims: dict[tuple[Labels, Labels], Values] = {}
        for column in many:
            signature = matching.signature(column.labels)
            for partner in partners.get(signature, ()):
                sides = (partner, column) if swapped else (column, partner)
                # A filter keeps the value of the left side, also where the right one is the side of many.
                values = self._operation.column(sides[0].values, sides[1].values, "left")
                if is_empty(values):
                    continue
                labels = matching.result(column.labels, partner.labels, keeps_name=self._operation.keeps_name)
                results.append(Column(labels, values))
                # One to one a match group yields one element; many to one its elements must differ in their labels.
                claim = (signature, labels if matching.many else ())
                known = claims.get(claim)
                message = _NOT_UNIQUE if matching.many else _MANY_TO_ONE
                claims[claim] = values if known is None else merge(known, values, evaluation, message)
        return distinct(results, evaluation)

    def _check_sides(self, many: list[Column], partners: dict[Labels, list[Column]], evaluation: Evaluation) -> None:
        side = "left" if self._matching.many == "right" else "right"
        for group in partners.values():
            # Prometheus does not look at one side when the other has no element at all.
            _check_single(group, many, evaluation, _MANY_TO_MANY.format(side))
        if self._matching.many is None and self._semantics.many_side_checked_first:
            for signature, group in _by_signature(many, self._matching).items():
                _check_single(group, partners.get(signature, ()), evaluation, _MANY_TO_ONE)


_MANY_TO_MANY = (
    "found duplicate series for the match group on the {} hand-side of the operation;"
    "many-to-many matching not allowed: matching labels must be unique on one side"
)
_MANY_TO_ONE = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
_NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"


def _by_signature(columns: list[Column], matching: Matching) -> dict[Labels, list[Column]]:
    groups: dict[Labels, list[Column]] = {}
    for column in columns:
        groups.setdefault(matching.signature(column.labels), []).append(column)
    return groups


def _check_single(group: list[Column], others: Sequence[Column], evaluation: Evaluation, message: str) -> None:
    """Fail where two columns of a group are present and any of the others is."""
    if len(group) > 1:
        for number, row in enumerate(zip(*(column.values for column in group), strict=True)):
            if len(row) - row.count(None) > 1 and any(other.values[number] is not None for other in others):
                evaluation.fail(number, message)


class SetOperation(VectorNode):
    """``and``, ``or`` and ``unless``: elements of one vector by whether the other has a match for them."""

    __slots__ = ("_left", "_matching", "_name", "_right")

    def __init__(self, name: str, left: VectorNode, right: VectorNode, matching: Matching) -> None:
        self._name, self._left, self._right, self._matching = name, left, right, matching

    def columns(self, evaluation: Evaluation) -> list[Column]:
        left, right = self._left.columns(evaluation), self._right.columns(evaluation)
        if self._name == "or":
            return distinct([*left, *self._select(right, left, matched=False)], evaluation)
        return self._select(left, right, matched=self._name == "and")

    def _select(self, columns: list[Column], others: list[Column], *, matched: bool) -> list[Column]:
        """The columns' values where one of the others with the same signature is present, or where none is."""
        presence: dict[Labels, list[bool]] = {}
        for other in others:
            signature = self._matching.signature(other.labels)
            present = [value is not None for value in other.values]
            known = presence.get(signature)
            presence[signature] = present if known is None else list(map(operator.or_, known, present))
        selected = []
        for column in columns:
            found = presence.get(self._matching.signature(column.labels))
            if found is not None:
                pairs = zip(column.values, found, strict=True)
                selected.append(Column(column.labels, [value if there == matched else None for value, there in pairs]))
            elif not matched:
                selected.append(column)
        return selected
