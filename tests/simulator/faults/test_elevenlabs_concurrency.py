"""429 `too_many_concurrent_requests` by the published limits of the plans."""

from __future__ import annotations

import pytest

from simulator.faults.elevenlabs_concurrency import MOST, ElevenLabsConcurrency
from tests.simulator.faults.bench import struck


def test_the_limits_are_those_of_the_plans() -> None:
    assert MOST["multilingual"]["pro"] == 10
    assert MOST["flash"] == {plan: 2 * most for plan, most in MOST["multilingual"].items()}


def test_a_smaller_plan_refuses_more_and_headers_say_so() -> None:
    free, pro = (struck(ElevenLabsConcurrency(plan=plan))["vendor"] for plan in ("free", "pro"))  # type: ignore[arg-type]
    assert free.error_ratio > pro.error_ratio
    assert free.status == 429
    assert "current-concurrent-requests=4 maximum-concurrent-requests=4" in free.says


def test_what_others_use_is_missing() -> None:
    assert struck(ElevenLabsConcurrency(plan="free", in_use=4))["vendor"].error_ratio == pytest.approx(1)
    assert struck(ElevenLabsConcurrency(plan="free"))["vendor"].latency_ms[0] == 100  # 50 ms in line.
