"""Prometheus's own test files: every evaluation gives its result, but those listed with a reason."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from simulator.promql.columns import Column
from simulator.promql.errors import EvaluationError, PromqlError
from simulator.promql.expression import compile_expression
from simulator.promql.series import SeriesStore
from tests.simulator.promql.notation import Evaluation, alike, read_test_file

_DATA = Path(__file__).parents[4] / "shared" / "prometheus"
_FOLDERS = {"2.42": "v2.42.0/promql/testdata", "3.14": "v3.14.0/promql/promqltest/testdata"}
_FILES = {
    "2.42": (
        *("aggregators", "at_modifier", "collision", "functions", "histograms", "literals"),
        *("operators", "selectors", "staleness", "subquery", "trig_functions"),
    ),
    "3.14": (
        *("aggregators", "at_modifier", "collision", "functions", "histograms", "literals", "name_label_dropping"),
        *("operators", "range_queries", "selectors", "staleness", "subquery", "trig_functions"),
    ),
}
SKIPS = Path(__file__).with_name("prometheus_skips.yaml")
"""By version, file and reason the lines of evaluations that this engine does not carry out."""


def disagreement(evaluation: Evaluation, version: str) -> str | None:
    """What is wrong with this engine's result, None if nothing."""
    try:
        expression = compile_expression(evaluation.expression, version=version)
        columns = expression.evaluate(SeriesStore(evaluation.series), evaluation.times, evaluation.bounds)
    except (EvaluationError, PromqlError) as error:
        return None if evaluation.fails else str(error)
    if evaluation.fails:
        return f"should fail, gives {columns}"
    expected = {(): [evaluation.scalar]} if evaluation.scalar is not None else evaluation.expected
    found = {column.labels: column.values for column in columns}
    if found.keys() != expected.keys():
        return f"expected {expected}, found {found}"
    if evaluation.ordered and not _same_order([found[labels] for labels in expected], columns):
        return f"expected the order of {list(expected)}, found {columns}"
    for labels, values in found.items():
        wanted = expected[labels] + [None] * (len(values) - len(expected[labels]))
        for value, want in zip(values, wanted, strict=True):
            if value is None or want is None:
                if value is not want:
                    return f"{labels}: expected {wanted}, found {values}"
            elif not alike(value, want, 1e-6):
                return f"{labels}: expected {wanted}, found {values}"
    return None


def _same_order(expected: list[list[float | None]], columns: list[Column]) -> bool:
    # Equal values may be in any order.
    return all(
        alike(one or math.nan, other.values[0] or math.nan, 0) for (one,), other in zip(expected, columns, strict=True)
    )


def _evaluations(version: str, name: str) -> Iterator[Evaluation]:
    path = _DATA / _FOLDERS[version] / f"{name}.test"
    if not path.exists():
        pytest.skip(f"Prometheus's test files are not at {path.parent}")
    return read_test_file(path.read_text())


@pytest.mark.parametrize(("version", "name"), [(version, name) for version in _FILES for name in _FILES[version]])
def test_every_evaluation_gives_prometheus_result_but_those_listed(version: str, name: str) -> None:
    listed = yaml.safe_load(SKIPS.read_text()).get(version, {}).get(name, {})
    reasons = {line: reason for reason, lines in listed.items() for line in lines}
    wrong = []
    for evaluation in _evaluations(version, name):
        reason = reasons.pop(evaluation.line, None)
        place = f"{name}.test:{evaluation.line}: {evaluation.expression}"
        if evaluation.obstacle is not None:
            if reason != evaluation.obstacle:
                wrong.append(f"{place}: not listed as {evaluation.obstacle}")
            continue
        found = disagreement(evaluation, version)
        if reason is not None and found is None:
            wrong.append(f"{place}: listed as {reason}, but it is carried out")
        elif reason is None and found is not None:
            wrong.append(f"{place}: {found}")
        elif reason is not None and found is not None and reason.split()[0] not in found and "flag" not in reason:
            wrong.append(f"{place}: listed as {reason}, but: {found}")
    assert not wrong, "\n".join(wrong)
    assert not reasons, f"lines listed that hold no evaluation: {reasons}"
