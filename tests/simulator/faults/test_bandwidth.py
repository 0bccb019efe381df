"""A narrow line takes bytes over bytes a second."""

from __future__ import annotations

from simulator.faults.bandwidth import Bandwidth
from tests.simulator.faults.bench import struck


def test_every_reply_takes_its_length() -> None:
    state = struck(Bandwidth(bytes_per_s=10_000, reply_bytes=1_000))["vendor"]
    assert state.latency_ms == (50 + 100, 100 + 300, 200 + 500, 400 + 800)
