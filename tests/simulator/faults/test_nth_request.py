"""Every nth request fails."""

from __future__ import annotations

import pytest

from simulator.faults.nth_request import NthRequest
from tests.simulator.faults.bench import struck


def test_one_in_n_fails() -> None:
    assert struck(NthRequest(nth=8))["vendor"].error_ratio == pytest.approx(1 / 8)
