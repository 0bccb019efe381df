"""Alert and recording rules over time: pending, firing, resolved, taken back."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.documents import parse_document
from simulator.promql.series import Labels, Series, SeriesStore, make_labels
from simulator.rules import RuleGroup, RuleSet, Transition, compile_rules, evaluate_together
from tests.simulator.promql.generation import STEP_MS, random_series
from tests.simulator.promql.notation import make_series, read_values

_S = 1_000


def _group(*rules: dict[str, Any]) -> RuleGroup:
    document = parse_document(json.dumps({"groups": [{"name": "group", "rules": rules}]}), "rules.yml")
    return compile_rules(document, STEP_MS)[0]


def _store(**series: str) -> SeriesStore:
    """Series by name in series notation, a sample each 15 s."""
    return SeriesStore(
        make_series(make_labels([("__name__", name)]), read_values(values), STEP_MS) for name, values in series.items()
    )


def _history(transitions: list[Transition]) -> list[tuple[int, str, float]]:
    return [
        (transition.at_ms // _S, transition.kind.removeprefix("alert_"), transition.value) for transition in transitions
    ]


def _run(store: SeriesStore, *rules: dict[str, Any], until_s: int = 300) -> list[tuple[int, str, float]]:
    return _history(_group(*rules).evaluator(store).evaluate(range(0, until_s * _S + 1, STEP_MS)))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [(30, "fired", 2), (60, "resolved", 3), (90, "fired", 4), (150, "resolved", 6)]),
        ({"for": "0m"}, [(30, "fired", 2), (60, "resolved", 3), (90, "fired", 4), (150, "resolved", 6)]),
        (
            {"for": "1s"},
            [
                *((30, "pending", 2), (45, "fired", 3), (60, "resolved", 3)),
                *((90, "pending", 4), (105, "fired", 5), (150, "resolved", 6)),
            ],
        ),
        (
            {"for": "25s"},
            [(30, "pending", 2), (60, "dropped", 3), (90, "pending", 4), (120, "fired", 6), (150, "resolved", 6)],
        ),
        ({"keep_firing_for": "15s"}, [(30, "fired", 2), (75, "resolved", 3), (90, "fired", 4), (165, "resolved", 6)]),
        # Longer than the gap: one alert throughout, kept again from the second disappearance on.
        ({"keep_firing_for": "31s"}, [(30, "fired", 2), (195, "resolved", 6)]),
    ],
)
def test_alerts_follow_for_and_keep_firing_for_at_evaluation_ticks(
    rule: dict[str, Any], expected: list[tuple[int, str, float]]
) -> None:
    store = _store(x="0 0 2 3 0 0 4 5 6 6 0 0 0 0 0 0")
    assert _run(store, {"alert": "A", "expr": "x > 1", **rule}) == expected


def test_labels_come_from_the_element_the_rule_and_the_alerts_name() -> None:
    store = SeriesStore([make_series(make_labels({"__name__": "x", "a": "1", "b": "2"}.items()), [7.0], STEP_MS)])
    rule = {
        "alert": "Name",
        "expr": "x > 0",
        "labels": {"b": "", "c": "{{ $labels.__name__ }}", "d": "{{ $value }}"},
        "annotations": {"summary": "{{ $labels.a }}{{ $labels.b }} {{ $labels }}"},
    }
    (fired,) = _group(rule).evaluator(store).evaluate([0])
    assert dict(fired.labels) == {"alertname": "Name", "a": "1", "c": "x", "d": "7"}
    assert fired.annotations() == {"summary": "12 map[__name__:x a:1 b:2]"}


def test_an_evaluation_that_fails_changes_nothing() -> None:
    # Without their names the two have the same labels; y is there at 30 s and 45 s only.
    store = _store(x="1 1 1 1 0", y="_ _ 1 stale")
    rule = {"alert": "A", "expr": '{__name__=~"x|y"} == 1', "for": "30s"}
    evaluator = _group(rule).evaluator(store)
    assert _history(evaluator.evaluate(range(0, 90 * _S, STEP_MS))) == [
        (0, "pending", 1),
        (45, "fired", 1),
        (60, "resolved", 1),
    ]
    assert [failure.at_ms for failure in evaluator.failures] == [30 * _S]
    evaluator.rewind(20 * _S)
    assert evaluator.failures == []


def test_a_recording_rule_writes_series_that_later_rules_of_the_group_read_at_the_same_tick() -> None:
    store = _store(x="1 2 0 0 3")
    rules = [
        {"record": "doubled", "expr": "x * 2 > 0", "labels": {"made": "here"}},
        {"alert": "A", "expr": "doubled >= 4"},
    ]
    assert _run(store, *rules, until_s=60) == [(15, "fired", 4), (30, "resolved", 4), (60, "fired", 6)]
    written = store.get(make_labels({"__name__": "doubled", "made": "here"}.items()))
    assert written is not None
    assert (written.times, written.values, written.stale_ms) == ([0, 15_000, 60_000], [2.0, 4.0, 6.0], [30_000])


def test_rules_that_read_what_later_rules_record_see_the_tick_before() -> None:
    store = _store(x="1 1 1 1 1")
    rules = [
        {"alert": "A", "expr": "total >= 2"},
        {"record": "total", "expr": "x + (total or x - x)"},
    ]
    assert _run(store, *rules, until_s=60) == [(30, "fired", 2)]


def test_groups_come_after_those_whose_series_they_read() -> None:
    groups = [
        {"name": "reader", "rules": [{"alert": "A", "expr": "made > 0"}]},
        {"name": "other", "interval": "1m", "rules": [{"alert": "B", "expr": "x > 0"}]},
        {"name": "writer", "rules": [{"record": "made", "expr": "x"}]},
    ]
    compiled = compile_rules(parse_document(json.dumps({"groups": groups}), "rules.yml"), STEP_MS)
    assert [group.name for group in compiled] == ["reader", "other", "writer"]
    ordered = RuleSet(compiled).groups
    assert [group.name for group in ordered] == ["writer", "reader", "other"]
    assert [group.interval_ms for group in ordered] == [STEP_MS, STEP_MS, 60_000]


def test_groups_that_read_each_other_are_evaluated_together() -> None:
    groups = [
        {"name": "a", "rules": [{"record": "ping", "expr": "x + (pong or x - x)"}]},
        {"name": "b", "rules": [{"record": "pong", "expr": "ping * 2"}]},
        {"name": "c", "rules": [{"alert": "Loud", "expr": "pong > 10"}, {"alert": "Told", "expr": "ALERTS > 0"}]},
    ]
    rules = RuleSet(compile_rules(parse_document(json.dumps({"groups": groups}), "rules.yml"), STEP_MS))
    assert [[group.name for group in unit] for unit in rules.units] == [["a", "b"], ["c"]]
    store = _store(x="1 1 1 1 1 1")
    times = range(0, 5 * STEP_MS, STEP_MS)
    found = [change for unit in rules.evaluators(store) for change in evaluate_together(unit, [times] * len(unit))]
    # ping is 1, 3, 7, 15: a sees what b wrote a tick before, and Told sees Loud's own series at once.
    assert [(change.alert, change.at_ms // STEP_MS) for change in found] == [("Loud", 2), ("Told", 2)]


Histories = dict[Labels, list[float | None]]

_LENGTH = 60

_RULES = (
    {"record": "worst", "expr": "max by (instance) (load)", "labels": {"kind": "max"}},
    {"alert": "Down", "expr": "up == 0", "for": "20s", "keep_firing_for": "40s"},
    {"alert": "Errors", "expr": 'rate(requests_total{status=~"5.*"}[1m]) > 0.1', "for": "1m"},
    {"alert": "Worst", "expr": "worst > 1", "labels": {"zone": "{{ $labels.kind }}"}},
    {"alert": "Value", "expr": "load > 1.5", "labels": {"value": "{{ $value }}"}, "for": "15s"},
    {"alert": "Clash", "expr": '{__name__=~"up|load"} > 0'},
)


def _facts(transitions: list[Transition]) -> list[object]:
    return [
        (transition.at_ms, transition.kind, transition.alert, transition.labels, repr(transition.value))
        for transition in transitions
    ]


def _recorded(store: SeriesStore) -> list[object]:
    written = [store.get(make_labels({"__name__": "worst", "instance": i, "kind": "max"}.items())) for i in "ab"]
    return [(series.times, series.values, series.stale_ms) for series in written if series is not None and series.live]


def _fill(store: SeriesStore, histories: Histories, first: int, end: int) -> None:
    """Give the series their samples of the ticks from `first` to before `end`."""
    for labels, values in histories.items():
        series = store.get(labels)
        assert series is not None
        kept = [(number * STEP_MS, value) for number, value in enumerate(values) if first <= number < end]
        samples = [(time, value) for time, value in kept if value is not None]
        series.extend([time for time, _ in samples], [value for _, value in samples])


@settings(deadline=None, max_examples=100)
@given(
    seed=st.integers(0, 10_000),
    phase=st.integers(0, STEP_MS - 1),
    turns=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=6),
)
def test_what_is_evaluated_ahead_and_taken_back_leaves_no_trace(seed: int, phase: int, turns: list[list[int]]) -> None:
    """The truth in one go is as the truth in pieces, each followed by a future that is computed but does not happen."""
    random = Random(seed)
    truth, group = random_series(random, _LENGTH), _group(*_RULES)
    stores = [SeriesStore(map(Series, truth)) for _ in range(2)]
    straight, winding = map(group.evaluator, stores)
    _fill(stores[0], truth, 0, _LENGTH)
    expected = _facts(straight.evaluate(_ticks(phase, 0, _LENGTH)))

    now, found = 0, []
    for kept, ahead in turns:
        turn, reach = min(now + kept, _LENGTH), min(now + ahead, _LENGTH)
        future = {labels: values for labels, values in random_series(random, _LENGTH).items() if labels in truth}
        _fill(stores[1], truth, now, turn)
        _fill(stores[1], future, turn, reach)
        over_ms = turn * STEP_MS - 1
        transitions = winding.evaluate(_ticks(phase, now, reach))
        found += _facts([transition for transition in transitions if transition.at_ms <= over_ms])
        for labels in truth:
            series = stores[1].get(labels)
            assert series is not None
            series.truncate(over_ms)
        winding.rewind(over_ms)
        now = turn
    _fill(stores[1], truth, now, _LENGTH)
    found += _facts(winding.evaluate(_ticks(phase, now, _LENGTH)))
    assert found == expected
    assert _recorded(stores[1]) == _recorded(stores[0])
    assert winding.failures == straight.failures


def _ticks(phase: int, first: int, end: int) -> range:
    return range(phase + first * STEP_MS, phase + end * STEP_MS, STEP_MS)
