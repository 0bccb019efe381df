"""Requests with an expired token are refused while the health page is green."""

from __future__ import annotations

import pytest

from simulator.faults.credential_expired import CredentialExpired
from tests.simulator.faults.bench import struck


def test_the_health_page_stays_green() -> None:
    state = struck(CredentialExpired(ratio=0.8))["vendor"]
    assert (state.error_ratio, state.own_error_ratio, state.status) == (pytest.approx(0.8), 0, 401)
