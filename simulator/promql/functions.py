"""Functions of vectors and scalars, and the nodes that turn one into the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from simulator.promql.columns import Column, Evaluation, ScalarNode, Values, VectorNode, distinct
from simulator.promql.regular_expressions import Pattern
from simulator.promql.selectors import InstantSelector
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
        epoch_ms = evaluation.stretch.store.epoch_ms
        return [(time + epoch_ms) / 1000 for time in evaluation.stretch.times]


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
        self._labels = certain_labels(selector) if selector else ()

    def columns(self, evaluation: Evaluation) -> list[Column]:
        present = [False] * evaluation.size
        for column in self._of.columns(evaluation):
            present = [known or value is not None for known, value in zip(present, column.values, strict=True)]
        return [Column(self._labels, [None if known else 1.0 for known in present])]


def certain_labels(selector: Selector) -> Labels:
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

    def __init__(
        self, function: Callable[..., float | None], of: VectorNode, scalars: Sequence[ScalarNode] = ()
    ) -> None:
        self._function, self._of, self._scalars = function, of, scalars

    def columns(self, evaluation: Evaluation) -> list[Column]:
        further = [scalar.scalars(evaluation) for scalar in self._scalars]
        return distinct(
            (
                Column(without_name(column.labels), self._values(column.values, further))
                for column in self._of.columns(evaluation)
            ),
            evaluation,
        )

    def _values(self, values: Values, further: list[list[float]]) -> Values:
        function = self._function
        if not further:
            return [None if value is None else function(value) for value in values]
        return [
            None if value is None else function(value, *rest) for value, *rest in zip(values, *further, strict=True)
        ]


class Timestamp(VectorNode):
    """``timestamp(v)``: when an element's sample was taken, which is the evaluation's time but for plain selectors."""

    __slots__ = ("_of",)

    def __init__(self, of: VectorNode) -> None:
        self._of = of

    def columns(self, evaluation: Evaluation) -> list[Column]:
        if isinstance(self._of, InstantSelector):
            return distinct(self._of.timestamps(evaluation), evaluation)
        times = Time().scalars(evaluation)
        return distinct(
            (
                Column(
                    without_name(column.labels),
                    [None if value is None else time for value, time in zip(column.values, times, strict=True)],
                )
                for column in self._of.columns(evaluation)
            ),
            evaluation,
        )


class Relabelled(VectorNode):
    """A vector whose elements get other labels."""

    __slots__ = ("_of", "_relabel")

    def __init__(self, of: VectorNode, relabel: Callable[[Labels], Labels]) -> None:
        self._of, self._relabel = of, relabel

    def columns(self, evaluation: Evaluation) -> list[Column]:
        columns = self._of.columns(evaluation)
        return distinct((Column(self._relabel(column.labels), column.values) for column in columns), evaluation)


class Sorted(VectorNode):
    """A vector in the order of its values, NaN last; in a stretch every time has another order, so there is none."""

    __slots__ = ("_descending", "_of")

    def __init__(self, of: VectorNode, *, descending: bool) -> None:
        self._of, self._descending = of, descending

    def columns(self, evaluation: Evaluation) -> list[Column]:
        return in_order(self._of.columns(evaluation), evaluation, descending=self._descending)


def in_order(columns: list[Column], evaluation: Evaluation, *, descending: bool) -> list[Column]:
    """The columns by their values, if there is a single evaluation."""
    if evaluation.size != 1:
        return columns

    def key(column: Column) -> tuple[bool, float]:
        value = column.values[0]
        assert value is not None
        return (True, 0.0) if math.isnan(value) else (False, -value if descending else value)

    return sorted((column for column in columns if column.values[0] is not None), key=key)


def label_replace(target: str, replacement: str, source: str, pattern: Pattern) -> Callable[[Labels], Labels]:
    """Set a label from what a regular expression matches in another one, if it matches."""

    def relabel(labels: Labels) -> Labels:
        known = dict(labels)
        value = pattern.expand(replacement, known.get(source, ""))
        return labels if value is None else make_labels({**known, target: value}.items())

    return relabel


def label_join(target: str, separator: str, sources: Sequence[str]) -> Callable[[Labels], Labels]:
    """Set a label to the values of others, joined."""

    def relabel(labels: Labels) -> Labels:
        known = dict(labels)
        joined = separator.join(known.get(source, "") for source in sources)
        return make_labels({**known, target: joined}.items())

    return relabel
