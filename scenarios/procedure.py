"""The written procedure's own data: what counts as which impact, checklists, how causes are sought, recovery checks.

Field names are the YAML keys, as in `scenarios.organization`.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt

from scenarios.fields import Period, Ratio, model

Multiple = Annotated[float, Gt(0)]


@model
class ImpactSigns:
    """How the facts of the impact matrix follow from what dashboards show of user-facing services.

    The system is accessible unless every one of them is out. Core features work unless a core service fails too often
    or is out. Degradation goes by the slowest of them; one that fails more often than promised is moderate at least.
    """

    look_back: Period = 300_000
    """How much of the immediate past somebody who declares takes into account."""
    out_above: Ratio = 0.9
    """The share of failing requests at which a service is out."""
    broken_above: Ratio = 0.1
    """The share of failing requests at which a core service does not work."""
    severe_above: Multiple = 3.0
    """The multiple of the promised 95th percentile at which degradation is severe."""
    moderate_above: Multiple = 1.0
    """The multiple at which it is moderate."""
    slight_above: Multiple = 0.75
    """The multiple at which it is slight."""


@model
class Method:
    """A way of looking for the cause."""

    title: str
    """What is looked at."""
    takes: Period
    """How long it takes."""
