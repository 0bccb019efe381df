"""What alert and recording rules do with the elements of their expressions before anything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulator.promql.columns import Column, Values
from simulator.promql.series import Labels


class Failure(NamedTuple):
    """A rule that could not be evaluated at a moment, and why."""

    at_ms: int
    rule: str
    message: str


def combine(
    named: Iterable[tuple[Labels, Column]], failed: dict[int, str], kind: str
) -> dict[Labels, tuple[Labels, Values]]:
    """Columns by the labels that a rule gives their elements: the first element's own labels, and the values.

    Two elements with the same labels at one evaluation make it fail, which is added to `failed`.
    """
    combined: dict[Labels, tuple[Labels, Values]] = {}
    for labels, column in named:
        known = combined.get(labels)
        if known is None:
            combined[labels] = (column.labels, column.values)
            continue
        element, values = known
        merged = list(values)
        for number, value in enumerate(column.values):
            if value is not None:
                if merged[number] is not None:
                    message = f"vector contains metrics with the same labelset after applying {kind} labels"
                    failed.setdefault(number, message)
                merged[number] = value
        combined[labels] = (element, merged)
    return combined
