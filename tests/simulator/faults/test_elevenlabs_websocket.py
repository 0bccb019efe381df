"""Closed websockets come back at once where clients reconnect."""

from __future__ import annotations

import pytest

from simulator.faults.elevenlabs_websocket import ElevenLabsWebsocket
from tests.simulator.faults.bench import struck


def test_interrupted_turns_fail_with_1008() -> None:
    state = struck(ElevenLabsWebsocket(interrupted=0.4))["vendor"]
    assert state.error_ratio == pytest.approx(0.4)
    assert "1008 max_active_conversations" in state.says


def test_reconnecting_loads_it_more() -> None:
    few, many = (ElevenLabsWebsocket(interrupted=0.5, reconnects=number) for number in (0, 5))
    direct = {"requests_per_s": 10.0}
    assert struck(many, **direct)["vendor"].requests_per_s > struck(few, **direct)["vendor"].requests_per_s + 9
