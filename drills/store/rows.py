"""What the store's index says of a journal or of an incident log: rows by table, made from the file alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scenarios.fields import parse_instant
from scenarios.incident_log import IncidentLog, LoggedIncident
from scenarios.problems import InputError, Problem
from scoring.criteria import together
from scoring.scorecard import invalid, outcome
from simulator.journal import Journal
from simulator.journal_reader import is_real
from simulator.milestones import end, milestones

Row = dict[str, Any]

FIRST_RESPONSES = ("page_acknowledged", "incident_declared", "role_joined", "investigation_started")
"""The records that say that somebody has taken the incident up."""


@dataclass
class Rows:
    """Rows of each indexed table."""

    drills: list[Row] = field(default_factory=list)
    seats: list[Row] = field(default_factory=list)
    all_incidents: list[Row] = field(default_factory=list)
    impacts: list[Row] = field(default_factory=list)


def drill_id(journal: Journal) -> str:
    """The id of a drill: the same journal has the same one wherever its file lies."""
    sha256 = hashlib.sha256(journal.text().encode("utf-8", "surrogatepass")).hexdigest()
    return f"{journal.header['scenario']}-seed{journal.header['seed']}-{sha256[:12]}"


def journal_rows(journal: Journal, path: Path) -> Rows:
    """The drill, its incident if there was one, and who sat where; of a real incident only that.

    InputError if the records make no sense together.
    """
    try:
        return _real_rows(journal, path) if is_real(journal.header) else _drill_rows(journal, path)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        # Every record was read as one, but what they say contradicts itself in a way that only a damaged file has.
        message = f"the journal does not hold together ({type(error).__name__}: {error})"
        raise InputError([Problem(str(path), 0, 0, "", message)]) from error


def _moment(journal: Journal, at_ms: int) -> datetime:
    """The moment of a drill time."""
    starts_at = datetime.fromisoformat(journal.header["starts_at"]).astimezone(UTC)
    return starts_at + timedelta(milliseconds=at_ms)


def _drill_rows(journal: Journal, path: Path) -> Rows:
    header, name = journal.header, drill_id(journal)
    judged = list(outcome(journal)["criteria"].values())
    rows = Rows()
    rows.drills.append(
        {
            "id": name,
            **{key: header[key] for key in ("scenario", "title", "organization", "seed", "treatment", "version")},
            "starts_at": _moment(journal, 0),
            "ended_at": _moment(journal, end(journal).at_ms),
            "valid": not invalid(journal),
            "met": together(judged),
            "met_count": judged.count(True),
            "criteria_count": len(judged) - judged.count(None),
            "digest": journal.digest(),
            "path": str(path),
        }
    )
    people = set(header.get("humans", ()))
    joined = [record for record in journal.records if record["type"] == "role_joined"]
    for person, role in sorted({(record["person"], record["role"]) for record in joined}):
        first = min(one["at_ms"] for one in joined if (one["person"], one["role"]) == (person, role))
        seat = {"drill_id": name, "person": person, "role": role, "joined_at": _moment(journal, first)}
        rows.seats.append({**seat, "modelled": person not in people})
    incident = _incident(journal)
    if incident is not None:
        row = {"id": name, "drill_id": name, "is_drill": True, "organization": header["organization"]}
        rows.all_incidents.append({**row, **incident, "impact_known": True, "path": str(path)})
        rows.impacts += [
            {"incident_id": name, "started_at": _moment(journal, start), "ended_at": _moment(journal, stop)}
            for start, stop in hurt_stretches(journal)
        ]
    return rows


def _real_rows(journal: Journal, path: Path) -> Rows:
    """A real incident that was managed with gameday. Nobody but a simulation knows when customers were hurt."""
    header, rows = journal.header, Rows()
    incident = _incident(journal)
    if incident is not None:
        taken = [record for record in journal.records if record["type"] == "declaration_received"]
        if taken and taken[0].get("created_at"):
            incident["created_at"] = min(parse_instant(taken[0]["created_at"]), incident["created_at"])
        row = {"id": f"{header['organization']}/{header['incident']}", "drill_id": None, "is_drill": False}
        told = {"organization": header["organization"], "impact_known": False, "path": str(path)}
        rows.all_incidents.append({**row, **incident, **told, "number": header["incident"]})
    return rows


def _incident(journal: Journal) -> Row | None:
    """The incident of a journal; None if nobody heard of any trouble."""
    found = milestones(journal)
    declared = [record for record in journal.records if record["type"] == "incident_declared"]
    begun = [found[name].at_ms for name in ("detected", "declared") if name in found]
    if not begun:
        return None
    created_ms = min(begun)
    responses = (r["at_ms"] for r in journal.records if r["type"] in FIRST_RESPONSES and r["at_ms"] >= created_ms)
    times = {
        "created_at": created_ms,
        "first_response_at": min(responses, default=None),
        "declared_at": found["declared"].at_ms if "declared" in found else None,
        "resolved_at": found["resolved"].at_ms if "resolved" in found else None,
    }
    return {
        "number": declared[0]["incident"] if declared else None,
        "title": declared[-1]["title"] if declared else journal.header["title"],
        "severity": _severity(journal),
        "root_cause": _root_cause(journal),
        **{key: None if at_ms is None else _moment(journal, at_ms) for key, at_ms in times.items()},
    }


def _severity(journal: Journal) -> str:
    """The level at which the incident ended up; the scenario's true one if nobody ever said one."""
    said = str(journal.header.get("severity"))
    for record in journal.records:
        if record["type"] == "incident_declared":
            said = record["severity"]
        elif record["type"] == "severity_changed":
            said = record["after"]
    return said


