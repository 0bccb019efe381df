"""How soon an alert can page: the arithmetic brackets what drills give, and each part moves the sum by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenarios.fault import Fault
from scenarios.organization import Organization
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.faults.latency import AddedLatency
from simulator.rule_timing import PageTime, page_times
from simulator.rules import RuleSet
from tests.builders import fault, organization, scenario
from tests.simulator.bench import HOUR, MINUTE, Bench, rules

ERRORS = {"alert": "Errors", "expr": 'rate(http_requests_total{status=~"5.."}[5m]) > 1', "for": "2m"}
SLOW = {"alert": "Slow", "expr": "histogram_quantile(0.95, rate(latency_seconds_bucket[5m])) > 0.2", "for": "1m"}
DOWN = {"alert": "Down", "expr": "up == 0", "for": "1m"}
AT_ONCE = {"alert": "AtOnce", "expr": "up == 0"}

STEADY = BurstErrors(mean_good=60_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.3, bad=0.3))
AT_MS = 7 * MINUTE


def trouble(parameters: Any) -> Fault:
    return fault("trouble", parameters, at=AT_MS, lasts=50 * MINUTE)


def monitored(**monitoring: Any) -> Organization:
    small = organization()
    return replace(small, monitoring=replace(small.monitoring, **monitoring))


def time_of(parameters: Any, rule_set: RuleSet, small: Organization | None = None) -> PageTime:
    [time] = page_times(small or organization(), scenario(trouble(parameters)), rule_set)
    return time


def paged_after(parameters: Any, rule_set: RuleSet, seed: int, small: Organization | None = None) -> int:
    """How long after impact the alert notified in a drill, ms."""
    bench = Bench(trouble(parameters), seed=seed, organization=small, rule_set=rule_set).run(HOUR)
    assert bench.times("objective_left") in ([AT_MS], [])
    return bench.times("alert_notified")[0] - AT_MS


@pytest.mark.parametrize(
    ("rule", "parameters"), [(DOWN, Down()), (AT_ONCE, Down()), (ERRORS, STEADY), (SLOW, AddedLatency(added=1500))]
)
@pytest.mark.parametrize("timing", [{}, {"scrape_interval": 30_000, "group_wait": 45_000}])
def test_best_and_worst_bracket_what_drills_give(rule: dict[str, Any], parameters: Any, timing: dict[str, int]) -> None:
    """Chance in what is counted may let a rate cross its threshold a scrape sooner or later, in a few drills."""
    small, rule_set = monitored(**timing), rules([rule], interval_ms=20_000)
    time = time_of(parameters, rule_set, small)
    found = [paged_after(parameters, rule_set, seed, small) for seed in range(60)]
    scrape_ms = small.monitoring.scrape_interval
    allowed_ms = 0 if "up" in rule["expr"] else scrape_ms
    assert time.best_ms - allowed_ms <= min(found)
    assert max(found) <= time.worst_ms + allowed_ms
    assert sum(time.best_ms <= one <= time.worst_ms for one in found) >= 0.9 * len(found)
    # The bracket is not wider than chance makes the drills: they come near both its ends.
    assert min(found) - time.best_ms <= 0.4 * (time.worst_ms - time.best_ms)
    assert time.worst_ms - max(found) <= 0.4 * (time.worst_ms - time.best_ms)


def test_the_sum_is_that_of_the_parts() -> None:
    time = time_of(STEADY, rules([ERRORS]))
    assert [part.name for part in time.parts] == ["scrape and rate fill", "evaluation", "for", "group wait"]
    assert time.best_ms == sum(part.best_ms for part in time.parts)
    assert time.worst_ms == sum(part.worst_ms for part in time.parts)


@pytest.mark.parametrize(("stated", "held_ms"), [("0s", 0), ("1s", 15_000), ("2m", 120_000), ("130s", 135_000)])
def test_for_moves_the_sum_by_its_evaluations(stated: str, held_ms: int) -> None:
    without = time_of(STEADY, rules([{**ERRORS, "for": "0s"}]))
    time = time_of(STEADY, rules([{**ERRORS, "for": stated}]))
    assert (time.best_ms - without.best_ms, time.worst_ms - without.worst_ms) == (held_ms, held_ms)


@pytest.mark.parametrize("wait_ms", [0, 1, 45_000])
def test_the_wait_of_the_group_moves_the_sum_by_itself(wait_ms: int) -> None:
    without = time_of(STEADY, rules([ERRORS]), monitored(group_wait=0))
    time = time_of(STEADY, rules([ERRORS]), monitored(group_wait=wait_ms))
    assert (time.best_ms - without.best_ms, time.worst_ms - without.worst_ms) == (wait_ms, wait_ms)


def test_the_evaluation_interval_moves_the_latest_by_itself_and_the_soonest_not_at_all() -> None:
    often = time_of(Down(), rules([AT_ONCE], interval_ms=15_000))
    seldom = time_of(Down(), rules([AT_ONCE], interval_ms=60_000))
    assert (seldom.best_ms - often.best_ms, seldom.worst_ms - often.worst_ms) == (0, 45_000)


def test_a_scrape_may_come_at_once_or_after_its_interval() -> None:
    [fill, *_] = time_of(Down(), rules([AT_ONCE])).parts
    assert 0 <= fill.best_ms < 100
    assert 14_900 < fill.worst_ms <= 15_000


def test_a_worse_fault_fills_the_rate_sooner() -> None:
    worse = BurstErrors(mean_good=60_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.0, bad=0.9))
    rule = {**ERRORS, "expr": 'rate(http_requests_total{status=~"5.."}[5m]) > 4'}
    assert time_of(worse, rules([rule])).worst_ms < time_of(STEADY, rules([rule])).best_ms


def test_alerts_that_the_trouble_never_sets_off_are_left_out_and_the_soonest_comes_first() -> None:
    made = rules([ERRORS, SLOW, {**AT_ONCE, "alert": "Late", "for": "9m"}, DOWN, AT_ONCE])
    times = page_times(organization(), scenario(trouble(Down())), made)
    assert [time.alert for time in times] == ["AtOnce", "Down", "Late"]
    assert page_times(organization(), scenario(trouble(STEADY)), rules([DOWN])) == []


def test_the_luck_of_the_day_has_no_part_in_it() -> None:
    first, second = (page_times(organization(), scenario(trouble(STEADY)), rules([ERRORS])) for _ in range(2))
    assert first == second
