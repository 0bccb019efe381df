"""Every scenario of the library keeps the promises of its own `expect`, and explains what is never or always met."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from drills.runner import Prepared, play, prepare
from scenarios.loading import library_scenarios
from scenarios.scenario import Expectation
from scoring.feasibility import findings
from scoring.scorecard import outcome
from simulator.responders.treatments import TreatmentName

SEEDS = range(1, 31)

every_scenario = pytest.mark.parametrize("name", list(library_scenarios()))


@cache
def prepared(name: str) -> Prepared:
    return prepare(name)


@cache
def outcomes(name: str, treatment: TreatmentName) -> list[dict[str, Any]]:
    return [outcome(play(prepared(name), seed, treatment, wired=False)) for seed in SEEDS]


def infeasible(name: str) -> set[str]:
    made = prepared(name)
    return {one.criterion for one in findings(made.loaded.organization, made.loaded.scenario, made.rules)}


def stated(name: str) -> list[str]:
    """The criteria of a scenario."""
    return list(outcomes(name, "modelled")[0]["criteria"])


def times(name: str, treatment: TreatmentName) -> list[float]:
    """How long it took until users were safe, by seed; never is longer than everything."""
    measured = [one["measures"]["time_to_mitigate"] for one in outcomes(name, treatment)]
    return [float("inf") if isinstance(value, str) else value for value in measured]


def broken_promises(name: str, treatment: TreatmentName, expected: Expectation) -> list[str]:
    """What a scenario expects under a treatment and does not get."""
    broken = []
    played = outcomes(name, treatment)
    if expected.mitigated == "never" and any(one["measures"]["time_to_mitigate"] != "never" for one in played):
        broken.append("mitigated: never")
    if expected.met is not None:
        spared = infeasible(name) if expected.met == "feasible" else set()
        for criterion in stated(name):
            if criterion not in spared and any(one["criteria"][criterion] is not True for one in played):
                broken.append(f"met: {expected.met} ({criterion})")
    if expected.worse_than is not None:
        pairs = list(zip(times(name, treatment), times(name, expected.worse_than), strict=True))
        worse, better = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
        if worse <= len(pairs) / 2 or better > len(pairs) / 10:
            broken.append(f"worse_than: {expected.worse_than} ({worse} worse, {better} better, of {len(pairs)})")
    return broken


@every_scenario
def test_it_proves_itself_under_each_treatment(name: str) -> None:
    expect = prepared(name).loaded.scenario.expect
    assert set(expect) >= {"absent", "ideal"}, "a scenario says what comes of it untreated and treated ideally"
    broken = {treatment: broken_promises(name, treatment, expected) for treatment, expected in expect.items()}
    assert not any(broken.values()), broken


@every_scenario
def test_every_drill_of_it_proves_something(name: str) -> None:
    assert not any(one["invalid"] for one in outcomes(name, "modelled"))


@every_scenario
def test_a_criterion_that_cannot_be_met_has_a_note_that_says_why(name: str) -> None:
    assert infeasible(name) <= set(prepared(name).loaded.scenario.notes)


@every_scenario
def test_a_feasible_criterion_that_is_always_or_never_met_has_a_note_that_says_why(name: str) -> None:
    played = outcomes(name, "modelled")
    verdicts = {criterion: {one["criteria"][criterion] for one in played} for criterion in stated(name)}
    foregone = {criterion for criterion, found in verdicts.items() if len(found) == 1}
    assert foregone - infeasible(name) <= set(prepared(name).loaded.scenario.notes)


@every_scenario
def test_its_id_is_the_name_of_its_file_and_its_codename_gives_nothing_away(name: str) -> None:
    scenario = prepared(name).loaded.scenario
    assert scenario.scenario == name
    told = f"{name} {scenario.title}".lower()
    assert scenario.codename.lower() not in told
    services = prepared(name).loaded.organization.services
    assert not any(word in scenario.brief.lower() for fault in scenario.faults for word in (fault.on, fault.kind))
    assert not any(services[fault.on].title.lower() in scenario.brief.lower() for fault in scenario.faults)
