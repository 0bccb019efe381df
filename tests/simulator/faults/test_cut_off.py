"""Replies longer than the limit are of no use."""

from __future__ import annotations

import math

import pytest

from simulator.faults.cut_off import CutOff
from tests.simulator.faults.bench import struck


def test_the_share_of_longer_replies_fails_for_the_caller_only() -> None:
    solution = struck(CutOff(after_bytes=3_000, mean_reply_bytes=1_000))
    assert solution["shop"].error_ratio == pytest.approx(math.exp(-3))
    assert solution["vendor"].error_ratio == 0
