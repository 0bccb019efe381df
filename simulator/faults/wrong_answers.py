"""Answers that are wrong although they look right."""

from __future__ import annotations

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady


@model
class WrongAnswers(Steady):
    """Status 200, in time, and wrong: users are hurt, and no metric, probe or health page shows it. Somebody has to say
    so.
    """

    ratio: Ratio
    """Share of answers that are wrong."""

    def worst(self) -> Change:
        return Change(wrong_ratio=self.ratio)
