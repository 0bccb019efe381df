"""A rate limit lets so much through and refuses the rest with 429."""

from __future__ import annotations

import pytest

from simulator.faults.rate_limit import RateLimit
from tests.simulator.faults.bench import struck


def test_what_is_beyond_the_limit_is_refused() -> None:
    state = struck(RateLimit(per_s=15, retry_after=2_500))["vendor"]
    assert (state.error_ratio, state.status) == (pytest.approx(0.25), 429)  # 20 a second arrive.
    assert state.says.endswith("Retry-After: 3")


def test_below_the_limit_nothing_happens() -> None:
    assert struck(RateLimit(per_s=20))["vendor"].error_ratio == 0
