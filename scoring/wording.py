"""What each record says, as a sentence; and how times, shares and names are written for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]


def moment(at_ms: int) -> str:
    """Drill time as ``m:ss``: the second in which it fell."""
    return _clock(at_ms // 1000)


def elapsed(value_s: float) -> str:
    """A length of time as ``m:ss``, a begun second counted whole, so that what exceeds a limit also looks so."""
    return _clock(-int(-value_s // 1))


def _clock(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes}:{rest:02d}"


def plain(name: str) -> str:
    """An identifier as words: ``communication_lead`` is ``communication lead``."""
    return name.replace("_", " ")


def percent(share: float) -> str:
    """A share from 0 to 1: ``41 %``; one decimal near the ends, where it must not look like none or all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    figure = f"{share * 100:.0f}" if 0.0995 <= share < 0.995 else f"{share * 100:.1f}"
    return f"{figure.removesuffix('.0')} %"


def latency(milliseconds: float) -> str:
    """``850 ms``, or ``2.3 s`` from a second on."""
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"


def listed(names: object) -> str:
    """``a``, ``a and b``, ``a, b and c``; ``nothing`` of an empty list."""
    words = [plain(str(name)) for name in names] if isinstance(names, list | tuple) else [plain(str(names))]
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def signal(kind: str, name: str) -> str:
    """The way in which trouble became known: ``alert HighErrorRate``, ``a customer``."""
    if kind == "customer":
        return "a customer"
    if kind == "team":
        return "an engineer who looked"
    return f"{plain(kind)} {name}"


_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), None),
    **dict.fromkeys((0x9, 0xA, 0xB, 0xC, 0xD, 0x85, 0x2028, 0x2029), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), None),
}
"""Of Unicode: the control characters, those among them that part words or lines, and what overrides the direction."""


def harmless(text: str) -> str:
    """The text without characters that move a terminal's cursor, colour it, begin a line or turn the order round."""
    return text.translate(_CONTROLS)


def sentence(record: Record) -> str:
    """The record in words, without its time; plain text, not markup."""
    words = _SENTENCES[record["type"]]
    text = words if isinstance(words, str) else words(record)
    first = text.split(" ", 1)[0]
    # Identifiers such as alice.engineer stand as they are.
    return text if "." in first else text[0].upper() + text[1:]


def _labels(record: Record) -> str:
    labels = record["labels"]
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    text = ", ".join(f"{name}={value}" for name, value in pairs if name != "alertname")
    return f" ({text})" if text else ""


def _health(record: Record) -> str:
    return f"{percent(record['error_ratio'])} of requests fail, p95 {latency(record['latency_p95_ms'])}"


def _promise(record: Record) -> str:
    promised = record.get("next_update_by_ms")
    return f"; the next is promised by {moment(promised)}" if promised is not None else ""


def _reference(record: Record) -> str:
    return f" as {record['reference']}" if record.get("reference") else ""


def _retry(record: Record) -> str:
    retry = record["retry_at_ms"]
    return "given up" if retry is None else f"next try at {moment(retry)}"


def _again(record: Record) -> str:
    return f" (try {record['attempt']})" if record["attempt"] > 1 else ""


def _judged(record: Record) -> str:
    return f"In truth, {plain(record['cause'])} is {'the' if record['right'] else 'not the'} cause"


def _held(record: Record) -> str:
    return "what the team did" if record["by"] == "mitigation" else "the fault ending by itself"


def _update(record: Record) -> str:
    names = {"internal": "an internal update", "customers": "a customer update"}
    return names.get(record["audience"], f"an update for {plain(record['audience'])}")


def _override(record: Record) -> str:
    return f" although its recovery was not verified: {record['override']}" if record.get("override") else ""


def _listed_items(items: object) -> str:
    return listed([str(item).replace("-", " ") for item in items] if isinstance(items, list | tuple) else items)


def _ticked_by(record: Record) -> str:
    return f", by {record['person']}" if record.get("person") else ""


