"""A resource that something else uses up leaves less, and slows everybody."""

from __future__ import annotations

import pytest

from simulator.faults.saturation import Saturation
from tests.simulator.faults.bench import struck


def test_what_is_left_of_the_capacity_has_to_do() -> None:
    state = struck(Saturation(used=0.6), capacity_per_s=25)["vendor"]
    assert state.error_ratio == pytest.approx(0.5)  # 10 of 20 a second find room.


def test_requests_are_slowed_by_what_is_used() -> None:
    assert struck(Saturation(used=0.8, ordinary=100))["vendor"].latency_ms[0] == pytest.approx(50 + 400)


def test_logs_name_the_resource() -> None:
    assert struck(Saturation(resource="connections", used=0.5))["vendor"].says == "too many connections"
