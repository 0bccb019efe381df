"""Every type of record that a journal may hold, who may see it, and what it carries.

Events are facts in the past tense, commands are imperatives; both are rows of one table, so that a new type cannot be
recorded without saying who may see it. Unless it says otherwise a type is for the facilitator alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Audience = Literal["facilitator", "players", "everyone"]


@dataclass(frozen=True, slots=True)
class EventType:
    """A row of the table: the type's fields in order, and its audience."""

    fields: tuple[str, ...]
    audience: Audience = "facilitator"
    optional: tuple[str, ...] = ()
    command: bool = False
    """Whether it asks something of the outside (recorded before it is sent)."""


def _truth(*fields: str, optional: tuple[str, ...] = ()) -> EventType:
    return EventType(fields, "facilitator", optional)


def _seen(*fields: str, optional: tuple[str, ...] = ()) -> EventType:
    return EventType(fields, "players", optional)


def _command(*fields: str, optional: tuple[str, ...] = ()) -> EventType:
    return EventType(("key", "attempt", *fields), "players", optional, command=True)


EVENT_TYPES: dict[str, EventType] = {
    # The drill and the world's truth.
    "drill_started": EventType((), "everyone"),
    "drill_ended": EventType((), "everyone"),
    "fault_started": _truth("fault", "service", "kind"),
    "fault_changed": _truth("fault", "service", "level"),
    "fault_took_effect": _truth("fault", "service"),  # The first time that it changed what a request would meet.
    "fault_ended": _truth("fault", "service"),
    "service_changed": _truth("service", "error_ratio", "latency_p95_ms", "requests_per_s"),
    "objective_left": _truth("service", "error_ratio", "latency_p95_ms"),
    "objective_met": _truth("service"),
    "worst_case_failed": _truth("services"),
    "worst_case_held": _truth("by"),  # "mitigation" or "fault_end"
    "mitigation_took_effect": _truth("action", "service", "harmful"),
    "cause_judged": _truth("cause", "right"),
    # What can be seen of the world.
    "alert_pending": _seen("alert", "labels", "value"),
    "alert_dropped": _seen("alert", "labels"),
    "alert_fired": _seen("alert", "labels", "value"),
    "alert_resolved": _seen("alert", "labels"),
    "alert_notified": _seen("alert", "labels", "severity", "summary"),
    "probe_failed": _seen("probe", "service"),
    "probe_recovered": _seen("probe", "service"),
    "customer_reported": _seen("service"),
    "team_noticed": _seen("person", "service"),
    "inject_given": _seen("inject", "to", "says"),
    # The response.
    "incident_triggered": _seen("kind", "name"),
    "signal_added": _seen("kind", "name"),
    "page_timed_out": _seen("level"),
    "page_acknowledged": _seen("person"),
    "incident_declared": _seen("person", "incident", "severity", "title"),
    "role_joined": _seen("person", "role"),
    "team_assembled": _seen("roles"),
    "incident_escalated": _seen("to", "reason"),
    "investigation_started": _seen("person"),
    "cause_identified": _seen("person", "cause"),
    "mitigation_started": _seen("person", "action", "playbook"),
    "mitigation_finished": _seen("person", "action"),
    "monitoring_started": _seen("person"),
    "update_posted": _seen("person", "audience", "status", optional=("next_update_by_ms",)),
    "update_overdue": _seen("audience"),
    "verification_finished": _seen("person", "passed"),
    "incident_resolved": _seen("person"),
    "incident_reopened": _seen("person"),
    "incident_closed": _seen(),
    "incident_still_open": _seen("state"),  # nothing has happened about it for a while
    "action_refused": _seen("person", "action", "reason"),
    # Commands, and what became of them.
    "page": _command("to", "summary", "severity", "reason"),
    "post": _command("channel", "text"),
    "open_ticket": _command("title", "severity", "text"),
    "publish": _command("status", "text", "impact"),
    "delivered": _seen("key", "tool", "status", optional=("reference",)),
    "delivery_failed": _seen("key", "tool", "status", "error", "retry_at_ms"),
    "delivery_abandoned": _seen("key", "reason"),  # no further attempt will be made
}


def check(kind: str, fields: dict[str, object]) -> None:
    """Assert that a record of this type carries exactly the fields of its row."""
    row = EVENT_TYPES[kind]
    missing = [name for name in row.fields if name not in fields]
    unknown = [name for name in fields if name not in row.fields and name not in row.optional]
    assert not missing and not unknown, f"{kind}: missing {missing}, unknown {unknown}"
