"""Alerts happen when tick-by-tick evaluation says so, however far ahead is computed; notifications keep their times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.fault import Fault
from scenarios.organization import Action, Organization
from scenarios.scenario import Effect, Mitigation
from simulator import monitoring
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.faults.latency import AddedLatency
from simulator.notification import Notification, single_route
from simulator.promql.series import make_labels
from simulator.randomness import Draws
from simulator.rules import AlertRule, Transition
from simulator.rules.templates import NOWHERE, Template
from simulator.telemetry import Telemetry
from tests.builders import organization
from tests.simulator.bench import HOUR, MINUTE, SECOND, Bench, rules, with_vendor

ALERTS = ("alert_pending", "alert_dropped", "alert_fired", "alert_resolved")
RULES = rules(
    [
        {"alert": "Down", "expr": 'up{job="shop"} == 0', "for": "1m"},
        {"alert": "Errors", "expr": 'rate(http_requests_total{status=~"5.."}[2m]) > 5', "for": "1m"},
        {"alert": "Busy", "expr": "rate(http_requests_total{status='200'}[1m]) > 20.5"},
    ],
    [
        {"record": "shop:errors:rate5m", "expr": 'sum(rate(http_requests_total{status=~"5.."}[5m]))'},
        {"alert": "Recorded", "expr": "shop:errors:rate5m > 2", "for": "2m", "keep_firing_for": "3m"},
        {"alert": "Slow", "expr": "histogram_quantile(0.95, rate(latency_seconds_bucket[2m])) > 0.3"},
    ],
)
ACTIONS = ("bypass", "retry", "repair")
MITIGATIONS = (
    Mitigation(action="bypass", effect=Effect(service="shop", bypasses="vendor")),
    Mitigation(action="retry", effect=Effect(service="shop", retries=4), harmful=True),
    Mitigation(action="repair", effect=Effect(service="vendor", ends_fault="errors")),
)
Begun = list[tuple[int, str]]


def faults() -> tuple[Fault, ...]:
    bursts = BurstErrors(mean_good=60_000, mean_bad=90_000, error_ratio=ErrorRatios(good=0.02, bad=0.6))
    return (
        Fault(id="errors", on="vendor", kind="burst_errors", at=5 * MINUTE, for_=75 * MINUTE, parameters=bursts),
        Fault(id="slow", on="vendor", kind="latency", at=30 * MINUTE, for_=HOUR, parameters=AddedLatency(added=400)),
        Fault(id="down", on="shop", kind="down", at=50 * MINUTE, for_=4 * MINUTE, parameters=Down()),
    )


def played(seed: int, begun: Begun, stretch_ms: int) -> Bench:
    """A drill's world in which somebody takes these actions, computed ahead by such stretches."""
    actions = {name: Action(title=name, takes=MINUTE, kind="change") for name in ACTIONS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(monitoring, "STRETCH_MS", stretch_ms)
        bench = Bench(
            *faults(),
            seed=seed,
            organization=with_vendor(capacity_per_s=24, actions=actions),
            rule_set=RULES,
            mitigations=MITIGATIONS,
            duration=90 * MINUTE,
        )
        for at_ms, action in sorted(begun):
            bench.perform(at_ms, action)
        return bench.run(90 * MINUTE)


def told(bench: Bench) -> list[tuple[int, str, str, dict[str, str]]]:
    return [(one["at_ms"], one["type"], one["alert"], one["labels"]) for one in bench.records(*ALERTS)]


def tick_by_tick(bench: Bench, seed: int) -> list[tuple[int, str, str, dict[str, str]]]:
    """What the rules say if scraped and evaluated one tick after the other, on the course as it went."""
    world = bench.world
    telemetry = Telemetry(world.organization, world.course, Draws(seed), wanted=RULES.reads, from_ms=-RULES.lookback_ms)
    evaluators = [evaluator for unit in RULES.evaluators(telemetry.store) for evaluator in unit]
    ticks = []
    for order, evaluator in enumerate(evaluators):
        group = evaluator.group
        phase_ms = int(Draws(seed).uniform("evaluation", group.name) * group.interval_ms)
        ticks += [(at_ms, order, evaluator) for at_ms in range(phase_ms, 90 * MINUTE + 1, group.interval_ms)]
    found: list[Transition] = []
    for at_ms, _, evaluator in sorted(ticks, key=lambda tick: tick[:2]):
        telemetry.extend(at_ms)
        found += evaluator.evaluate([at_ms])
    return [(one.at_ms, one.kind, one.alert, dict(one.labels)) for one in found]


begun_actions = st.lists(st.tuples(st.integers(1, 88 * MINUTE), st.sampled_from(ACTIONS)), max_size=4)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), begun=begun_actions, stretch_ms=st.sampled_from([45_000, 45 * MINUTE, 90 * MINUTE]))
def test_alerts_do_what_tick_by_tick_evaluation_says_whoever_intervenes(
    seed: int, begun: Begun, stretch_ms: int
) -> None:
    bench = played(seed, begun, stretch_ms)
    assert told(bench) == tick_by_tick(bench, seed)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), begun=begun_actions, stretch_ms=st.integers(15 * SECOND, 60 * MINUTE))
