"""What an organisation asks of its incident handling as a whole: training that recurs, and targets for the figures.

Field names are the YAML keys, as in `scenarios.organization`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from scenarios.fields import Duration, Period, Ratio, Refers, model

SeverityName = Annotated[str, Refers("severity")]


@model
class TrainingProgram:
    """A training that people are to have: once, or again and again."""

    title: str
    """What it teaches."""
    takes: Duration
    """How long it takes."""
    for_: Literal["everyone", "on_call"] = "everyone"
    """Whom it is meant for; `on_call`: whoever stands in a schedule or is paged by the escalation."""
    every: Period | None = None
    """How long it holds; none: for ever."""
    proven_by: Literal["course", "drill"] = "course"
    """`course`: only by a recorded attendance. `drill`: by a seat in a valid drill too."""


@model
class Targets:
    """Targets of the monthly report. Where none is given for a severity, the severity's own promise is the target."""

    response: dict[SeverityName, Duration] = field(default_factory=dict)
    """Longest time to the first response."""
    resolution: dict[SeverityName, Duration] = field(default_factory=dict)
    """Longest time to resolution."""
    satisfaction: Ratio | None = None
    """Least share of customers that are to be satisfied with how incidents are handled."""
