"""Rule files: what is read of them, and how everything wrong with one is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.documents import parse_document, read_document
from scenarios.problems import InputError
from simulator.rules import AlertRule, compile_rules
from simulator.rules.durations import parse_prometheus_duration
from simulator.rules.templates import Template, TemplateError


def _problems(text: str, version: str = "3.14") -> list[str]:
    with pytest.raises(InputError) as caught:
        compile_rules(parse_document(text, "rules.yml"), 15_000, version)
    return [str(problem) for problem in caught.value.problems]


def test_every_problem_of_a_file_is_located_and_said_at_once() -> None:
    text = """\
groups:
- name: a
  intervall: 5m
  rules:
  - alert: X
    expr: up > limitk(3, up)
    for: 5x
    labels: {"a-b": 1, c: "{{ if }}"}
  - record: "a b"
    expr: rate(up)
    for: 1m
  - alert: Y
- name: a
  limit: three
  rules:
  - {alert: A, record: B, expr: up}
  - alert: Z
    expr: up{a=~"("} == 1
    annotations: {x: "{{ $foo }}", y: "{{ $value | nope }}", z: [1]}
"""
    found = _problems(text, "2.42")
    expected = [
        ("3:3: groups[0].intervall", 'did you mean "interval"?'),
        ("6:16: groups[0].rules[0].expr", "limitk is not supported"),
        ("7:10: groups[0].rules[0].for", 'not a duration (got "5x"'),
        ("8:14: groups[0].rules[0].labels.a-b", "label name"),
        ("8:27: groups[0].rules[0].labels.c", "missing value for if"),
        ("9:13: groups[0].rules[1].record", "metric name"),
        ("10:11: groups[0].rules[1].expr", "expected type matrix"),
        ("11:5: groups[0].rules[1].for", "a recording rule has no for"),
        ("12:5: groups[0].rules[2].expr", "expr is missing"),
        ("13:9: groups[1].name", "exists already"),
        ("14:10: groups[1].limit", "wrong type"),
        ("16:5: groups[1].rules[0]", "either an alert or a record"),
        ("18:17: groups[1].rules[1].expr", 'regular expression "("'),
        ("19:22: groups[1].rules[1].annotations.x", 'undefined variable "$foo"'),
        ("19:39: groups[1].rules[1].annotations.y", 'function "nope" not defined'),
        ("19:65: groups[1].rules[1].annotations.z", "expected text"),
    ]
    assert len(found) == len(expected), "\n".join(found)
    for problem, (place, message) in zip(found, expected, strict=True):
        assert problem.startswith(f"rules.yml:{place}: ") and message in problem


@pytest.mark.parametrize("text", ["[]", "groups: 5", "groups: [5]", "groups: [{name: a, rules: {}}]", "5"])
def test_a_file_of_the_wrong_shape_is_a_problem(text: str) -> None:
    assert "wrong type" in _problems(text)[0]


def test_an_empty_file_has_no_groups() -> None:
    assert compile_rules(parse_document("groups: []", "rules.yml"), 15_000) == ()


def test_labels_of_a_group_are_set_where_the_rule_does_not_set_them() -> None:
    text = """\
groups:
- name: a
  labels: {team: voice, severity: 2}
  rules: [{alert: A, expr: up == 0, labels: {severity: P1}}]
"""
    rule = compile_rules(parse_document(text, "rules.yml"), 15_000)[0].rules[0]
    assert isinstance(rule, AlertRule)
    assert dict(rule.labels_of((), 0.0)) == {"alertname": "A", "team": "voice", "severity": "P1"}


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("0", 0), ("0s", 0), ("1h30m", 5_400_000), ("1d", 86_400_000), ("1m500ms", 60_500)]
)
def test_durations_are_written_as_prometheus_does(text: str, milliseconds: int) -> None:
    assert parse_prometheus_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "1m1h", "1.5m", "-5m", "5 m"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_prometheus_duration(text)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("{{ $value }}", "12345.678"),
        ("{{ $labels.a }}/{{ $labels.none }}/{{ .Labels.a }}/{{ .Value }}", "x//x/12345.678"),
        ("a {{- $labels.a -}} b", "axb"),
        ("{{ $value | humanize }} {{ humanizeDuration $value }}", "12.35k 3h 25m 45s"),
        ('{{ "0.25" | humanizePercentage }} {{ humanize1024 2048 }} {{ humanize 0.0012 }}', "25% 2ki 1.2m"),
        ("{{ printf `%s is %.1f` $labels.a (printf `%.0f` $value) }}", "x is %!f(string=12346)"),
        ('{{ printf "%d %s" $value }}', "%!d(float64=12345.678) %!s(MISSING)"),
        (
            "{{ $labels.a | humanize }}",
            "<error expanding template: error executing template __alert_A: template: __alert_A:1:127: executing "
            '"__alert_A" at <humanize>: error calling humanize: strconv.ParseFloat: parsing "x": invalid syntax>',
        ),
    ],
)
def test_templates_expand_as_go_does(text: str, expanded: str) -> None:
    assert Template(text).expand((("a", "x"),), 12345.678, rule="A") == expanded


@pytest.mark.parametrize(
    "text",
    [
        "{{ $value",
        "{{ }}",
        "{{ if }}{{ end }}",
        "{{ range . }}",
        "{{ nope }}",
        "{{ ($value }}",
        "{{ 1 | 2 }}",
        "{{ end }}",
    ],
)
def test_templates_that_cannot_be_expanded_are_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        Template(text)


def test_the_rules_of_the_procedure_compile_as_they_are() -> None:
    path = Path(__file__).parents[3] / "shared" / "procedure" / "alert-rules.yaml"
    if not path.exists():
        pytest.skip(f"the procedure's rules are not at {path}")
    (group,) = compile_rules(read_document(path), 15_000)
    assert [rule.name for rule in group.rules] == ["ServiceDown", "HighErrorRate", "VoiceServiceLatency"]
    assert [rule.for_ms for rule in group.rules if isinstance(rule, AlertRule)] == [60_000, 300_000, 600_000]
    assert group.lookback_ms == 300_000