def test_how_far_ahead_is_computed_cannot_be_seen(seed: int, begun: Begun, stretch_ms: int) -> None:
    first, second = (played(seed, begun, length) for length in (stretch_ms, 90 * MINUTE))
    assert list(first.journal.lines()) == list(second.journal.lines())


def test_an_alert_that_nothing_was_going_to_happen_to_resolves_after_a_late_cure() -> None:
    steady = BurstErrors(mean_good=60_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.6, bad=0.6))
    trouble = Fault(id="errors", on="vendor", kind="burst_errors", at=MINUTE, for_=89 * MINUTE, parameters=steady)
    bench = Bench(
        trouble,
        organization=with_vendor(actions={"bypass": Action(title="", takes=MINUTE, kind="change")}),
        rule_set=rules([{"alert": "Errors", "expr": 'rate(http_requests_total{status=~"5.."}[2m]) > 5'}]),
        mitigations=MITIGATIONS,
        duration=90 * MINUTE,
    )
    bench.perform(60 * MINUTE, "bypass").run(90 * MINUTE)
    [resolved] = bench.times("alert_resolved")
    assert 61 * MINUTE < resolved < 64 * MINUTE


def test_every_alert_names_what_led_to_it() -> None:
    bench = played(1, [], 45 * MINUTE)
    because = {
        (one["type"], bench.journal.records[one["because"] - 1]["type"] if one["because"] else None)
        for one in bench.records(*ALERTS, "alert_notified")
        if one["alert"] == "Errors"
    }
    assert ("alert_pending", "objective_left") in because
    assert ("alert_fired", "alert_pending") in because
    assert ("alert_resolved", "alert_fired") in because
    assert ("alert_notified", "alert_fired") in because


# Notifications.


[ANY] = [rule.expression for rule in rules([{"alert": "Any", "expr": "up"}]).alerts]


