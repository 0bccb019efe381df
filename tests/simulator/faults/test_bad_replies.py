"""Replies that nobody can read fail the caller and leave the service's own metrics green."""

from __future__ import annotations

import pytest

from simulator.faults.bad_replies import SAYS, BadReplies
from tests.simulator.faults.bench import struck


@pytest.mark.parametrize("body", list(SAYS))
def test_callers_fail_and_the_service_looks_well(body: str) -> None:
    solution = struck(BadReplies(body=body, ratio=0.5))  # type: ignore[arg-type]
    assert solution["vendor"].error_ratio == 0
    assert solution["vendor"].own_error_ratio == 0
    assert solution["shop"].error_ratio == pytest.approx(0.5)
    assert solution["vendor"].says == SAYS[body]
