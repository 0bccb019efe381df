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
    """A row of the table: what such a record says, its fields in order, and its audience."""

    means: str
    """One sentence, which the reference of the journal shows."""
    fields: tuple[str, ...]
    audience: Audience = "facilitator"
    optional: tuple[str, ...] = ()
    command: bool = False
    """Whether it asks something of the outside (recorded before it is sent)."""


def _truth(fields: str, means: str) -> EventType:
    return EventType(means, tuple(fields.split()), "facilitator")


def _seen(fields: str, means: str, optional: str = "") -> EventType:
    return EventType(means, tuple(fields.split()), "players", tuple(optional.split()))


def _command(fields: str, means: str) -> EventType:
    return EventType(means, ("key", "attempt", *fields.split()), "players", command=True)


EVENT_TYPES: dict[str, EventType] = {
    # The drill.
    "drill_started": EventType("The first record.", (), "everyone"),
    "drill_ended": EventType("The world stops; what a resolved incident still waits for may follow.", (), "everyone"),
    # The world's truth.
    "fault_started": _truth("fault service kind", "A fault began."),
    "fault_changed": _truth("fault service level", "A fault went to another level, such as `good` to `bad`."),
    "fault_took_effect": _truth("fault service", "A fault changed, for the first time, what a request would meet."),
    "fault_ended": _truth("fault service", "A fault ended, by itself or by a mitigation."),
    "service_changed": _truth(
        "service error_ratio latency_p95_ms requests_per_s", "What a request to a user-facing service now meets."
    ),
    "objective_left": _truth(
        "service error_ratio latency_p95_ms", "A user-facing service left its objective; the first time is the impact."
    ),
    "objective_met": _truth("service", "A user-facing service is back within its objective."),
    "worst_case_failed": _truth("services", "With every active fault at its worst, these miss their objectives."),
    "worst_case_held": _truth("by", "Objectives hold at the worst again, by a `mitigation` or a `fault_end`."),
    "mitigation_took_effect": _truth("action service harmful", "An action changed the running system."),
    "mitigation_wore_off": _truth("action service", "The failing or slowing that an action brought along ended."),
    "cause_judged": _truth("cause right", "Whether the cause that was named is a true one."),
    # What can be seen of the world.
    "alert_pending": _seen("alert labels value", "An alert's condition holds, and its `for` begins."),
    "alert_dropped": _seen("alert labels", "The condition ceased to hold before `for` had passed."),
    "alert_fired": _seen("alert labels value", "The condition has held for `for`."),
    "alert_resolved": _seen("alert labels", "The condition of a firing alert no longer holds."),
    "alert_notified": _seen(
        "alert labels severity summary",
        "An alert's group notified; this is the signal. `receiver` and `policy` are there where a file names them.",
        "receiver policy",
    ),
    "alert_received": _seen(
        "alert labels severity summary receiver", "A real Alertmanager told of an alert; this is the signal.", "policy"
    ),
    "probe_failed": _seen("probe service", "An uptime monitor told of failed checks in a row."),
    "probe_recovered": _seen("probe service", "An uptime monitor sees the service working again."),
    "customer_reported": _seen("service", "Support passed on what a customer wrote."),
    "team_noticed": _seen("person service", "An engineer who looked saw that something is wrong."),
    "inject_given": _seen("inject to says", "The exercise handed a message to a role."),
    # The response.
    "incident_triggered": _seen("kind name", "The first signal reached the response process."),
    "signal_added": _seen("kind name", "A further signal reached the response process."),
    "page_timed_out": _seen("level", "Nobody of an escalation level answered in time."),
    "runbook_opened": _seen("runbook alert", "An alert was told of whose runbook is to be followed."),
    "acknowledgement_expired": _seen(
        "person", "Nothing happened for too long after the person took it: they and whoever is on call are paged again."
    ),
    "page_acknowledged": _seen("person", "A person took the page."),
    "incident_declared": _seen("person incident severity title", "A person opened the incident."),
    "severity_changed": _seen("person before after reason", "A person classified the open incident anew."),
    "role_joined": _seen("person role", "A person took a role."),
    "team_assembled": _seen("roles", "Every role that the severity requires is taken."),
    "incident_escalated": _seen("to reason", "Somebody is called in because of the severity or the time passed."),
    "investigation_started": _seen("person", "A person began to look for the cause."),
    "examination_started": _seen("person method", "A person began to look for the cause in one way."),
    "finding_revealed": _seen("person method finding says", "Looking for the cause brought something to light."),
    "examination_finished": _seen("person method", "A person is done with one way of looking."),
    "cause_identified": _seen("person cause", "A person named a cause, rightly or not."),
    "approval_asked": _seen("person action role", "A person wants to make a change to which a role has to agree."),
    "approval_given": _seen("person action", "The role agreed; the change begins."),
    "approval_declined": _seen("person action reason asked_by", "The role did not agree."),
    "approval_lapsed": _seen("person action role", "The role did not answer in time what the person asked."),
    "mitigation_started": _seen("person action playbook", "A person began an action."),
    "mitigation_finished": _seen("person action", "A person finished an action."),
    "monitoring_started": _seen("person", "The team watches whether the fix holds."),
    "update_posted": _seen(
        "person audience status",
        "A person wrote an update; whether it arrived, the records of its command say.",
        optional="next_update_by_ms",
    ),
    "update_overdue": _seen("audience", "An update that was promised has not come."),
    "verification_finished": _seen(
        "person passed",
        "The recovery checks are done: `checks` is the result of the health checks, `technical` what monitoring shows.",
        optional="checks technical",
    ),
    "checklist_opened": _seen("checklist", "A checklist is to be worked through from now on."),
    "items_ticked": _seen(
        "checklist items", "Items are done: a person says so, or else the record that led here proves it.", "person"
    ),
    "checklist_due": _seen("checklist missing", "The time of a checklist is over, and these items are not done."),
    "incident_resolved": _seen(
        "person", "A person declared the incident over; `override` says why without a passed verification.", "override"
    ),
    "incident_reopened": _seen(
        "", "A resolved incident is open again, by a person or by a signal.", "person kind name"
    ),
    "incident_closed": _seen("", "The time that is waited after resolution has passed."),
    "incident_still_open": _seen("state", "Nothing has come of the incident for an hour."),
    "action_refused": _seen("person action reason", "A person tried what is not possible in this state."),
    # Inputs of an incident that is not simulated, from which all else follows.
    "declaration_received": _seen(
        "person incident severity title status created_at", "A declaration was taken; it also is the first signal."
    ),
    "act_received": _seen("person action fields", "What a person did was taken."),
    "outcome_received": _seen(
        "key attempt delivered tool status error reference", "A tool answered a command, or was not asked (`dry run`)."
    ),
    # Commands, and what became of them.
    "page": _command("to summary severity reason", "Page a person."),
    "post": _command("channel text", "Post in the channel."),
    "open_ticket": _command("title severity text", "Open a ticket."),
    "publish": _command("status text impact", "Publish on the status page."),
    "send_email": _command("to subject html", "Send a letter to the customers."),
    "notify_in_app": _command("status title text", "Show a notice in the product."),
    "delivered": _seen("key tool status", "A tool took a command.", optional="reference"),
    "delivery_failed": _seen(
        "key tool status error retry_at_ms", "A tool did not take a command; `retry_at_ms` is null after the last try."
    ),
    "delivery_abandoned": _seen("key reason", "No further try of a command will be made."),
}


def check(kind: str, fields: dict[str, object]) -> None:
    """Assert that a record of this type carries exactly the fields of its row."""
    row = EVENT_TYPES[kind]
    missing = [name for name in row.fields if name not in fields]
    unknown = [name for name in fields if name not in row.fields and name not in row.optional]
    assert not missing and not unknown, f"{kind}: missing {missing}, unknown {unknown}"
