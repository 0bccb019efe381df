"""Random alert rules over random series fire when promtool says, with the labels and annotations that it says."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scenarios.documents import parse_document
from simulator.promql.series import Labels, SeriesStore, make_labels
from simulator.rules import compile_rules
from tests.simulator.promql.generation import STEP_MS, random_series
from tests.simulator.promql.notation import make_series
from tests.simulator.promql.promtool import Case, find_promtool, read_alerts, run

_LENGTH = 80
_TIMES = [number * STEP_MS for number in range(_LENGTH)]

_TEXTS = [
    "{{ $value }}",
    "{{ $labels.instance }} is at {{ $value | humanize }}",
    '{{ printf "%.2f" $value }} and {{ printf "%5.1f|%-6s|%06.2f" $value $labels.zone $value }}',
    '{{ printf "%d|%s|%g|%v" $value $value $value $labels.zone }}',
    "{{- $value | humanizeDuration -}} {{ $value | humanizePercentage }} {{ humanize1024 $value }}",
    "{{ $labels }}",
    '{{ $labels.nothing }}{{ .Labels.instance }}{{ .Value }}{{/* a comment */}} {{ $value | printf "%.1f" | toUpper }}',
    "plain text",
]


def random_rules(random: Random, count: int = 12) -> dict[str, Any]:
    """A rule file with so many alerts over random series, and a recording rule."""
    rules: list[dict[str, Any]] = []
    for number in range(count):
        expression = random.choice(
            [
                "up == 0",
                "load > 0.5",
                "abs_load > 1",
                'rate(requests_total{status=~"5.*"}[1m]) > 0.1',
                "histogram_quantile(0.9, rate(latency_bucket[2m])) > 0.4",
                "sum by (instance) (increase(requests_total[2m])) > 40",
                "count(up == 1) < 2 or absent(up)",
                "requests_total * 1e5",
                "load / 1e4 < 0",
            ]
        )
        rule: dict[str, Any] = {"alert": f"Rule{number}", "expr": expression}
        if random.random() < 0.7:
            rule["for"] = random.choice(["0s", "1s", "15s", "30s", "40s", "1m"])
        if random.random() < 0.5:
            rule["keep_firing_for"] = random.choice(["15s", "20s", "1m"])
        rule["labels"] = {"severity": "P1"}
        if random.random() < 0.3:
            rule["labels"].update({"zone": "", "instance": "{{ $labels.instance }}-changed"})
        if random.random() < 0.1:
            rule["labels"]["value"] = "{{ $value }}"
        rule["annotations"] = {f"text{place}": random.choice(_TEXTS) for place in range(2)}
        rules.append(rule)
    rules.insert(random.randrange(count // 2), {"record": "abs_load", "expr": "load * 2 > 1", "labels": {"made": "up"}})
    return {"groups": [{"name": "random", "rules": rules}]}


@pytest.mark.parametrize("seed", range(5))
def test_alerts_fire_when_promtool_says_and_say_the_same(seed: int, tmp_path: Path) -> None:
    _, version = find_promtool()
    random = Random(seed)
    series = random_series(random, _LENGTH)
    document = random_rules(random)
    case = Case(series, STEP_MS)
    names = [rule["alert"] for rule in document["groups"][0]["rules"] if "alert" in rule]
    for name in names:
        case.ask_alert(name, _TIMES)
    answers = {}
    for answer in run(tmp_path, case, STEP_MS, document):
        header = answer.split(",")
        answers[header[0].removeprefix("alertname: "), header[1].removeprefix(" time: ")] = read_alerts(answer)

    store = SeriesStore(make_series(labels, values, STEP_MS) for labels, values in series.items())
    (group,) = compile_rules(parse_document(json.dumps(document), "rules.yml"), STEP_MS, version)
    evaluator = group.evaluator(store)
    firing: set[tuple[str, Labels]] = set()
    for time in _TIMES:
        for transition in evaluator.evaluate([time]):
            key = (transition.alert, transition.labels)
            if transition.kind == "alert_fired":
                firing.add(key)
                said = dict(answers[transition.alert, _go_duration(time)]).get(transition.labels)
                assert make_labels(transition.annotations().items()) == said, f"seed {seed}, {transition}"
            elif transition.kind == "alert_resolved":
                firing.remove(key)
        for name in names:
            expected = sorted(labels for labels, _ in answers[name, _go_duration(time)])
            found = sorted(labels for alert, labels in firing if alert == name)
            assert found == expected, f"seed {seed}, {name} at {time} ms"
    assert not evaluator.failures


def _go_duration(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds // 1000, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return "".join(parts) or "0s"
