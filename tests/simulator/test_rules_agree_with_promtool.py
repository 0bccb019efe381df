"""Two thousand random cases: rules and expressions over random series give what `promtool test rules` says.

A case is one group of a unit-test file: series of its own, questions about alerts and expressions. What both answer is
compared line by line; numbers, also inside of texts, may differ by a relative 1e-9, because Prometheus sums in the
order of a hash map. Cases that ever differed are kept as files, and asked again in every run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from drills.rules_files import read_test_file
from simulator.rules.unit_tests import TestRun
from tests.simulator.promql.generation import STEP_MS, random_expression, random_series
from tests.simulator.promql.notation import alike
from tests.simulator.promql.promtool import Case, find_promtool
from tests.simulator.test_rules_against_promtool import random_rules

KEPT = Path(__file__).with_name("kept_cases")

_CASES = 2_000
_BATCH = 100
_LENGTH = 30
_NUMBER = re.compile(r"(?<![\d.])[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def make_batch(folder: Path, seed: int) -> Path:
    """Files of a batch of cases that share their rules."""
    random = Random(seed)
    rules = random_rules(random, 6)
    (folder / "rules.yml").write_text(json.dumps(rules))
    names = [rule["alert"] for rule in rules["groups"][0]["rules"] if "alert" in rule]
    groups: list[Any] = []
    for number in range(_BATCH):
        case = Case(random_series(random, _LENGTH), STEP_MS)
        for name in random.sample(names, 3):
            case.ask_alert(name, sorted(random.sample(range(0, 500_000, 5_000), 2)))
        for _ in range(3):
            case.ask_expression(random_expression(random), sorted(random.sample(range(0, 500_000, 5_000), 2)))
        groups.append({"name": f"case {number}", "external_labels": {"cluster": "test"}, **case.group})
    path = folder / "test.yml"
    document = {"rule_files": ["rules.yml"], "evaluation_interval": f"{2 * STEP_MS}ms", "tests": groups}
    path.write_text(json.dumps(document))
    return path


def _promtool_says(path: Path) -> list[str]:
    promtool, _ = find_promtool()
    done = subprocess.run(
        [promtool, "test", "rules", path.name], cwd=path.parent, capture_output=True, text=True, check=False
    )
    return _answers(done.stderr.split("FAILED:\n", 1)[1])


def _gameday_says(path: Path) -> list[str]:
    _, version = find_promtool()
    tests = read_test_file(path, version)
    failures = [
        failure
        for group in tests.groups
        for failure in TestRun(group, tests.rules, tests.interval_ms, version).failures()
    ]
    return _answers("\n".join(failures))


def _answers(text: str) -> list[str]:
    # Promtool says names of groups for alerts only; without them every answer begins in the same way.
    text = re.sub(r"^    name: .*,\n", "", text, flags=re.MULTILINE)
    return [
        part.rstrip()
        for part in re.split(r"^(?=    (?:alertname|expr|rule): )", text, flags=re.MULTILINE)
        if part.strip()
    ]


def _agree(one: str, other: str) -> bool:
    if one == other:
        return True
    if ", err: " in one and ", err: " in other:
        # What failed and when is the same; how the elements are listed in the message is not.
        return one.split(", err: ", maxsplit=1)[0] == other.split(", err: ", maxsplit=1)[0]
    # Where numbers decide the order of lines, such as in a label, lines are in another one.
    lines, others = sorted(one.split("\n")), sorted(other.split("\n"))
    return len(lines) == len(others) and all(map(_lines_agree, lines, others))


def _lines_agree(one: str, other: str) -> bool:
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(first == second or alike(float(first), float(second), 1e-9) for first, second in pairs)


def differences(path: Path) -> list[str]:
    """Where promtool and this engine answer differently about a unit-test file that fails in everything."""
    theirs, ours = _promtool_says(path), _gameday_says(path)
    if len(theirs) != len(ours):
        first = next(
            (pair for pair in zip(theirs, ours, strict=False) if pair[0].split(",")[0] != pair[1].split(",")[0]), ""
        )
        return [f"promtool gives {len(theirs)} answers, gameday {len(ours)}; first: {first}"]
    return [f"promtool:\n{one}\ngameday:\n{two}" for one, two in zip(theirs, ours, strict=True) if not _agree(one, two)]


@pytest.mark.parametrize("batch", range(_CASES // _BATCH if os.environ.get("CI") == "true" else 3))
def test_random_cases_give_what_promtool_says(batch: int, tmp_path: Path) -> None:
    found = differences(make_batch(tmp_path, batch))
    assert not found, f"batch {batch}: {len(found)} differences\n" + "\n".join(found[:5])


@pytest.mark.parametrize("path", sorted(KEPT.glob("*_test.yml")), ids=lambda path: path.stem)
def test_cases_that_once_differed_still_agree(path: Path) -> None:
    assert differences(path) == []
