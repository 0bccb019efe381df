"""429 `system_busy` is refused by share, whatever the plan."""

from __future__ import annotations

import pytest

from simulator.faults.elevenlabs_busy import ElevenLabsBusy
from tests.simulator.faults.bench import struck


def test_its_share_is_refused_and_the_health_page_is_green() -> None:
    state = struck(ElevenLabsBusy(ratio=0.3))["vendor"]
    assert (state.error_ratio, state.status, state.own_error_ratio) == (pytest.approx(0.3), 429, 0)
    assert "system_busy" in state.says
