"""Plays drills in virtual time: what all seeds share is prepared once, then one drill a seed."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from drills.adapters.wire import DirectWire, VirtualWire
from drills.cache import Entry, keep, recall
from drills.drill import Drill
from drills.response.channels import available
from drills.response.templates import Templates, compile_templates
from scenarios.documents import Document
from scenarios.loading import LoadedOrganization, LoadedScenario, load_scenario
from scenarios.problems import InputError, Problem, did_you_mean
from scenarios.profiles import DEFAULT as PROFILES
from scenarios.profiles import Profiles, load_profiles
from scoring.feasibility import Finding, findings
from simulator.faults import KINDS
from simulator.flow import Flow
from simulator.journal import Journal
from simulator.promql.semantics import NEWEST
from simulator.responders.treatments import TREATMENTS, TreatmentName
from simulator.rules import RuleGroup, RuleSet, compile_rules

if TYPE_CHECKING:
    from simulator.alertmanager.routing import Routing


@dataclass(frozen=True)
class Prepared:
    """A scenario and everything that does not depend on the seed."""

    reference: str
    """The scenario's library id or path, as it was asked for."""
    overrides: tuple[str, ...]
    loaded: LoadedScenario
    flow: Flow
    rules: RuleSet
    templates: Templates
    profiles: Profiles
    assumptions: Mapping[str, Any]
    """The profiles as JSON data, with the source and confidence of each parameter."""
    procedure: Mapping[str, Any]
    """Severities and checklists as JSON data, and which findings are decisive: what the procedure is judged by."""
    findings: Sequence[Finding]
    """The criteria that no response could meet."""


def prepare(reference: str, overrides: Sequence[str] = ()) -> Prepared:
    """Load a scenario by library id or path, with its organisation; InputError says everything that is wrong."""
    _, loaded, profiles, found = recall(reference, overrides) or _validate(reference, overrides)
    flow = Flow(loaded.organization)
    _check_steady_state(loaded, flow)
    return Prepared(
        reference=reference,
        overrides=tuple(overrides),
        loaded=loaded,
        flow=flow,
        rules=compile_organization_rules(loaded),
        templates=compile_templates(loaded.templates),
        profiles=profiles,
        assumptions=_assumptions(profiles),
        procedure=_procedure(loaded),
        findings=found,
    )


def _check_steady_state(loaded: LoadedScenario, flow: Flow) -> None:
    """Refuse a world in which users are hurt before anything has happened: nothing could be learned of it."""
    problems = [
        loaded.organization_document.problem(
            ("services", name, "objective"), f'"{name}" misses its objective on an ordinary day, so no drill can begin'
        )
        for name in flow.solve({}).broken
    ]
    if problems:
        raise InputError(problems)


def compile_organization_rules(loaded: LoadedOrganization | LoadedScenario) -> RuleSet:
    """The rules of an organisation's rule files and where their alerts go; InputError says all that is wrong there."""
    interval_ms = loaded.organization.monitoring.evaluation_interval
    version = loaded.organization.prometheus or NEWEST
    groups: list[RuleGroup] = []
    problems: list[Problem] = []
    for document in loaded.rule_documents:
        try:
            groups += compile_rules(document, interval_ms, version)
        except InputError as error:
            problems += error.problems
    routing = None
    if loaded.alertmanager_document is not None:
        try:
            routing = _routing(loaded, loaded.alertmanager_document)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return RuleSet(groups, routing)


def _routing(loaded: LoadedOrganization | LoadedScenario, document: Document) -> Routing:
    """Where alerts go; the organisation has to say whom each receiver pages that is not made to send nowhere."""
    from simulator.alertmanager.reading import read_alertmanager

    routing = read_alertmanager(document)
    settings = loaded.organization.monitoring
    known, file = settings.receivers, settings.alertmanager_file
    own = loaded.document if isinstance(loaded, LoadedOrganization) else loaded.organization_document
    problems = []
    for name in dict.fromkeys(route.receiver for route in routing.root.walk()):
        if name not in known and name not in routing.silent:
            message = f'nothing says whom the receiver "{name}" of {file} pages'
            expected = f"{json.dumps(name)}: default, another escalation policy, or none"
            problems.append(own.problem(("monitoring", "receivers"), message, expected=expected))
    for name in known:
        if name not in routing.receivers:
            message = f"{file} has no receiver of this name{did_you_mean(name, routing.receivers)}"
            problems.append(own.problem(("monitoring", "receivers", name), message, at_key=True))
    if problems:
        raise InputError(problems)
    return routing


