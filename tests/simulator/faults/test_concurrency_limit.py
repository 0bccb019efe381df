"""A limit on requests at once loses what Erlang's formula says."""

from __future__ import annotations

import pytest

from simulator.dynamics.queueing import erlang_b
from simulator.dynamics.settling import mean_ms
from simulator.faults.concurrency_limit import ConcurrencyLimit
from tests.simulator.faults.bench import struck


def test_the_share_lost_is_erlangs() -> None:
    state = struck(ConcurrencyLimit(most=2))["vendor"]
    load = 20 * mean_ms((50, 100, 200, 400)) / 1000
    assert state.error_ratio == pytest.approx(erlang_b(2, load), abs=1e-6)
    assert state.status == 429


def test_slower_replies_fill_it_sooner() -> None:
    slow = ConcurrencyLimit(most=2).worst()._replace(added_latency_ms=200)
    assert struck(slow)["vendor"].error_ratio > 2 * struck(ConcurrencyLimit(most=2))["vendor"].error_ratio
