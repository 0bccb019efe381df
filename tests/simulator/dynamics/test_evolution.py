"""What moments leave behind: caches warm evenly, capacity comes late, and an intervention goes on from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.organization import Dependency, Service
from scenarios.resilience import Autoscaling, Backoff, Cache, Workers
from simulator.course import Course
from simulator.dynamics.retries import tries, waited_ms
from simulator.faults import Change
from simulator.faults.cold_cache import ColdCache
from simulator.faults.stall import Stall
from simulator.faults.traffic import Traffic
from simulator.flow import Flow, Modifications
from simulator.randomness import Draws
from tests import builders
from tests.simulator.bench import Bench

SECOND, MINUTE = 1_000, 60_000


def flow(store: Service, **shop: object) -> Flow:
    small = builders.organization()
    front = replace(small.services["shop"], depends_on={"store": Dependency()}, **shop)  # type: ignore[arg-type]
    return Flow(replace(small, services={**small.services, "shop": front, "store": store}))


def test_a_cache_warms_evenly_after_it_was_emptied() -> None:
    made = flow(Service(title="Store"), cache=Cache(hit_ratio=0.9, warms_in=5 * MINUTE))
    emptied = builders.fault("cold_cache", ColdCache(), at=MINUTE, lasts=MINUTE)
    course = Course(made, (emptied,), Draws(1), 20 * MINUTE)
    load = [course.at(minute * MINUTE + SECOND)["store"].requests_per_s for minute in range(12)]
    assert load[0] == pytest.approx(2)
    assert load[1] == pytest.approx(20)
    assert load[2] == pytest.approx(20)
    assert load[4] == pytest.approx(20 * (1 - 0.9 * 0.4), rel=0.06)
    assert load[8] == pytest.approx(2)


def test_autoscaling_comes_late_and_goes_again() -> None:
    scaling = Autoscaling(most=4, target=0.5, delay=3 * MINUTE)
    store = Service(title="Store", capacity_per_s=40, autoscaling=scaling)
    surge = builders.fault("traffic", Traffic(peak=3), at=10 * MINUTE, lasts=20 * MINUTE)
    course = Course(flow(store), (surge,), Draws(1), 60 * MINUTE)
    failing = [course.at(minute * MINUTE)["store"].error_ratio for minute in range(60)]
    assert failing[5] == 0
    assert failing[11] == pytest.approx(1 - 40 / 60)
    assert failing[12] == pytest.approx(1 - 40 / 60)
    assert failing[14] == 0


def test_an_intervention_meets_the_line_that_has_built_up() -> None:
    store = Service(title="Store", workers=Workers(servers=1, service_time=40))
    stall = builders.fault("stall", Stall(), on="store", at=MINUTE, lasts=MINUTE)
    course = Course(flow(store), (stall,), Draws(1), 20 * MINUTE)
    untouched = [course.at(second * SECOND)["store"].floor_ms for second in range(300)]
    course.modify(150 * SECOND, Modifications(burdens=(("shop", Change(traffic=0.5)),)), frozenset())
    eased = [course.at(second * SECOND)["store"].floor_ms for second in range(300)]
    assert eased[:150] == untouched[:150]
    assert eased[150] == pytest.approx(untouched[150], rel=0.05)
    assert eased[170] < untouched[170] < untouched[150]


def test_a_world_tells_when_a_line_has_drained() -> None:
    """What changes by itself is recorded, and a cure counts from when nobody is hurt any more."""
    small = builders.organization()
    shop = replace(small.services["shop"], workers=Workers(servers=1, service_time=40))
    stalled = replace(small, services={**small.services, "shop": shop})
    bench = Bench(builders.fault("stall", Stall(), at=MINUTE, lasts=MINUTE), organization=stalled).run(20 * MINUTE)
    [left], [met] = bench.times("objective_left"), bench.times("objective_met")
    assert left == MINUTE
    # 20 a second for a minute are 1,200; 25 are done a second, so 240 s until nobody waits; the last second is allowed.
    assert met == pytest.approx(2 * MINUTE + 240 * SECOND, rel=0.05)
    assert bench.times("worst_case_held") == [met]


@pytest.mark.parametrize(
    ("failing", "retries", "budget", "expected"),
    [(1.0, 3, None, (4, 1)), (0.5, 1, None, (1.5, 0.25)), (1.0, 3, 0.1, (1.1, 1)), (0.5, 1, 0.1, (1.1, 0.45))],
)
def test_a_retry_budget_bounds_both_load_and_rescue(
    failing: float, retries: int, budget: float | None, expected: tuple[float, float]
) -> None:
    assert tries(failing, retries, budget) == pytest.approx(expected)


def test_three_layers_of_four_tries_amplify_64_times() -> None:
    use = {"retries": 3}
    services = {
        "shop": replace(builders.organization().services["shop"], depends_on={"a": Dependency(**use)}),
        "a": Service(title="A", depends_on={"b": Dependency(**use)}),
        "b": Service(title="B", depends_on={"c": Dependency(**use)}),
        "c": Service(title="C"),
    }
    made = Flow(replace(builders.organization(), services=services))
    assert made.solve({"c": (Change(1.0),)})["c"].requests_per_s == pytest.approx(20 * 64)


def test_back_off_doubles_up_to_its_cap_and_jitter_halves_it_on_average() -> None:
    assert waited_ms(1.0, 3, Backoff(base=100, cap=300, jitter="none")) == 100 + 200 + 300
    assert waited_ms(1.0, 3, Backoff(base=100, cap=300)) == 300
