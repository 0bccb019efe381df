"""Random expressions over random series give what promtool says."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from simulator.promql.expression import compile_expression
from simulator.promql.series import SeriesStore
from simulator.promql.windows import Stretch
from tests.simulator.promql.generation import STEP_MS, random_expression, random_series
from tests.simulator.promql.notation import alike, make_series
from tests.simulator.promql.promtool import Case, find_promtool, read_samples, run

_LENGTH = 60
# Beyond the last sample too: promtool loads none later than the last evaluation.
_TIMES = [number * STEP_MS for number in range(0, _LENGTH + 6, 3)]


@pytest.mark.parametrize("seed", range(5))
def test_random_expressions_have_the_values_that_promtool_gives(seed: int, tmp_path: Path) -> None:
    _, version = find_promtool()
    random = Random(seed)
    series = random_series(random, _LENGTH)
    expressions = [random_expression(random) for _ in range(40)]
    case = Case(series, STEP_MS)
    for text in expressions:
        case.ask_expression(text, _TIMES)
    answers = iter(run(tmp_path, case, STEP_MS))
    store = SeriesStore(make_series(labels, values, STEP_MS) for labels, values in series.items())
    for text in expressions:
        columns, failures = compile_expression(text, version=version, default_step_ms=STEP_MS).attempt(
            Stretch(store, _TIMES)
        )
        for number, time in enumerate(_TIMES):
            expected = read_samples(next(answers))
            place = f"seed {seed}, {text} at {time} ms"
            if expected is None:
                assert number in failures, f"{place}: promtool has an error"
                continue
            assert number not in failures, f"{place}: {failures[number]}"
            pairs = [(column.labels, column.values[number]) for column in columns]
            found = {labels: value for labels, value in pairs if value is not None}
            assert found.keys() == expected.keys(), place
            for labels, value in found.items():
                assert alike(value, expected[labels], 1e-9), f"{place}: {labels}: {value} is not {expected[labels]}"
