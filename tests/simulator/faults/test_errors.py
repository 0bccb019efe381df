"""Errors fail their share of requests with their status."""

from __future__ import annotations

import pytest

from simulator.faults.errors import Errors
from tests.simulator.faults.bench import course, struck


def test_the_share_fails_with_the_status_from_beginning_to_end() -> None:
    kind = Errors(ratio=0.25, status=503, body="overloaded")
    [(at, _, change)] = course(kind)
    assert (at, change) == (0, kind.worst())
    state = struck(kind)["vendor"]
    assert (state.error_ratio, state.status, state.says) == (pytest.approx(0.25), 503, "overloaded")
    assert struck(kind)["shop"].error_ratio == pytest.approx(0.25)
