"""Connections that are reset fail, after the work was done."""

from __future__ import annotations

import pytest

from simulator.faults.connection_reset import ConnectionReset
from tests.simulator.faults.bench import struck


def test_its_share_of_calls_fails_for_the_caller() -> None:
    solution = struck(ConnectionReset(ratio=0.4))
    assert solution["shop"].error_ratio == pytest.approx(0.4)
    assert solution["vendor"].says == "read: connection reset by peer"
    assert not solution["vendor"].down