def _validate(reference: str, overrides: Sequence[str]) -> Entry:
    """Read and check the inputs, and keep them for the next run."""
    loaded, profiles = load_scenario(reference, KINDS, overrides), load_profiles()
    digests = {**loaded.digests, PROFILES: hashlib.sha256(PROFILES.read_bytes()).hexdigest()}
    found = findings(loaded.organization, loaded.scenario, compile_organization_rules(loaded))
    entry = Entry(digests, loaded, profiles, found)
    keep(reference, overrides, entry)
    return entry


def play(prepared: Prepared, seed: int, treatment: TreatmentName = "modelled", wired: bool = True) -> Journal:
    """One drill from beginning to end. The journal is the same with and without HTTP between workflow and tools."""
    collecting = gc.isenabled()
    gc.disable()  # Nearly all that a drill makes lives until its end: looking for garbage meanwhile finds none.
    try:
        return _play(prepared, seed, treatment, wired)
    finally:
        if collecting:
            gc.enable()


def _play(prepared: Prepared, seed: int, treatment: TreatmentName, wired: bool) -> Journal:
    loaded = prepared.loaded
    scope = loaded.scenario.codename  # Players see it in the tools' references.
    wire = VirtualWire(loaded.organization, scope) if wired else DirectWire(loaded.organization, scope)
    try:
        drill = begin(prepared, seed, treatment, wire)
        journal = drill.run()
    finally:
        wire.close()
    journal.header.update(header(prepared, drill, seed, treatment))
    return journal


def begin(
    prepared: Prepared, seed: int, treatment: TreatmentName, wire: DirectWire | VirtualWire, *, watched: bool = False
) -> Drill:
    """A drill at its first moment."""
    return Drill(
        prepared.loaded,
        prepared.flow,
        prepared.rules,
        prepared.profiles,
        templates=prepared.templates,
        treatment=TREATMENTS[treatment],
        seed=seed,
        wire=wire,
        watched=watched,
    )


def header(prepared: Prepared, drill: Drill, seed: int, treatment: str) -> dict[str, Any]:
    """What the scorer has to know beside the records; it is not part of the digest."""
    scenario, organization = prepared.loaded.scenario, prepared.loaded.organization
    return {
        "version": program_version(),
        "scenario": scenario.scenario,
        "title": scenario.title,
        "codename": scenario.codename,
        "reference": prepared.reference,
        "overrides": list(prepared.overrides),
        "organization": organization.organization,
        "seed": seed,
        "treatment": treatment,
        "calibration": "uncalibrated",
        "starts_at": scenario.starts_at.isoformat(),
        "duration_ms": scenario.duration,
        "sustain_ms": scenario.sustain,
        "severity": scenario.severity,
        "titles": {
            "organization": organization.title,
            "services": {name: service.title for name, service in organization.services.items()},
            "people": {name: person.title for name, person in organization.people.items()},
        },
        "profiles": prepared.assumptions,
        "faults": [fault.id for fault in scenario.faults],
        **prepared.procedure,
        "criteria": plain(scenario.criteria),
        **({} if scenario.rating is None else {"rating": plain(scenario.rating)}),
        "objectives": {name: plain(objective) for name, objective in drill.world.flow.objectives.items()},
        "channels": list(available(organization)),
        "rules": drill.world.monitoring.coverage(),
        "inputs": {path.name: digest for path, digest in sorted(prepared.loaded.digests.items())},
    }


def _assumptions(profiles: Profiles) -> dict[str, Any]:
    parameters = [
        {"purpose": purpose, **plain(parameter), "values": [plain(value) for value in parameter.values]}
        for purpose, parameter in profiles.parameters.items()
    ]
    return {"id": profiles.profiles, "title": profiles.title, "parameters": parameters}


def _procedure(loaded: LoadedScenario) -> dict[str, Any]:
    organization = loaded.organization
    return {
        "severities": {name: plain(severity) for name, severity in organization.severities.items()},
        "checklists": {name: plain(checklist) for name, checklist in organization.checklists.items()},
        "findings": {finding.id: finding.decisive for finding in loaded.scenario.findings},
    }


@cache
def program_version() -> str:
    """The version of gameday, within which the same inputs give the same drills."""
    return metadata.version("gameday")


def plain(value: Any) -> Any:
    """A model as JSON data under the names of its file; what is not stated is left out."""
    if is_dataclass(value):
        pairs = ((field.name.rstrip("_"), getattr(value, field.name)) for field in fields(value))
        return {name: plain(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return [plain(inner) for inner in value]
    return value
