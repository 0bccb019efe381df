"""While workers stall nothing gets done; how that goes on is in `tests.simulator.dynamics.test_metastable`."""

from __future__ import annotations

from scenarios.resilience import Workers
from simulator.faults.stall import Stall
from tests.simulator.faults.bench import struck


def test_nobody_gets_an_answer_in_time() -> None:
    state = struck(Stall(), workers=Workers(servers=3, service_time=10))["vendor"]
    assert state.floor_ms >= 3_600_000
    assert state.share_within(60_000) == 0


def test_it_needs_a_service_with_workers() -> None:
    assert Stall.NEEDS == ("workers",)
