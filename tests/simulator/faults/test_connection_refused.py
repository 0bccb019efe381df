"""Refused connections fail at once."""

from __future__ import annotations

import pytest

from simulator.faults.connection_refused import ConnectionRefused
from tests.simulator.faults.bench import struck


def test_a_service_that_refuses_everybody_refuses_the_health_check_and_the_scrape_too() -> None:
    state = struck(ConnectionRefused())["vendor"]
    assert (state.error_ratio, state.own_error_ratio, state.down) == (1, 1, True)


def test_one_that_refuses_some_can_still_be_scraped() -> None:
    state = struck(ConnectionRefused(ratio=0.5))["vendor"]
    assert (state.error_ratio, state.down) == (pytest.approx(0.5), False)