class Bell:
    """Notification driven by hand: alerts fire and resolve when a test says so."""

    def __init__(self, **timing: Any) -> None:
        small = organization()
        settings = replace(small.monitoring, group_wait=30_000, group_interval=300_000, repeat_interval=14_400_000)
        self.bench = Bench(organization=replace(small, monitoring=replace(settings, **timing)))
        self.notification = Notification(self.bench.world, single_route(replace(settings, **timing)))

    def fire(self, at_ms: int, alert: str = "Errors", **labels: str) -> Bell:
        transition = _transition(at_ms, "alert_fired", alert, labels)
        self.bench.run(at_ms)
        self.notification.fired(transition, 1)
        return self

    def resolve(self, at_ms: int, alert: str = "Errors", **labels: str) -> Bell:
        self.bench.run(at_ms)
        self.notification.resolved(_transition(at_ms, "alert_resolved", alert, labels))
        return self

    def rung(self, until_ms: int = 10 * HOUR) -> list[tuple[int, str]]:
        """When it notified, in seconds, and of which instance."""
        records = self.bench.run(until_ms).records("alert_notified")
        return [(one["at_ms"] // SECOND, one["labels"].get("instance", "")) for one in records]


def _transition(at_ms: int, kind: Any, alert: str, labels: dict[str, str]) -> Transition:
    summary = {"summary": Template("{{ $labels.instance }} fails {{ $value }} a second")}
    rule = AlertRule(alert, ANY, annotations=summary)
    named = make_labels({**labels, "alertname": alert}.items())
    return Transition(at_ms, kind, named, 2.5, rule=rule, element=named, surroundings=NOWHERE)


def test_a_new_group_waits_before_it_notifies() -> None:
    assert Bell().fire(10_000, instance="a").rung(HOUR) == [(40, "a")]


def test_an_alert_that_resolves_while_its_group_waits_is_never_sent() -> None:
    assert Bell().fire(10_000).resolve(39_999).rung() == []


def test_an_evaluation_at_the_end_of_the_wait_still_counts() -> None:
    """A wait of 30 s is two evaluations long: what the second finds is known before the group is told of."""
    bell = Bell()

    def evaluate() -> Any:
        bell.notification.fired(_transition(10_000, "alert_fired", "Errors", {}), 1)
        yield bell.bench.world.env.timeout(15_000)
        yield bell.bench.world.env.timeout(15_000)
        bell.notification.resolved(_transition(40_000, "alert_resolved", "Errors", {}))

    bell.bench.run(10_000).world.env.process(evaluate())
    assert bell.rung(HOUR) == []


def test_after_that_the_next_alert_waits_in_full_again() -> None:
    assert Bell().fire(10_000).resolve(39_000).fire(100_000).rung(HOUR) == [(130, "")]


def test_an_alert_that_comes_back_while_its_group_waits_is_sent_once_at_the_groups_time() -> None:
    assert Bell().fire(10_000).resolve(20_000).fire(30_000).rung(HOUR) == [(40, "")]


def test_alerts_that_fire_while_the_group_waits_are_sent_together() -> None:
    assert Bell().fire(10_000, instance="a").fire(35_000, instance="b").rung(HOUR) == [(40, "a"), (40, "b")]


def test_further_alerts_of_a_group_wait_for_its_interval_and_the_group_is_sent_whole() -> None:
    bell = Bell().fire(10_000, instance="a").fire(50_000, instance="b")
    assert bell.rung(HOUR) == [(40, "a"), (340, "a"), (340, "b")]


def test_an_alert_that_resolved_meanwhile_is_not_sent_with_the_further_ones() -> None:
    bell = Bell().fire(10_000, instance="a").fire(50_000, instance="b").resolve(60_000, instance="a")
    assert bell.rung(HOUR) == [(40, "a"), (340, "b")]


def test_an_alert_that_goes_and_comes_within_an_interval_is_not_told_again() -> None:
    assert Bell().fire(10_000).resolve(100_000).fire(200_000).rung(HOUR) == [(40, "")]


def test_an_alert_that_comes_back_after_its_group_was_over_is_told_again_after_the_wait() -> None:
    assert Bell().fire(10_000).resolve(100_000).fire(400_000).rung(HOUR) == [(40, ""), (430, "")]


def test_an_alert_that_comes_back_after_the_group_was_told_without_it_is_told_again() -> None:
    bell = Bell().fire(10_000, instance="a").fire(20_000, instance="b").resolve(100_000, instance="a")
    assert bell.fire(400_000, instance="a").rung(HOUR) == [(40, "a"), (40, "b"), (640, "b"), (640, "a")]


def test_groups_are_told_apart_by_the_labels_they_are_grouped_by() -> None:
    by_name = Bell().fire(10_000, "One", instance="a").fire(20_000, "Two", instance="b")
    assert by_name.rung(HOUR) == [(40, "a"), (50, "b")]
    by_instance = Bell(group_by=("instance",)).fire(10_000, "One", instance="a").fire(20_000, "Two", instance="a")
    assert by_instance.rung(HOUR) == [(40, "a"), (40, "a")]


@pytest.mark.parametrize(("repeat_ms", "expected_s"), [(600_000, 600), (700_000, 900), (900_001, 1200)])
def test_a_repetition_waits_for_the_next_interval_of_the_group(repeat_ms: int, expected_s: int) -> None:
    rung = Bell(repeat_interval=repeat_ms).fire(10_000).rung(2 * expected_s * SECOND + 50_000)
    assert rung == [(40, ""), (40 + expected_s, ""), (40 + 2 * expected_s, "")]


def test_a_notification_carries_the_alerts_labels_severity_and_summary() -> None:
    bell = Bell().fire(10_000, instance="a", severity="P1")
    bell.rung(HOUR)
    [record] = bell.bench.records("alert_notified")
    assert (record["alert"], record["severity"], record["because"]) == ("Errors", "P1", 1)
    assert record["labels"] == {"alertname": "Errors", "instance": "a", "severity": "P1"}
    assert record["summary"] == "a fails 2.5 a second"


# What is simulated.


def test_rules_that_read_what_nothing_produces_are_named() -> None:
    made = rules(
        [
            {"alert": "Up", "expr": "up == 0"},
            {"alert": "Disk", "expr": "disk_free_bytes < 1"},
            {"alert": "Both", "expr": "up == 0 and on (job) disk_free_bytes < 1"},
        ]
    )
    assert _coverage(made) == {"simulated": 1, "not_simulated": ["Disk", "Both"]}
    assert _coverage(RULES)["not_simulated"] == []


def test_rules_that_read_what_rules_record_are_simulated_if_those_are() -> None:
    made = rules(
        [
            {"record": "job:up", "expr": "sum by (job) (up)"},
            {"record": "job:free", "expr": "sum by (job) (disk_free_bytes)"},
            {"record": "job:free:again", "expr": "job:free"},
            {"alert": "Up", "expr": "job:up == 0"},
            {"alert": "Free", "expr": "job:free:again < 1"},
            {"alert": "Many", "expr": 'count(ALERTS{alertname="Up"}) > 1'},
            {"alert": "ManyFree", "expr": 'count(ALERTS{alertname="Free"}) > 1'},
        ]
    )
    assert _coverage(made) == {"simulated": 2, "not_simulated": ["Free", "ManyFree"]}


def test_a_rule_that_is_not_simulated_never_fires() -> None:
    made = rules(
        [{"alert": "NoBackups", "expr": "absent(backup_age_seconds)"}, {"alert": "Gone", "expr": "absent(up)"}]
    )
    bench = Bench(rule_set=made).run(HOUR)
    assert bench.world.monitoring.coverage() == {"simulated": 1, "not_simulated": ["NoBackups"]}
    assert bench.records("alert_fired") == []


def _coverage(made: Any, small: Organization | None = None) -> dict[str, object]:
    return Bench(organization=small, rule_set=made).world.monitoring.coverage()
