"""A real incident as people and programs see it: one document, a few lines, and its news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from drills.incident.case import DRY_RUN, INPUTS, Case
from scoring.wording import harmless, sentence
from simulator.events import EVENT_TYPES
from simulator.journal import Record

COMMANDS = {
    "acknowledge": "ack",
    "join": "join",
    "tick": "tick",
    "change_severity": "severity",
    "investigate": "investigate",
    "identify": "identify",
    "start_mitigation": "mitigate",
    "finish_mitigation": "mitigate --done",
    "monitor": "monitor",
    "update": "update",
    "verify": "verify",
    "resolve": "resolve",
    "reopen": "reopen",
}
"""How an action is typed; one that is not here has no command of its own, and `do` before its name."""

_SENDING = frozenset({"delivered", "delivery_failed", "delivery_abandoned"})


def document(case: Case) -> dict[str, Any]:
    """The incident as JSON data."""
    stated = case.journal.records[0]
    workflow = case.workflow
    due_ms = workflow.next_deadline()
    return {
        "id": workflow.incident_id,
        "severity": workflow.severity,
        "title": stated["title"],
        "status": workflow.state,
        "created_at": stated["created_at"],
        "declared_by": stated["person"],
        "organization": case.organization.organization,
        "roles": dict(workflow.roles),
        "allowed": list(workflow.allowed_actions()),
        "next_deadline": None if due_ms is None else clock_time(case.starts_at, due_ms),
        "commands": commands(case.journal.records),
    }


def commands(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Every command, each once, and how far it got: waiting, shown, delivered, failed or abandoned."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        kind = record["type"]
        if EVENT_TYPES[kind].command:
            row = found.setdefault(record["key"], {"key": record["key"], "command": kind, "to": _receiver(record)})
            row["outcome"] = "waiting"
        elif kind == "outcome_received":
            shown = record["reference"] == DRY_RUN
            outcome = ("shown" if shown else "delivered") if record["delivered"] else "failed"
            found[record["key"]].update(tool=record["tool"], status=record["status"], outcome=outcome)
        elif kind == "delivery_abandoned" and found[record["key"]]["outcome"] == "waiting":
            found[record["key"]]["outcome"] = "abandoned"
    return list(found.values())


def allowed(actions: Iterable[str]) -> str:
    """What can be done now, as it is typed."""
    return ", ".join(COMMANDS.get(action, f"do {action}") for action in actions) or "nothing"


def lines(case: Case) -> list[str]:
    """The incident in a few lines."""
    found = document(case)
    roles = ", ".join(f"{role} {person}" for role, person in found["roles"].items()) or "none taken"
    rows = [
        headline(found),
        f"  declared {found['created_at']} by {found['declared_by']}; roles: {roles}",
        f"  next deadline: {found['next_deadline'] or 'none'}",
        f"  allowed now: {allowed(found['allowed'])}",
    ]
    unsent = [row for row in found["commands"] if row["outcome"] in {"waiting", "failed"}]
    return [*rows, *(f"  {row['outcome']}: {row['command']} {row['to']}" for row in unsent)]


def headline(found: Mapping[str, Any]) -> str:
    """An incident's document on one line."""
    return f"{found['id']} {found['severity']} {found['status']}: {found['title']}"


def is_news(record: Record) -> bool:
    """Whether a record is to be told, beside what becomes of commands, which is told when they are sent."""
    kind = record["type"]
    return kind not in INPUTS and kind not in _SENDING and not EVENT_TYPES[kind].command


def told(record: Record, starts_at: datetime) -> str:
    """A record in words, with the time of day in UTC."""
    kept = {name: value for name, value in record.items() if name != "next_update_by_ms"}
    promised_ms = record.get("next_update_by_ms")
    promise = "" if promised_ms is None else f"; the next is promised by {_time_of_day(starts_at, promised_ms)}"
    return f"{_time_of_day(starts_at, record['at_ms'])} {harmless(sentence(kept))}{promise}"


def clock_time(starts_at: datetime, at_ms: int) -> str:
    """A moment of the incident on the calendar, to the second."""
    return (starts_at + timedelta(milliseconds=at_ms)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time_of_day(starts_at: datetime, at_ms: int) -> str:
    return clock_time(starts_at, at_ms)[11:19]


def _receiver(record: Record) -> str:
    return str(record.get("to") or record.get("channel") or record.get("title") or record.get("status") or "")
