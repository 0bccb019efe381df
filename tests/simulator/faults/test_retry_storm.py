"""Users who try again multiply the load with the failures."""

from __future__ import annotations

import pytest

from simulator.faults import Change
from simulator.faults.retry_storm import RetryStorm
from simulator.flow import Flow
from tests import builders


def test_the_load_grows_with_what_fails() -> None:
    flow = Flow(builders.organization())
    storm = RetryStorm(retries=2).worst()
    calm, failing = flow.solve({"shop": (storm,)}), flow.solve({"shop": (Change(0.5), storm)})
    assert calm["shop"].requests_per_s == pytest.approx(20)
    assert failing["shop"].requests_per_s == pytest.approx(20 * (1 + 0.5 + 0.25))
