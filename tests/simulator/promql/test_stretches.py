"""Expressions over stretches: cutting the same history differently changes nothing."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.promql.expression import Expression, compile_expression
from simulator.promql.series import Labels, SeriesStore
from simulator.promql.windows import Stretch
from tests.simulator.promql.generation import STEP_MS, random_expression, random_series
from tests.simulator.promql.notation import make_series

_LENGTH = 60


def _outcome(expression: Expression, store: SeriesStore, stretches: list[list[int]]) -> dict[int, object]:
    """By time what an evaluation gave: the message of its failure, or values (as text: NaN is NaN) by labels."""
    outcome: dict[int, object] = {}
    for times in stretches:
        columns, failures = expression.attempt(Stretch(store, times))
        for number, time in enumerate(times):
            found: dict[Labels, str] = {
                column.labels: repr(column.values[number]) for column in columns if column.values[number] is not None
            }
            outcome[time] = failures.get(number, found)
    return outcome


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 10_000),
    phase=st.integers(0, STEP_MS - 1),
    interval=st.sampled_from([STEP_MS, STEP_MS, 10_000, 30_000, 7_777]),
    cuts=st.sets(st.integers(1, 89)),
    version=st.sampled_from(["2.42", "2.51", "3.14"]),
)
def test_stretches_of_any_length_give_the_same_values(
    seed: int, phase: int, interval: int, cuts: set[int], version: str
) -> None:
    random = Random(seed)
    series = random_series(random, _LENGTH)
    store = SeriesStore(make_series(labels, values, STEP_MS) for labels, values in series.items())
    expression = compile_expression(random_expression(random), version=version)
    times = [phase + number * interval for number in range(90)]
    bounds = [0, *sorted(cuts), len(times)]
    whole = _outcome(expression, store, [times])
    pieces = [times[start:end] for start, end in pairwise(bounds)]
    assert _outcome(expression, store, pieces) == whole, expression.text
    assert _outcome(expression, store, [[time] for time in times]) == whole, expression.text


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_times_at_uneven_distances_give_the_values_of_single_evaluations(seed: int, data: st.DataObject) -> None:
    random = Random(seed)
    series = random_series(random, _LENGTH)
    store = SeriesStore(make_series(labels, values, STEP_MS) for labels, values in series.items())
    expression = compile_expression(random_expression(random))
    times = sorted(data.draw(st.sets(st.integers(0, _LENGTH * STEP_MS), min_size=1, max_size=30)))
    assert _outcome(expression, store, [times]) == _outcome(expression, store, [[time] for time in times])
