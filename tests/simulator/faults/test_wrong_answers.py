"""Wrong answers hurt users, and nothing shows it."""

from __future__ import annotations

import pytest

from simulator.faults.wrong_answers import WrongAnswers
from tests.simulator.faults.bench import struck


def test_metrics_are_green_and_users_are_hurt() -> None:
    solution = struck(WrongAnswers(ratio=0.2))
    for name in ("vendor", "shop"):  # A wrong answer is passed on.
        assert solution[name].error_ratio == 0
        assert solution[name].hurt_ratio == pytest.approx(0.2)
    assert solution.broken == ("shop",)
