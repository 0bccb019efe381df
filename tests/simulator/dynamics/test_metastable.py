"""The metastable failure of Bronson et al. (HotOS 2021): retries keep a database down that a short outage overloaded.

A database good for 300 queries a second, clients with a timeout of a second and one retry, 280 requests a second. The
outage lasts ten seconds, and what was sent meanwhile is delivered afterwards.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.organization import Dependency, Objective, Organization, Service
from scenarios.resilience import Workers
from simulator.course import Course
from simulator.faults import Change
from simulator.faults.stall import Stall
from simulator.flow import Flow, Modifications
from simulator.randomness import Draws
from tests import builders

SECOND = 1_000
OUTAGE_S = (20, 30)
SHED_S, END_S = 60, 1_260


def site(load: float, retries: int = 1, budget: float | None = None) -> Organization:
    use = Dependency(retries=retries, timeout=SECOND, retry_budget=budget)
    web = Service(
        title="Web",
        user_facing=True,
        objective=Objective(error_ratio=0.05, latency_p95=2_000),
        requests_per_s=load,
        depends_on={"database": use},
    )
    database = Service(title="Database", workers=Workers(servers=3, service_time=10))
    return replace(builders.organization(), services={"web": web, "database": database})


def course(load: float, *, retries: int = 1, shed_to: float | None = None, budget: float | None = None) -> Course:
    start_s, end_s = OUTAGE_S
    outage = builders.fault("stall", Stall(), on="database", at=start_s * SECOND, lasts=(end_s - start_s) * SECOND)
    made = Course(Flow(site(load, retries, budget)), (outage,), Draws(1), END_S * SECOND)
    if shed_to is not None:
        shedding = Modifications(burdens=(("web", Change(traffic=shed_to / load)),))
        made.modify(SHED_S * SECOND, shedding, frozenset())
    return made


def works(made: Course, second: int) -> float:
    """The share of requests that succeed."""
    return 1 - made.at(second * SECOND)["web"].error_ratio


def recovered_s(made: Course, from_s: int = OUTAGE_S[1]) -> int | None:
    """The first second from which on at least half of the requests succeed; None: not within the drill."""
    for second in range(from_s, END_S):
        if works(made, second) > 0.5:
            return second
    return None


def test_a_short_outage_locks_it_at_twice_the_load_and_no_goodput() -> None:
    made = course(280)
    assert works(made, 10) > 0.99
    for second in (60, 600, END_S - 1):
        assert works(made, second) == 0
        assert made.at(second * SECOND)["database"].requests_per_s == pytest.approx(560)


@pytest.mark.parametrize(("shed_to", "published_s"), [(112, 232), (140, 709)])
def test_shedding_recovers_it_when_published(shed_to: float, published_s: int) -> None:
    found = recovered_s(course(280, shed_to=shed_to), SHED_S)
    assert found == pytest.approx(published_s, rel=0.015)


def test_shedding_to_just_below_half_does_not_recover_it_within_twenty_minutes() -> None:
    assert recovered_s(course(280, shed_to=146), SHED_S) is None


def test_below_half_of_the_capacity_it_recovers_by_itself() -> None:
    assert recovered_s(course(140)) is not None


def test_without_retries_the_line_drains() -> None:
    made = course(280, retries=0)
    drained = next(second for second in range(OUTAGE_S[1], END_S) if made.at(second * SECOND)["database"].floor_ms == 0)
    assert 150 < drained <= 199


def test_a_retry_budget_of_a_tenth_does_not_save_it() -> None:
    made = course(280, budget=0.1)
    assert made.at((END_S - 1) * SECOND)["database"].requests_per_s == pytest.approx(308)
    assert works(made, END_S - 1) == 0


def test_below_91_percent_of_the_capacity_a_budget_saves_it() -> None:
    assert recovered_s(course(260, budget=0.1)) is not None
