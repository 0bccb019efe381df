"""Load runs down the dependency graph, failures and waiting run up it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.organization import Dependency, Latency, Objective, Service
from simulator.faults import Change
from simulator.flow import Flow, Modifications
from tests.builders import organization

LATENCY = Latency(p50=100, p95=200, p99=400, max=1000)


def graph(**services: Service) -> Flow:
    return Flow(replace(organization(), services=services))


def shop(retries: int = 0, share: float = 1.0, capacity: float | None = None) -> Flow:
    uses = {"vendor": Dependency(share=share, retries=retries)}
    return graph(
        shop=Service(title="Shop", requests_per_s=10, user_facing=True, latency=LATENCY, depends_on=uses),
        vendor=Service(title="Vendor", latency=LATENCY, capacity_per_s=capacity),
    )


@given(st.floats(0, 1), st.integers(0, 6), st.floats(0, 1))
def test_a_call_fails_when_every_try_fails(failing: float, retries: int, share: float) -> None:
    flow = shop(retries, share)
    states = flow.solve({"vendor": (Change(failing),)})
    assert states["shop"].error_ratio == pytest.approx(share * failing ** (retries + 1), abs=1e-9)


def test_retries_load_the_dependency() -> None:
    states = shop(retries=2).solve({"vendor": (Change(0.5),)})
    assert states["vendor"].requests_per_s == pytest.approx(10 * (1 + 0.5 + 0.25))


def test_beyond_its_capacity_a_service_refuses_and_retries_make_it_worse() -> None:
    calm = shop(retries=0, capacity=12).solve({"vendor": (Change(0.5),)})
    stormy = shop(retries=5, capacity=12).solve({"vendor": (Change(0.5),)})
    assert calm["vendor"].error_ratio == pytest.approx(0.5)
    assert stormy["vendor"].requests_per_s > 24
    assert stormy["vendor"].error_ratio > 0.75


def test_a_bypassed_dependency_neither_fails_the_caller_nor_slows_it() -> None:
    bypassed = Modifications(bypassed=frozenset({("shop", "vendor")}))
    states = shop().solve({"vendor": (Change(1.0, down=True),)}, bypassed)
    assert states["shop"].error_ratio == 0
    assert states["shop"].latency_ms == (100, 200, 400, 1000)
    assert states["vendor"].requests_per_s == 0


def test_waiting_for_a_dependency_adds_up_and_retries_prolong_it() -> None:
    states = shop(retries=1).solve({"vendor": (Change(0.5, added_latency_ms=50),)})
    assert states["shop"].latency_ms[0] == pytest.approx(100 + 1.5 * 150)


def test_faults_on_one_service_add_up() -> None:
    states = shop().solve({"shop": (Change(0.5), Change(0.5, added_latency_ms=10))})
    assert states["shop"].own_error_ratio == pytest.approx(0.75)
    assert states["shop"].latency_ms[0] == pytest.approx(210)


def test_shares_within_a_time_follow_the_percentiles() -> None:
    state = shop().solve({})["vendor"]
    assert [state.share_within(at) for at in (0, 50, 100, 150, 400, 5000)] == pytest.approx(
        [0, 0.25, 0.5, 0.725, 0.99, 1]
    )


def test_limits_of_an_objective_are_inclusive() -> None:
    state = shop().solve({"vendor": (Change(0.25),)})["vendor"]
    assert state.meets(Objective(error_ratio=0.25, latency_p95=200))
    assert not state.meets(Objective(error_ratio=0.2499, latency_p95=200))
    assert not state.meets(Objective(error_ratio=0.25, latency_p95=199))


def test_failures_cross_the_graph_whatever_the_order_of_the_file() -> None:
    made: dict[str, Service] = {
        name: Service(title=name, requests_per_s=1, depends_on={below: Dependency()} if below else {})
        for name, below in (("a", "b"), ("c", None), ("b", "c"))
    }
    states = graph(**made).solve({"c": (Change(0.3),)})
    assert states["a"].error_ratio == pytest.approx(0.3)
    assert states["c"].requests_per_s == 3
