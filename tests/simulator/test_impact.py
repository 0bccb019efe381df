"""The impact matrix: what dashboards show, and which severity follows."""

from __future__ import annotations

import pytest

from scenarios.loading import load_organization
from scenarios.people import Impact
from simulator.course import Course
from simulator.faults import KINDS, Change
from simulator.flow import Flow
from simulator.impact import ImpactFacts, classify, visible_impact, worse
from simulator.randomness import Draws
from tests.builders import fault

SEIKETSU = load_organization("seiketsu", KINDS).organization
MATRIX = SEIKETSU.impact_matrix
LASTS = 3_600_000


class Steady:
    """A fault that stays as it is."""

    def __init__(self, change: Change) -> None:
        self.change = change

    def levels(self, stream, duration_ms):
        yield 0, "on", self.change

    def worst(self):
        return self.change


def severity_of(**changes: Change) -> str | None:
    """What the matrix says after ten minutes of these changes to services."""
    faults = [fault("down", Steady(change), on=name, at=0, lasts=LASTS) for name, change in changes.items()]
    for number, one in enumerate(faults):
        object.__setattr__(one, "id", f"fault-{number}")
    course = Course(Flow(SEIKETSU), faults, Draws(1))
    return classify(MATRIX, visible_impact(SEIKETSU, course, 300_000, 600_000))


def test_a_quiet_system_has_no_severity() -> None:
    assert severity_of() is None


def test_a_system_that_nobody_can_reach_is_critical() -> None:
    assert severity_of(load_balancer=Change(1.0), cdn=Change(1.0)) == "P0"


def test_a_core_feature_that_does_not_work_is_high_whatever_else_does() -> None:
    assert severity_of(login=Change(0.5)) == "P1"
    assert severity_of(elevenlabs=Change(0.6)) == "P1"


@pytest.mark.parametrize(
    ("latency_ms", "severity"), [(1_700, "P2"), (1_200, "P3"), (10_000, "P1")], ids=["moderate", "slight", "severe"]
)
def test_a_slow_dashboard_goes_by_how_slow_it_is(latency_ms: int, severity: str) -> None:
    assert severity_of(dashboard=Change(added_latency_ms=latency_ms)) == severity


def test_a_feature_beside_the_core_that_fails_is_medium() -> None:
    assert severity_of(dashboard=Change(0.5)) == "P2"


def test_only_what_the_stretch_shows_counts() -> None:
    course = Course(Flow(SEIKETSU), [fault("down", Steady(Change(1.0)), on="voice", at=0, lasts=60_000)], Draws(1))
    assert classify(MATRIX, visible_impact(SEIKETSU, course, 0, 60_000)) == "P1"
    assert classify(MATRIX, visible_impact(SEIKETSU, course, 120_000, 180_000)) is None


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (ImpactFacts(None, None, None), "P0"),
        (ImpactFacts(True, None, "none"), "P1"),
        (ImpactFacts(True, True, None), "P1"),
        (ImpactFacts(False, None, None), "P0"),
        (ImpactFacts(True, True, "moderate"), "P2"),
    ],
)
def test_in_doubt_the_higher_severity_is_taken(facts: ImpactFacts, severity: str) -> None:
    assert classify(MATRIX, facts) == severity


def test_the_first_row_that_fits_counts() -> None:
    rows = (Impact(severity="P3", accessible=True), Impact(severity="P1", core_features_work=False))
    assert classify(rows, ImpactFacts(True, False, "severe")) == "P3"


def test_the_worse_of_two_severities_is_the_one_further_up_in_the_table() -> None:
    table = ["P0", "P1", "P2"]
    assert worse(table, "P2", "P1") == "P1"
    assert worse(table, None, "P2") == "P2"
    assert worse(table, None, None) is None
