"""A request that hangs costs whoever asked the time after which they give up."""

from __future__ import annotations

import pytest

from simulator.faults.hang import Hang
from tests.simulator.faults.bench import struck


def test_those_that_hang_fail_and_take_until_the_client_gives_up() -> None:
    state = struck(Hang(ratio=0.03, gives_up_after=30_000))["vendor"]
    assert state.error_ratio == pytest.approx(0.03)
    assert state.status == 504
    assert state.latency_ms == (50, 100, 30_200, 30_400)  # Three in a hundred are the slowest three.


def test_when_all_hang_every_percentile_is_late() -> None:
    assert struck(Hang(gives_up_after=1_000))["vendor"].latency_ms == (1_050, 1_100, 1_200, 1_400)
