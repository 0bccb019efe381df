"""Names that do not resolve: callers fail, the service sees nothing."""

from __future__ import annotations

import pytest

from simulator.faults.dns import NamesDoNotResolve
from tests.simulator.faults.bench import struck


def test_traffic_falls_without_errors() -> None:
    solution = struck(NamesDoNotResolve(ratio=0.75))
    assert solution["shop"].error_ratio == pytest.approx(0.75)
    assert solution["vendor"].requests_per_s == pytest.approx(5)
    assert (solution["vendor"].error_ratio, solution["vendor"].lost_ratio) == (0, 0.75)
