"""Prometheus's own test files, as far as the language is supported."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.promql.errors import EvaluationError, PromqlError
from simulator.promql.expression import compile_expression
from simulator.promql.series import SeriesStore
from tests.simulator.promql.notation import Evaluation, alike, read_test_file

_DATA = Path(__file__).parents[4] / "shared" / "prometheus"
_FOLDERS = {"2.42": "v2.42.0/promql/testdata", "3.14": "v3.14.0/promql/promqltest/testdata"}
_FILES = (
    *("aggregators", "collision", "functions", "histograms", "literals"),
    *("operators", "selectors", "staleness", "subquery"),
)

_AT_LEAST = {"2.42": 320, "3.14": 440}
"""Evaluations that must be carried out, so that a reader or compiler that skips all of them is noticed."""

_DIFFERENT = {
    # Huge figures that cancel each other: exact summation finds the mean, -44.85, Prometheus's compensated one gives 0.
    ("3.14", "functions", "avg_over_time(metric11[1m])"),
}

# The parser refuses these, although Prometheus does not.
_PARSER = ("unknown escape sequence", "unknown function", "invalid promql query", "unexpected character")


def _disagreement(evaluation: Evaluation, version: str) -> str | None:
    """What is wrong with this engine's result, None if nothing; PromqlError when the expression is not supported."""
    expression = compile_expression(evaluation.expression, version=version)
    try:
        columns = expression.evaluate(SeriesStore(evaluation.series), evaluation.times)
    except EvaluationError as error:
        return None if evaluation.fails else str(error)
    if evaluation.fails:
        return f"should fail, gives {columns}"
    expected = {(): [evaluation.scalar]} if evaluation.scalar is not None else evaluation.expected
    found = {column.labels: column.values for column in columns}
    if found.keys() != expected.keys():
        return f"expected {expected}, found {found}"
    for labels, values in found.items():
        wanted = expected[labels] + [None] * (len(values) - len(expected[labels]))
        for value, want in zip(values, wanted, strict=True):
            if value is None or want is None:
                if value is not want:
                    return f"{labels}: expected {wanted}, found {values}"
            elif not alike(value, want, 1e-6):
                return f"{labels}: expected {wanted}, found {values}"
    return None


@pytest.mark.parametrize("version", _FOLDERS)
def test_supported_evaluations_of_prometheus_own_files_give_its_results(version: str) -> None:
    folder = _DATA / _FOLDERS[version]
    if not folder.exists():
        pytest.skip(f"Prometheus's test files are not at {folder}")
    carried_out, wrong = 0, []
    for name in _FILES:
        for evaluation in read_test_file((folder / f"{name}.test").read_text()):
            if (version, name, evaluation.expression) in _DIFFERENT:
                continue
            place = f"{name}.test:{evaluation.line}: {evaluation.expression}"
            try:
                disagreement = _disagreement(evaluation, version)
            except PromqlError as error:
                known = "not supported" in str(error) or any(words in str(error) for words in _PARSER)
                if not known and not evaluation.fails:
                    wrong.append(f"{place}: {error}")
                continue
            carried_out += 1
            if disagreement is not None:
                wrong.append(f"{place}: {disagreement}")
    assert not wrong, "\n".join(wrong)
    assert carried_out >= _AT_LEAST[version], carried_out
