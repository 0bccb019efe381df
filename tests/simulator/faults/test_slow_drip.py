"""A reply that drips takes a pause for every slice but the first."""

from __future__ import annotations

from simulator.faults.slow_drip import SlowDrip
from tests.simulator.faults.bench import struck


def test_longer_replies_take_longer() -> None:
    state = struck(SlowDrip(reply_bytes=1_000, slice_bytes=500, pause=100))["vendor"]
    assert state.latency_ms == (50 + 100, 100 + 500, 200 + 900, 400 + 1_500)
    assert state.error_ratio == 0


def test_a_reply_of_one_slice_is_not_held_back() -> None:
    assert struck(SlowDrip(reply_bytes=10, slice_bytes=80, pause=100))["vendor"].latency_ms == (50, 100, 200, 400)
