"""What expressions yield over a stretch: columns, one a series, with a value or None for each evaluation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from simulator.promql.series import Labels
from simulator.promql.windows import Stretch

Values = list[float | None]


class Column:
    """One element of a vector over a stretch: its labels, and its value at each evaluation (None: it is not there)."""

    __slots__ = ("labels", "values")

    def __init__(self, labels: Labels, values: Values) -> None:
        self.labels = labels
        self.values = values

    def __repr__(self) -> str:
        return f"Column({self.labels}, {self.values})"


class Evaluation:
    """One expression being evaluated over a stretch, and the evaluations at which it turned out to have no value."""

    __slots__ = ("failures", "size", "stretch")

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.size = len(stretch.times)
        self.failures: dict[int, str] = {}
        """Message by number of the evaluation."""

    def fail(self, number: int, message: str) -> None:
        """The evaluation of this number is an error; the first message stays."""
        self.failures.setdefault(number, message)

    def fail_all(self, message: str) -> None:
        """No evaluation has a value."""
        for number in range(self.size):
            self.fail(number, message)


class VectorNode(ABC):
    """A part of an expression whose value is a vector."""

    __slots__ = ()

    @abstractmethod
    def columns(self, evaluation: Evaluation) -> list[Column]:
        """A column for each label set that appears; labels are distinct, columns may be all None."""


class ScalarNode(ABC):
    """A part of an expression whose value is a single number."""

    __slots__ = ()

    @abstractmethod
    def scalars(self, evaluation: Evaluation) -> list[float]:
        """The number at each evaluation."""


Node = VectorNode | ScalarNode


def is_empty(values: Values) -> bool:
    """Whether the column has no value at all."""
    # Most columns have a value at one of their ends.
    return not values or (values[0] is None is values[-1] and values.count(None) == len(values))


def distinct(columns: Iterable[Column], evaluation: Evaluation) -> list[Column]:
    """Columns merged by labels; an evaluation in which two of them are present is an error."""
    found: dict[Labels, Column] = {}
    for column in columns:
        known = found.setdefault(column.labels, column)
        if known is not column:
            message = "vector cannot contain metrics with the same labelset"
            found[column.labels] = Column(column.labels, merge(known.values, column.values, evaluation, message))
    return list(found.values())


def merge(one: Values, other: Values, evaluation: Evaluation, message: str) -> Values:
    """The value of whichever column has one; where both have, the evaluation fails with this message."""
    merged: Values = []
    for number, (first, second) in enumerate(zip(one, other, strict=True)):
        if first is not None and second is not None:
            evaluation.fail(number, message)
        merged.append(second if first is None else first)
    return merged
