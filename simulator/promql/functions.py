"""Functions of vectors and scalars, and the nodes that turn one into the other."""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.promql.columns import Column, Evaluation, ScalarNode, VectorNode, distinct
from simulator.promql.series import NAME, Labels, Selector, make_labels, without_name


class Number(ScalarNode):
    """A number literal."""

    __slots__ = ("_value",)

    def __init__(self, value: float) -> None:
        self._value = value

    def scalars(self, evaluation: Evaluation) -> list[float]:
        return [self._value] * evaluation.size


class Time(ScalarNode):
    """``time()``: the evaluation's time in seconds."""

    __slots__ = ()

    def scalars(self, evaluation: Evaluation) -> list[float]:
        return [time / 1000 for time in evaluation.stretch.times]


class ScalarNegation(ScalarNode):
    """Unary minus of a scalar."""

    __slots__ = ("_of",)

    def __init__(self, of: ScalarNode) -> None:
        self._of = of

    def scalars(self, evaluation: Evaluation) -> list[float]:
        return [-value for value in self._of.scalars(evaluation)]


class VectorAsScalar(ScalarNode):
    """``scalar(v)``: the value of the only element, NaN when there is not exactly one."""

    __slots__ = ("_of",)

    def __init__(self, of: VectorNode) -> None:
        self._of = of

    def scalars(self, evaluation: Evaluation) -> list[float]:
        scalars = [math.nan] * evaluation.size
        for number, row in enumerate(zip(*(column.values for column in self._of.columns(evaluation)), strict=True)):
            present = [value for value in row if value is not None]
            if len(present) == 1:
                scalars[number] = present[0]
        return scalars


class ScalarAsVector(VectorNode):
    """``vector(s)``: one element without labels."""

    __slots__ = ("_of",)

    def __init__(self, of: ScalarNode) -> None:
        self._of = of

    def columns(self, evaluation: Evaluation) -> list[Column]:
        return [Column((), list(self._of.scalars(evaluation)))]


class Absent(VectorNode):
    """``absent(v)``: 1 where the vector has no element, with the labels that its selector would have given it."""

    __slots__ = ("_labels", "_of")

    def __init__(self, of: VectorNode, selector: Selector | None) -> None:
        """`selector` is the argument when that is a selector."""
        self._of = of
        self._labels = _certain_labels(selector) if selector else ()

    def columns(self, evaluation: Evaluation) -> list[Column]:
        present = [False] * evaluation.size
        for column in self._of.columns(evaluation):
            present = [known or value is not None for known, value in zip(present, column.values, strict=True)]
        return [Column(self._labels, [None if known else 1.0 for known in present])]


def _certain_labels(selector: Selector) -> Labels:
    """Labels that every selected series has: those whose name occurs once, in an equality."""
    names = [matcher.name for matcher in selector.matchers]
    return make_labels(
        (matcher.name, matcher.value)
        for matcher in selector.matchers
        if matcher.operator == "=" and matcher.name != NAME and names.count(matcher.name) == 1
    )


class ElementFunction(VectorNode):
    """A function of each element's value and further scalars; drops the metric's name."""

    __slots__ = ("_function", "_of", "_scalars")

    def __init__(self, function: Callable[..., float], of: VectorNode, scalars: tuple[ScalarNode, ...] = ()) -> None:
        self._function, self._of, self._scalars = function, of, scalars

    def columns(self, evaluation: Evaluation) -> list[Column]:
        function = self._function
        further = [scalar.scalars(evaluation) for scalar in self._scalars]
        return distinct(
            (
                Column(
                    without_name(column.labels),
                    [
                        None if value is None else function(value, *rest)
                        for value, *rest in zip(column.values, *further, strict=True)
                    ],
                )
                for column in self._of.columns(evaluation)
            ),
            evaluation,
        )


def negate(value: float) -> float:
    """Unary minus."""
    return -value


def clamp_min(value: float, limit: float) -> float:
    """The value, raised to the limit; NaN when either is."""
    return math.nan if math.isnan(value) or math.isnan(limit) else max(value, limit)


def clamp_max(value: float, limit: float) -> float:
    """The value, lowered to the limit; NaN when either is."""
    return math.nan if math.isnan(value) or math.isnan(limit) else min(value, limit)
