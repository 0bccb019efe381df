"""Breakers open and close where their libraries' rules would."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from scenarios.organization import Dependency, Service
from scenarios.resilience import Breaker
from simulator.course import Course
from simulator.dynamics import breakers
from simulator.dynamics.breakers import CLOSED, PRESETS, rules_of
from simulator.faults.errors import Errors
from simulator.flow import Flow
from simulator.randomness import Draws
from tests import builders
from tests.simulator.dynamics.reference import breaker_opens_after

SECOND = 1_000


def opens_after_s(breaker: Breaker, calls_per_s: float, failing: float, healthy_s: int = 300) -> int | None:
    """Seconds after which it opens, once calls begin to fail; None: not within ten minutes."""
    rules, state = rules_of(breaker), CLOSED
    for second in range(healthy_s):
        state = breakers.step(rules, state, calls_per_s, 0.0, now_ms=second * SECOND, step_ms=SECOND)
    for second in range(600):
        now_ms = (healthy_s + second) * SECOND
        state = breakers.step(rules, state, calls_per_s, failing, now_ms=now_ms, step_ms=SECOND)
        if state.open:
            return second + 1
    return None


@pytest.mark.parametrize(("calls_per_s", "failing"), [(20, 1.0), (20, 0.8), (5, 0.7), (50, 0.55)])
def test_it_opens_when_the_library_would_call_by_call(calls_per_s: int, failing: float) -> None:
    """The mean over chains of calls that fail at random; the window holds good calls at first."""
    chance, found = random.Random(5), []
    for _ in range(60):
        calls = [False] * 100 + [chance.random() < failing for _ in range(3_000)]
        opened = breaker_opens_after(calls, window=100, minimum=100, ratio=0.5)
        assert opened is not None
        found.append((opened - 100) / calls_per_s)
    expected = sum(found) / len(found)
    assert opens_after_s(Breaker(), calls_per_s, failing) == pytest.approx(expected, rel=0.15, abs=1.5)


def test_at_half_a_call_a_second_a_minimum_of_100_calls_takes_200_seconds() -> None:
    assert opens_after_s(Breaker(), 0.5, 1.0, healthy_s=0) == 200


def test_below_its_ratio_it_stays_closed() -> None:
    assert opens_after_s(Breaker(), 20, 0.49) is None


def test_hystrix_looks_at_ten_seconds_and_wants_twenty_calls() -> None:
    assert opens_after_s(Breaker(preset="hystrix"), 10, 1.0) == 5
    assert opens_after_s(Breaker(preset="hystrix"), 1.9, 1.0) is None


def test_envoy_ejects_at_a_sweep_a_tenth_of_the_hosts_and_longer_each_time() -> None:
    rules, state, opened = PRESETS["envoy"], CLOSED, []
    for second in range(400):
        before = state.open
        state = breakers.step(rules, state, 20, 0.9, now_ms=second * SECOND, step_ms=SECOND)
        if state.open and not before:
            opened.append((second + 1, (state.until_ms - (second + 1) * SECOND) // SECOND))
            assert breakers.refuses(rules, state, 20, SECOND) == 0.1
    assert [at % 10 for at, _ in opened] == [0] * len(opened)
    assert [lasts for _, lasts in opened][:3] == [30, 60, 90]


def test_what_a_file_states_wins_over_the_preset() -> None:
    assert opens_after_s(Breaker(minimum_calls=10, failure_ratio=0.25), 1, 1.0, healthy_s=0) == 10
    assert rules_of(Breaker(preset="hystrix", open_for=90_000)).open_ms == 90_000


def test_in_the_graph_it_spares_the_dependency_and_closes_when_that_is_well_again() -> None:
    small = builders.organization()
    use = Dependency(breaker=Breaker(), fallback=1.0)
    shop = replace(small.services["shop"], depends_on={"vendor": use})
    flow = Flow(replace(small, services={**small.services, "shop": shop, "vendor": Service(title="Vendor")}))
    failing = builders.fault("errors", Errors(ratio=0.9), on="vendor", at=60_000, lasts=200_000)
    course = Course(flow, (failing,), Draws(1), 900_000)
    load = [course.at(second * SECOND)["vendor"].requests_per_s for second in range(900)]
    assert load[30] == pytest.approx(20)
    assert load[70] == 0  # Open: 20 calls a second fill the window within five seconds.
    assert min(rate for rate in load[120:130] if rate) > 0  # After a minute it tries ten calls.
    assert load[600] == pytest.approx(20)
    assert all(course.at(second * SECOND)["shop"].error_ratio == 0 for second in range(900))
