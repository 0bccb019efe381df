"""The real thing: expressions and alert rules evaluated by `promtool test rules`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.promql.series import STALE, Labels
from tests.simulator.promql.notation import read_metric


def find_promtool() -> tuple[str, str]:
    """Path and version (``2.42``) of promtool; skips the test where there is none, except in continuous integration."""
    path = shutil.which("promtool")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not installed (Debian's package prometheus has it)")
        pytest.skip("promtool is not installed (Debian's package prometheus has it)")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"version (\d+\.\d+)", version.stdout + version.stderr)
    assert match is not None
    return path, match[1]


def _notation(labels: Labels, values: Sequence[float | None]) -> dict[str, str]:
    pairs = ",".join(f"{name}={json.dumps(value)}" for name, value in labels if name != "__name__")
    words = ("_" if value is None else "stale" if value is STALE else repr(value) for value in values)
    return {"series": f"{dict(labels)['__name__']}{{{pairs}}}", "values": " ".join(words)}


class Case:
    """One test group: series, and what is asked of them."""

    def __init__(self, series: Mapping[Labels, Sequence[float | None]], step_ms: int) -> None:
        self.group: dict[str, Any] = {
            "interval": f"{step_ms}ms",
            "input_series": [_notation(labels, values) for labels, values in series.items()],
            "promql_expr_test": [],
            "alert_rule_test": [],
        }

    def ask_expression(self, expression: str, times: Iterable[int]) -> None:
        """Ask for the value of an expression; a label that no series can have makes each question's answer differ."""
        self.group["promql_expr_test"] += [
            {"expr": expression, "eval_time": f"{time}ms", "exp_samples": [{"labels": "no_such_series", "value": 1}]}
            for time in times
        ]

    def ask_alert(self, name: str, times: Iterable[int]) -> None:
        """Ask which alerts of a rule fire."""
        self.group["alert_rule_test"] += [
            {"alertname": name, "eval_time": f"{time}ms", "exp_alerts": [{"exp_labels": {"no_such": "alert"}}]}
            for time in times
        ]


def run(folder: Path, case: Case, step_ms: int, rules: Mapping[str, Any] | None = None) -> list[str]:
    """What promtool answers, one text for each question, alerts first."""
    path, _ = find_promtool()
    (folder / "rules.yml").write_text(json.dumps(rules or {"groups": []}))
    document = {"rule_files": ["rules.yml"], "evaluation_interval": f"{step_ms}ms", "tests": [case.group]}
    (folder / "test.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    done = subprocess.run([path, "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    parts = re.split(r"^    (?=alertname: |expr: )", text, flags=re.MULTILINE)[1:]
    expected = len(case.group["promql_expr_test"]) + len(case.group["alert_rule_test"])
    assert len(parts) == expected, text[-2000:]
    return parts


def read_samples(answer: str) -> dict[Labels, float] | None:
    """The elements in an answer about an expression; None when it failed."""
    if ", err: " in answer:
        return None
    got = answer.split("got: ", 1)[1].strip()
    samples: dict[Labels, float] = {}
    while got and got != "nil":
        labels, rest = read_metric(got)
        value, _, got = rest.partition(", ")
        samples[labels] = float(value)
    return samples


def read_alerts(answer: str) -> list[tuple[Labels, Labels]]:
    """Labels and annotations of each firing alert in an answer about alerts."""
    got = answer.split("got:", 1)[1]
    texts = [first or second for first, second in _LABELS_LINE.findall(got)]
    metrics = [read_metric(text)[0] for text in texts]
    return list(zip(metrics[::2], metrics[1::2], strict=True))


_LABELS_LINE = re.compile(r"^ *(?:Labels:(\{.*\})|Annotations:(\{.*\})),? *$", re.MULTILINE)
