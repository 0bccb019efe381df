"""Waiting is what Erlang's formulas say, and what requests one by one say, within Monte Carlo error."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.organization import Dependency, Service
from scenarios.resilience import Pool, Workers
from simulator.dynamics.queueing import erlang_b, erlang_c, mean_wait_ms, waits_longer, waits_ms
from simulator.dynamics.settling import mean_ms
from simulator.faults import Change
from simulator.flow import Flow
from tests import builders
from tests.simulator.dynamics.reference import served

REQUESTS = 60_000
ERRORS = 4
"""Standard errors that a mean may be off, those of batches of requests, since neighbours wait alike."""


def mean_and_error(waits: list[float]) -> tuple[float, float]:
    size = len(waits) // 30
    batches = [statistics.fmean(waits[start : start + size]) for start in range(0, size * 30, size)]
    return statistics.fmean(batches), statistics.stdev(batches) / math.sqrt(len(batches))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (2, 1.4), (5, 4.0), (20, 17.0)])
def test_mean_waits_are_those_of_requests_one_by_one(servers: int, load: float) -> None:
    held_ms = 20.0
    found = served(servers=servers, per_s=load / held_ms * 1000, held_ms=held_ms, requests=REQUESTS, seed=7)
    mean, error = mean_and_error(found.waits_ms)
    assert mean_wait_ms(servers, load, held_ms) == pytest.approx(mean, abs=ERRORS * error)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (4, 3.2)])
def test_percentiles_are_those_of_requests_one_by_one(servers: int, load: float) -> None:
    found = served(servers=servers, per_s=load * 50, held_ms=20.0, requests=5 * REQUESTS, seed=8)
    waits = sorted(found.waits_ms)
    for wanted, share in zip(waits_ms(servers, load, 20.0), (0.5, 0.95, 0.99), strict=False):
        assert wanted == pytest.approx(waits[int(share * len(waits))], rel=0.1, abs=1.0)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.8), (5, 4.0), (15, 18.0)])
@pytest.mark.parametrize("deterministic", [True, False])
def test_without_a_line_the_share_lost_is_erlangs_whatever_the_service_time(
    servers: int, load: float, deterministic: bool
) -> None:
    found = served(
        servers=servers,
        per_s=load * 50,
        held_ms=20.0,
        requests=REQUESTS,
        seed=9,
        waiting=0,
        deterministic=deterministic,
    )
    assert erlang_b(servers, load) == pytest.approx(found.lost / REQUESTS, abs=0.008)


@given(st.floats(0.01, 0.99), st.floats(1, 1000))
def test_one_server_waits_as_m_m_1_does(load: float, held_ms: float) -> None:
    assert erlang_c(1, load) == pytest.approx(load)
    assert mean_wait_ms(1, load, held_ms) == pytest.approx(load * held_ms / (1 - load))
    assert waits_longer(1, load, held_ms, held_ms) == pytest.approx(load * math.exp(-(1 - load)))


def flow(per_s: float, **vendor: object) -> Flow:
    small = builders.organization()
    shop = replace(small.services["shop"], requests_per_s=per_s, depends_on={"store": Dependency()})
    store = replace(Service(title="Store", latency=builders.CALM), **vendor)  # type: ignore[arg-type]
    return Flow(replace(small, services={**small.services, "shop": shop, "store": store}))


def test_a_service_with_workers_is_slower_by_what_its_requests_wait() -> None:
    made = flow(80, workers=Workers(servers=2, service_time=20))
    added = [ms - own for ms, own in zip(made.solve({})["store"].latency_ms, (50, 100, 200, 400), strict=True)]
    assert added == pytest.approx(waits_ms(2, 1.6, 20.0))


def test_a_slow_dependency_fills_its_callers_workers() -> None:
    """Workers that wait for a dependency are busy, so the caller stands in line for what another is slow at."""
    small = builders.organization()
    shop = replace(small.services["shop"], workers=Workers(servers=10), depends_on={"store": Dependency()})
    made = Flow(
        replace(small, services={**small.services, "shop": shop, "store": Service(title="S", latency=builders.CALM)})
    )
    calm, slow = made.solve({}), made.solve({"store": (Change(added_latency_ms=320),)})
    waited = slow["shop"].latency_ms[1] - slow["store"].latency_ms[1] - 100
    assert calm["shop"].latency_ms[1] - calm["store"].latency_ms[1] - 100 < 1
    assert waited > 100


def test_a_pool_that_is_too_small_fails_what_waits_too_long() -> None:
    made = flow(80, pool=Pool(connections=4, wait=100))
    state = made.solve({})["store"]
    load = 80 * mean_ms((50, 100, 200, 400)) / 1000
    assert state.error_ratio == pytest.approx(1 - 4 / load, abs=1e-6)
