"""How bad it is: the facts that dashboards show, and the severity that the impact matrix makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from scenarios.organization import Organization
from scenarios.people import Impact
from simulator.course import Course

Degradation = str
"""``none``, ``slight``, ``moderate`` or ``severe``."""


class ImpactFacts(NamedTuple):
    """The questions of the impact matrix, answered; None where nobody knows."""

    accessible: bool | None
    core_features_work: bool | None
    degradation: Degradation | None


def visible_impact(organization: Organization, course: Course, from_ms: int, to_ms: int) -> ImpactFacts:
    """What the dashboards of a stretch of time show of user-facing services; means over the stretch.

    Where the organisation marks no service as core, every user-facing one is.
    """
    signs = organization.impact_signs
    pieces = [(until_ms - since_ms, solution) for since_ms, until_ms, solution in course.between(from_ms, to_ms)]
    length_ms = max(1, to_ms - from_ms)
    marks_core = any(service.core for service in organization.services.values())
    out, core_works, hurt, slowest = True, True, False, 0.0
    for name, objective in course.flow.objectives.items():
        errors = math.fsum(solution[name].error_ratio * lasts_ms for lasts_ms, solution in pieces) / length_ms
        latency_ms = math.fsum(solution[name].latency_ms[1] * lasts_ms for lasts_ms, solution in pieces) / length_ms
        out = out and errors >= signs.out_above
        if errors >= signs.broken_above and (organization.services[name].core or not marks_core):
            core_works = False
        hurt = hurt or errors > objective.error_ratio
        slowest = max(slowest, latency_ms / max(1, objective.latency_p95))
    if slowest > signs.severe_above:
        degradation = "severe"
    elif slowest > signs.moderate_above or hurt:
        degradation = "moderate"
    else:
        degradation = "slight" if slowest > signs.slight_above else "none"
    return ImpactFacts(not out, core_works, degradation)


def classify(matrix: Sequence[Impact], facts: ImpactFacts) -> str | None:
    """The severity by the impact matrix: that of the first row which no known fact contradicts, so that a doubt counts
    for the higher severity; None where no row fits.
    """
    for row in matrix:
        stated = (row.accessible, row.core_features_work, row.degradation)
        if all(wanted is None or fact is None or fact == wanted for wanted, fact in zip(stated, facts, strict=True)):
            return row.severity
    return None


def worse(severities: Sequence[str], first: str | None, second: str | None) -> str | None:
    """The higher of two severities, of which either may be unknown; the table has the worst first."""
    known = [severity for severity in severities if severity in (first, second)]
    return known[0] if known else None