def _playbook(record: Record) -> str:
    return f"playbook {plain(record['playbook'])}" if record["playbook"] else "no playbook"


_SENTENCES: dict[str, str | Callable[[Record], str]] = {
    "drill_started": "The drill started",
    "drill_ended": "The drill ended",
    "fault_started": lambda r: f"Fault {r['fault']} ({plain(r['kind'])}) began on {plain(r['service'])}",
    "fault_took_effect": lambda r: f"Fault {r['fault']} changed what requests to {plain(r['service'])} meet",
    "fault_changed": lambda r: f"Fault {r['fault']} on {plain(r['service'])} turned {r['level']}",
    "fault_ended": lambda r: f"Fault {r['fault']} on {plain(r['service'])} ended",
    "service_changed": lambda r: f"{plain(r['service'])}: {_health(r)}",
    "objective_left": lambda r: f"Users of {plain(r['service'])} are hurt: {_health(r)}",
    "objective_met": lambda r: f"Users of {plain(r['service'])} are served within the objective again",
    "worst_case_failed": lambda r: f"At the faults' worst, users of {listed(r['services'])} would be hurt",
    "worst_case_held": lambda r: f"Users would now be safe even at the faults' worst, by {_held(r)}",
    "mitigation_took_effect": lambda r: (
        f"{plain(r['action'])} took effect on {plain(r['service'])}{' and does harm' if r['harmful'] else ''}"
    ),
    "mitigation_wore_off": lambda r: f"What {plain(r['action'])} had brought along on {plain(r['service'])} ended",
    "cause_judged": _judged,
    "alert_pending": lambda r: f"Alert {r['alert']} began to wait out its for-duration{_labels(r)}",
    "alert_dropped": lambda r: f"Alert {r['alert']} stopped waiting: its condition no longer held{_labels(r)}",
    "alert_fired": lambda r: f"Alert {r['alert']} fired{_labels(r)}",
    "alert_resolved": lambda r: f"Alert {r['alert']} resolved{_labels(r)}",
    "alert_notified": lambda r: f"Alert {r['alert']} reached the response process{_labels(r)}: {r['summary']}",
    "alert_received": lambda r: f"Alertmanager told of {r['alert']}{_labels(r)}: {r['summary']}",
    "probe_failed": lambda r: f"Probe {plain(r['probe'])} found {plain(r['service'])} failing",
    "probe_recovered": lambda r: f"Probe {plain(r['probe'])} found {plain(r['service'])} working again",
    "customer_reported": lambda r: f"A customer's report about {plain(r['service'])} came through support",
    "team_noticed": lambda r: f"{r['person']} noticed trouble with {plain(r['service'])} on a dashboard",
    "inject_given": lambda r: f"Inject {r['inject']} to {listed(r['to'])}: {r['says']}",
    "incident_triggered": lambda r: f"The response process learned of trouble from {signal(r['kind'], r['name'])}",
    "signal_added": lambda r: f"A further signal came in from {signal(r['kind'], r['name'])}",
    "page_timed_out": lambda r: f"Nobody acknowledged at escalation level {r['level']} in time",
    "runbook_opened": lambda r: f"The runbook {plain(r['runbook'])} applies, by alert {r['alert']}",
    "acknowledgement_expired": lambda r: f"Nothing came of it for too long after {r['person'] or 'somebody'} took it",
    "page_acknowledged": lambda r: f"{r['person']} acknowledged the page",
    "incident_declared": lambda r: f"{r['person']} declared {r['incident']} ({r['severity']}): {r['title']}",
    "severity_changed": lambda r: (
        f"{r['person']} changed the severity from {r['before']} to {r['after']}: {r['reason']}"
    ),
    "role_joined": lambda r: f"{r['person']} joined as {plain(r['role'])}",
    "team_assembled": lambda r: f"Every required role has joined: {listed(r['roles'])}",
    "incident_escalated": lambda r: f"Escalated to {listed(r['to'])}: {plain(r['reason'])}",
    "investigation_started": lambda r: f"{r['person']} began to investigate",
    "examination_started": lambda r: f"{r['person']} began to look at: {plain(r['method'])}",
    "finding_revealed": lambda r: f"{r['person']} found out: {r['says']}",
    "examination_finished": lambda r: f"{r['person']} finished looking at: {plain(r['method'])}",
    "cause_identified": lambda r: f"{r['person']} named the cause: {plain(r['cause'])}",
    "approval_asked": lambda r: f"{r['person']} asked the {plain(r['role'])} to approve: {plain(r['action'])}",
    "approval_given": lambda r: f"{r['person']} approved: {plain(r['action'])}",
    "approval_declined": lambda r: f"{r['person']} declined {plain(r['action'])}: {r['reason']}",
    "approval_lapsed": lambda r: f"The {plain(r['role'])} did not answer in time about: {plain(r['action'])}",
    "mitigation_started": lambda r: f"{r['person']} began: {plain(r['action'])} ({_playbook(r)})",
    "mitigation_finished": lambda r: f"{r['person']} finished: {plain(r['action'])}",
    "monitoring_started": lambda r: f"{r['person']} began to watch whether the fix holds",
    "update_posted": lambda r: f"{r['person']} wrote {_update(r)}: {plain(r['status'])}{_promise(r)}",
    "update_overdue": lambda r: f"{_update(r)} is overdue",
    "verification_finished": lambda r: (
        f"{r['person']} finished the recovery checks: {'passed' if r['passed'] else 'not passed'}"
    ),
    "incident_still_open": lambda r: f"Nothing has come of the incident for a while; it is still {plain(r['state'])}",
    "checklist_opened": lambda r: f"Checklist to work through: {plain(r['checklist'])}",
    "items_ticked": lambda r: (
        f"{'Ticked' if r.get('person') else 'Proved'}: {_listed_items(r['items'])}{_ticked_by(r)}"
    ),
    "checklist_due": lambda r: f"Not done in time ({plain(r['checklist'])}): {_listed_items(r['missing'])}",
    "incident_resolved": lambda r: f"{r['person']} resolved the incident{_override(r)}",
    "incident_reopened": lambda r: f"{r.get('person') or signal(r['kind'], r['name'])} reopened the incident",
    "incident_closed": "The incident was closed",
    "action_refused": lambda r: f"{plain(r['action'])} by {r['person']} was refused: {r['reason']}",
    "declaration_received": lambda r: f"{r['person']} asked to declare {r['incident']} ({r['severity']}): {r['title']}",
    "act_received": lambda r: f"{r['person']} asked to {plain(r['action'])}",
    "outcome_received": lambda r: (
        f"{plain(r['tool'])} answered {r['key']}: {r['error'] or r['reference'] or r['status']}"
    ),
    "page": lambda r: f"Page {listed(r['to'])}{_again(r)}: {r['summary']}",
    "post": lambda r: f"Post to {r['channel']}{_again(r)}: {r['text']}",
    "open_ticket": lambda r: f"Open a ticket{_again(r)}: {r['title']}",
    "publish": lambda r: f"Publish on the status page{_again(r)}, {plain(r['status'])}: {r['text']}",
    "send_email": lambda r: f"Write to the customers{_again(r)}: {r['subject']}",
    "notify_in_app": lambda r: f"Show a notice in the product{_again(r)}, {plain(r['status'])}: {r['text']}",
    "delivered": lambda r: f"{plain(r['tool'])} took the message ({r['status']}){_reference(r)}",
    "delivery_failed": lambda r: (
        f"{plain(r['tool'])} did not take the message ({r['status'] or r['error']}); {_retry(r)}"
    ),
    "delivery_abandoned": lambda r: f"No further try of {r['key']} will be made: {plain(r['reason'])}",
}
"""One a row of the event table: a type without a sentence could not be shown as evidence."""
