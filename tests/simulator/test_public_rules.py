"""Rules that the public uses: all of them load, and their templates expand as promtool expands them."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scenarios.documents import parse_document
from simulator.promql.expression import compile_expression
from simulator.rules import AlertRule, scan_rules
from tests.simulator.test_rules_agree_with_promtool import differences

_FILE = Path(__file__).parents[3] / "shared" / "prometheus" / "public-rules.json.gz"


def _rules() -> list[dict[str, Any]]:
    if not _FILE.exists():
        pytest.skip(f"the public rules are not at {_FILE}")
    rules: list[dict[str, Any]] = json.loads(gzip.decompress(_FILE.read_bytes()))
    return rules


def _as_rule(number: int, rule: dict[str, Any]) -> dict[str, Any]:
    kept = {key: rule[key] for key in ("expr", "for", "keep_firing_for", "labels", "annotations") if rule.get(key)}
    return {"alert": f"{rule['name']}_{number}", **kept}


@pytest.mark.parametrize("version", ["2.42", "3.14"])
def test_all_public_rules_load(version: str) -> None:
    rules = [_as_rule(number, rule) for number, rule in enumerate(_rules())]
    # A file may hold 1 MiB.
    for start in range(0, len(rules), 200):
        document = parse_document(
            json.dumps({"groups": [{"name": "all", "rules": rules[start : start + 200]}]}), "rules.yml"
        )
        groups, problems = scan_rules(document, 60_000, version)
        assert problems == []
        assert len(groups[0].rules) == len(rules[start : start + 200])
        assert all(isinstance(rule, AlertRule) for rule in groups[0].rules)
    assert len(rules) >= 1_382


def test_the_templates_of_public_rules_expand_as_promtool_expands_them(tmp_path: Path) -> None:
    """Every different template, as an annotation of an alert whose element has all labels that templates name."""
    texts = sorted(
        {
            text
            for rule in _rules()
            for text in (*(rule["labels"] or {}).values(), *(rule["annotations"] or {}).values())
            if "{{" in text
        }
    )
    names = sorted({name for text in texts for name in re.findall(r"[$.][lL]abels\.(\w+)", text)})
    labels = ",".join(f'{name}="{name} value"' for name in names)
    values = {"0.123456": 0, "1234567.5": 1, "86461": 2, "NaN": 3}
    rules = [
        {
            "alert": f"A{start}",
            "expr": "x or y",
            "annotations": dict(zip(map("a{}".format, range(50)), texts[start : start + 50], strict=False)),
        }
        for start in range(0, len(texts), 50)
    ]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    series = [
        {"series": f"x{{{labels}}}", "values": " ".join(values)},
        {"series": 'y{le="1"}', "values": "-Inf 3 0 5e-7"},
        {"series": 'prometheus_remote_storage_shards_max{instance="instance value",job="job value"}', "values": "7x4"},
    ]
    questions = [
        {"alertname": rule["alert"], "eval_time": f"{minute}m", "exp_alerts": []}
        for rule in rules
        for minute in values.values()
    ]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": questions}
    path = tmp_path / "test.yml"
    path.write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}))
    assert differences(path) == []


def test_expressions_of_public_rules_tell_what_they_read() -> None:
    assert all(compile_expression(rule["expr"]).selectors for rule in _rules() if "vector(1)" not in rule["expr"])