def _root_cause(journal: Journal) -> str | None:
    """The cause that was rightly named; of a real incident, the last that was named."""
    if is_real(journal.header):
        causes = [record["cause"] for record in journal.records if record["type"] == "cause_identified"][::-1]
    else:
        judged = (record for record in journal.records if record["type"] == "cause_judged")
        causes = [record["cause"] for record in judged if record["right"]]
    services = journal.header.get("titles", {}).get("services", {})
    return services.get(causes[0], causes[0]) if causes else None


def hurt_stretches(journal: Journal) -> list[tuple[int, int]]:
    """When any user-facing service was outside its objective, in drill time; one that still is ends with the drill."""
    end_ms = end(journal).at_ms
    outside: dict[str, int] = {}
    stretches = []
    for record in journal.records:
        if record["type"] == "objective_left":
            outside.setdefault(record["service"], record["at_ms"])
        elif record["type"] == "objective_met" and record["service"] in outside:
            stretches.append((outside.pop(record["service"]), record["at_ms"]))
    return merged([*stretches, *((start, end_ms) for start in outside.values())])


def merged(stretches: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The stretches without overlaps and without those of no length, in order."""
    found: list[tuple[Any, Any]] = []
    for start, stop in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        elif start < stop:
            found.append((start, stop))
    return found


def log_rows(log: IncidentLog, path: Path) -> Rows:
    """The real incidents of a log."""
    rows = Rows()
    for one in log.incidents:
        rows.all_incidents.append(_logged(log.organization, one, path))
        stretches = merged((stretch.from_.astimezone(UTC), stretch.to.astimezone(UTC)) for stretch in one.impact or ())
        name = rows.all_incidents[-1]["id"]
        rows.impacts += [{"incident_id": name, "started_at": start, "ended_at": stop} for start, stop in stretches]
    return rows


def _logged(organization: str, one: LoggedIncident, path: Path) -> Row:
    return {
        "id": f"{organization}/{one.id}",
        "drill_id": None,
        "is_drill": False,
        "number": one.id,
        "organization": organization,
        "title": one.title,
        "severity": one.severity,
        "created_at": one.created_at,
        "first_response_at": one.first_response_at,
        "declared_at": None,
        "resolved_at": one.resolved_at,
        "impact_known": one.impact is not None,
        "root_cause": one.root_cause,
        "path": str(path),
    }
