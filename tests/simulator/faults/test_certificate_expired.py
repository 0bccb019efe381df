"""An expired certificate shows at whoever calls."""

from __future__ import annotations

import pytest

from simulator.faults.certificate_expired import CertificateExpired
from tests.simulator.faults.bench import struck


def test_the_errors_are_the_callers() -> None:
    solution = struck(CertificateExpired())
    assert solution["shop"].error_ratio == 1
    assert (solution["vendor"].error_ratio, solution["vendor"].requests_per_s) == (0, 0)
    assert "x509" in solution["vendor"].says


def test_clients_that_do_not_verify_go_on() -> None:
    assert struck(CertificateExpired(ratio=0.6))["shop"].error_ratio == pytest.approx(0.6)
