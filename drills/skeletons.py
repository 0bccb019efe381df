"""Beginnings of scenarios and organisations that pass `gameday check`, and drafts from what happened in truth."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from drills.library import write_new
from scenarios.fields import format_duration
from scenarios.loading import library_organizations, load_organization
from scenarios.organization import Organization
from scenarios.problems import InputError, Problem
from simulator.faults import KINDS

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_CODENAMES = ("bollard", "cleat", "davit", "fathom", "gangway", "hawser", "keel", "leeway", "spar", "topmast")
MINUTE = 60_000

SCENARIO = """\
scenario: {name}
title: {title}
codename: {codename} # what players see instead of id and title
organization: {organization}
difficulty: 2 # from 1 to 5
starts_at: {starts_at}
duration: {duration}
precedent: {precedent}
objectives: [{objective}]
brief: >-
  What the players are told before they start. It names neither what breaks nor how.
severity: {severity} # the true one
faults:
  - {{id: trouble, on: {service}, kind: errors, ratio: 40%, status: 503, at: 10m, for: {lasts}}}
injects:
  - {{id: first-message, at: 20m, to: {role}, says: "What somebody writes to this role."}}
findings:
  - {{id: what-tells, method: {method}, says: "What the decisive look reveals.", decisive: true, points_to: {service}}}
mitigations:
  - {{action: {action}, effect: {{service: {service}, ends_fault: trouble}}}}
criteria:
  mitigated: {{within: {within}}}
  communication: {{internal_every: 30m}}
expect: # the scenario's own test
  absent: {{mitigated: never}}
  ideal: {{met: feasible}}
"""


def new_scenario(name: str, organization: str, timeline: Path | None) -> Path:
    """Write ``NAME.yaml`` here, a scenario that passes `gameday check`; drafted from a past incident's timeline if one
    is given. InputError where it cannot be.
    """
    _check_name(name)
    loaded = load_organization(organization, KINDS)
    drafted = _drafted(timeline) if timeline is not None else {}
    path = Path(f"{name}.yaml")
    reference = organization if organization in library_organizations() else str(Path(organization))
    write_new(path, SCENARIO.format(**{**_defaults(name, reference, loaded.organization), **drafted}))
    return path


def new_organization(name: str) -> Path:
    """Write a folder NAME with a small organisation that passes `gameday check`, made after the library's web shop."""
    _check_name(name)
    source, folder = library_organizations()["webshop"].parent, Path(name)
    if folder.exists():
        raise InputError([Problem(name, 0, 0, "", "exists already; choose another name")])
    try:
        shutil.copytree(source, folder)
        path = folder / "organization.yaml"
        text = path.read_text(encoding="utf-8")
        text = re.sub(
            r"\A(?:#.*\n)+", f"# {name}: made after a small web shop. Change what is not so with you.\n", text
        )
        text = text.replace("organization: webshop", f"organization: {name}").replace(
            "title: Halm & Korn", f"title: {name}"
        )
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(name, 0, 0, "", f"cannot be written: {error.strerror}")]) from error
    return path


def make(kind: str, name: str, organization: str, timeline: Path | None) -> None:
    """What `gameday new` does."""
    path = new_scenario(name, organization, timeline) if kind == "scenario" else new_organization(name)
    click.echo(f"Wrote {path}. Check it with: gameday check {path}")


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise InputError([Problem("", 0, 0, "", f'"{name}" cannot be a name (expected letters a to z, digits and -)')])


def _defaults(name: str, reference: str, organization: Organization) -> dict[str, Any]:
    """A service that users meet, an action that changes something, and other names that the organisation has."""
    facing = [key for key, one in organization.services.items() if one.user_facing]
    cores = [key for key in facing if organization.services[key].core] or facing
    changes = [key for key, one in organization.actions.items() if one.kind == "change"]
    broken = next((row.severity for row in organization.impact_matrix if row.core_features_work is False), None)
    problems = []
    if not changes:
        problems.append("the organisation's catalogue has no action that changes anything")
    if not organization.investigation:
        problems.append("the organisation states no methods of investigation")
    if problems:
        raise InputError([Problem(reference, 0, 0, "", problem) for problem in problems])
    return {
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "codename": _CODENAMES[sum(map(ord, name)) % len(_CODENAMES)],
        "organization": reference,
        "starts_at": "2025-11-04T14:00:00Z",
        "duration": "90m",
        "precedent": "The incident after which it is made",
        "objective": "What is to be practised",
        "severity": broken or next(iter(organization.severities)),
        "service": cores[0],
        "lasts": "80m",
        "role": next(iter(organization.roles)),
        "method": next(iter(organization.investigation)),
        "action": changes[0],
        "within": "60m",
    }


def _drafted(path: Path) -> dict[str, Any]:
    """What a timeline of a past incident says: an incident of an incident log, the first of the file."""
    from scenarios.documents import read_document
    from scenarios.incident_log import read_incident_log

    log = read_incident_log(read_document(path))
    if not log.incidents:
        raise InputError([Problem(str(path), 0, 0, "", "holds no incident")])
    incident = log.incidents[0]
    begun = incident.impact[0].from_ if incident.impact else incident.created_at
    over = max((stretch.to for stretch in incident.impact), default=None) if incident.impact else incident.resolved_at
    lasted = max(10 * MINUTE, _ms(begun, over)) if over is not None else 80 * MINUTE
    lasted = min(lasted, 24 * 60 * MINUTE)
    return {
        "title": _quoted(incident.title),
        "starts_at": begun.isoformat(),
        "precedent": _quoted(f"{incident.id}, {begun.date().isoformat()}"),
        "objective": _quoted(incident.root_cause or "What is to be practised"),
        "duration": format_duration(lasted + 10 * MINUTE),
        "lasts": format_duration(lasted),
        "within": format_duration(max(10 * MINUTE, lasted * 3 // 4)),
    }


def _ms(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds() * 1000) // MINUTE * MINUTE


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
