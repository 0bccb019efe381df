"""Every scenario of the library keeps the promises of its own `expect`, and explains what is never or always met."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest

from drills.runner import Prepared, play, prepare
from scenarios.loading import library_scenarios
from scenarios.scenario import Expectation
from scoring.feasibility import findings
from scoring.scorecard import outcome
from simulator.milestones import milestones
from simulator.responders.treatments import TreatmentName

SEEDS = range(1, 1 + int(os.environ.get("GAMEDAY_SEEDS", "30")))
"""`make proofs` plays a thousand."""

every_scenario = pytest.mark.parametrize("name", list(library_scenarios()))


@cache
def prepared(name: str) -> Prepared:
    return prepare(name)


@cache
def outcomes(name: str, treatment: TreatmentName) -> list[dict[str, Any]]:
    journals = (play(prepared(name), seed, treatment, wired=False) for seed in SEEDS)
    return [{**outcome(journal), "recovered": "recovered" in milestones(journal)} for journal in journals]


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
    if expected.impact == "never" and any(one["measures"]["time_to_mitigate"] != "not_applicable" for one in played):
        broken.append("impact: never")
    if expected.recovered == "always" and not all(one["recovered"] for one in played):
        broken.append("recovered: always")
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
def test_it_proves_itself_under_each_treatment_and_explains_what_is_foregone(name: str) -> None:
    """In one test a scenario, since all of it looks at the same drills."""
    scenario = prepared(name).loaded.scenario
    assert set(scenario.expect) >= {"absent", "ideal"}, "a scenario says what comes of it untreated and treated ideally"
    broken = {treatment: broken_promises(name, treatment, expected) for treatment, expected in scenario.expect.items()}
    assert not any(broken.values()), broken

    played = outcomes(name, "modelled")
    assert not any(one["invalid"] for one in played), "every drill of it proves something"

    hopeless = infeasible(name)
    assert hopeless <= set(scenario.notes), "a criterion that cannot be met has a note that says why"
    verdicts = {criterion: {one["criteria"][criterion] for one in played} for criterion in stated(name)}
    foregone = {criterion for criterion, found in verdicts.items() if len(found) == 1} - hopeless
    assert foregone <= set(scenario.notes), "a criterion that is always or never met has a note that says why"


@every_scenario
def test_it_says_what_it_is_after_and_what_is_practised_and_the_cause_can_be_found(name: str) -> None:
    scenario = prepared(name).loaded.scenario
    assert scenario.precedent
    assert scenario.objectives
    assert any(finding.decisive for finding in scenario.findings)
    assert any(mitigation.harmful for mitigation in scenario.mitigations)


def test_every_severity_is_the_true_one_somewhere() -> None:
    loaded = [prepared(name).loaded for name in library_scenarios()]
    seiketsu = [one for one in loaded if one.organization.organization == "seiketsu"]
    assert {one.scenario.severity for one in seiketsu} == set(seiketsu[0].organization.severities)


def test_playbooks_and_runbooks_hold_the_right_action_somewhere() -> None:
    """But for the one that only looks, which its scenarios' notes say."""
    right: set[str] = set()
    loaded = [prepared(name).loaded for name in library_scenarios()]
    for one in loaded:
        right |= {mitigation.action for mitigation in one.scenario.mitigations if not mitigation.harmful}
    organization = next(one.organization for one in loaded if one.organization.organization == "seiketsu")
    playbooks = next(one.playbooks for one in loaded if one.organization.organization == "seiketsu")
    assert [name for name, steps in playbooks.items() if not right & set(steps)] == ["service_unavailable"]
    assert all(right & set(runbook.immediate) for runbook in organization.runbooks.values())


@every_scenario
def test_its_id_is_the_name_of_its_file_and_its_codename_gives_nothing_away(name: str) -> None:
    scenario = prepared(name).loaded.scenario
    assert scenario.scenario == name
    told = f"{name} {scenario.title}".lower()
    assert scenario.codename.lower() not in told
    services = prepared(name).loaded.organization.services
    assert not any(word in scenario.brief.lower() for fault in scenario.faults for word in (fault.on, fault.kind))
    assert not any(services[fault.on].title.lower() in scenario.brief.lower() for fault in scenario.faults)
