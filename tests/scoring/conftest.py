"""A drill as its journal would tell it, by hand: an intermittent dependency, a late detection, a fix that holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from simulator.journal import Journal

MINUTE = 60_000
FALLBACK = "fallback_to_text_interface"

HEADER: dict[str, Any] = {
    "scenario": "vendor-intermittent",
    "title": "Voice vendor intermittent",
    "codename": "harbour",
    "organization": "seiketsu",
    "seed": 1,
    "treatment": "modelled",
    "calibration": "uncalibrated",
    "starts_at": "2025-08-09T14:00:00+00:00",
    "duration_ms": 90 * MINUTE,
    "sustain_ms": 5 * MINUTE,
    "severity": "P1",
    "faults": ["flapping"],
    "criteria": {
        "detected": {"within": 5 * MINUTE, "from": "impact"},
        "assembled": {"within": 10 * MINUTE, "from": "impact"},
        "mitigated": {"within": 30 * MINUTE, "from": "impact"},
        "communication": {"internal_every": 15 * MINUTE, "customers_within": 30 * MINUTE},
    },
    "objectives": {"voice": {"error_ratio": 0.05, "latency_p95": 2_000}},
    "titles": {
        "organization": "Seiketsu AI",
        "services": {"voice": "Voice service", "elevenlabs": "ElevenLabs API", "database": "Database"},
        "people": {"alice": "Engineer", "bob": "Engineer", "carol": "Communication lead"},
    },
    "profiles": {
        "id": "default",
        "title": "Proposed",
        "parameters": [
            {
                "purpose": "acknowledge",
                "means": "from a page to its acknowledgement",
                "source": "a survey <of 12>",
                "confidence": "low",
                "values": [{"hours": "day", "median": 90_000, "sigma": 0.8}, {"median": 240_000, "sigma": 1.0}],
            },
            {
                "purpose": "wrong_diagnosis",
                "means": "share of wrong causes",
                "source": "39 incidents",
                "confidence": "medium",
                "values": [{"share": 0.15}],
            },
            {
                "purpose": "sleep_inertia",
                "means": "how many times longer",
                "source": "a trial",
                "confidence": "medium",
                "values": [{"hours": "night", "factor": 1.54}, {"factor": 1.0}],
            },
        ],
    },
    "rules": {"simulated": 3, "not_simulated": ["CertificateExpiry"]},
    "version": "0.1.0",
}


class Script:
    """Records in any order; `journal` puts them in order of time and numbers them."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, int | None, dict[str, Any]]] = []

    def add(self, at_s: float, kind: str, because: int | None = None, /, **fields: Any) -> int:
        """Note a record and return a handle by which a later one may name it as its reason."""
        self.rows.append((round(at_s * 1000), kind, because, fields))
        return len(self.rows) - 1

    def send(self, at_s: float, kind: str, because: int, key: str, tool: str, /, **fields: Any) -> int:
        """A command, and its delivery two seconds later; the handle of the delivery."""
        command = self.add(at_s, kind, because, key=key, attempt=1, **fields)
        return self.add(at_s + 2, "delivered", command, key=key, tool=tool, status=202)

    def journal(self, header: dict[str, Any], *, without: Iterable[str] = ()) -> Journal:
        """The journal; records of the types in `without`, and those that they led to, are left out."""
        gone: set[int] = set()
        for handle, (_, kind, because, _) in enumerate(self.rows):
            if kind in without or because in gone:
                gone.add(handle)
        kept = [handle for handle in range(len(self.rows)) if handle not in gone]
        journal, numbers = Journal(header), {}
        for handle in sorted(kept, key=lambda handle: self.rows[handle][0]):
            at_ms, kind, because, fields = self.rows[handle]
            numbers[handle] = journal.append(at_ms, kind, 0 if because is None else numbers[because], fields)
        return journal


def flagship(
    *, header: dict[str, Any] | None = None, without: Iterable[str] = (), says: str = "15 % of calls fail"
) -> Journal:
    """The sample drill: impact at 10:12, detected by a customer at 16:52, assembled at 22:22, mitigated at 34:17."""
    script = Script()
    script.add(0, "drill_started")
    fault = script.add(600, "fault_started", fault="flapping", service="elevenlabs", kind="burst_errors")
    script.add(600, "fault_took_effect", fault, fault="flapping", service="elevenlabs")
    script.add(600, "worst_case_failed", fault, services=["voice"])
    impact = _weather(script, fault)
    _alerts(script, impact)
    _response(script, impact, says)
    script.add(5400, "drill_ended")
    return script.journal({**HEADER, **(header or {})}, without=without)


def _health(error_ratio: float, latency_p95_ms: int, requests_per_s: float) -> dict[str, Any]:
    return {
        "service": "voice",
        "error_ratio": error_ratio,
        "latency_p95_ms": latency_p95_ms,
        "requests_per_s": requests_per_s,
    }


def _weather(script: Script, fault: int) -> int:
    """Bursts of errors until the fallback takes effect; returns the handle of the impact."""
    luck = random.Random(7)
    script.add(0, "service_changed", **_health(0.004, 640, 12.0))
    at, impact = 612.0, None
    while at < 5400:
        bad = at + luck.expovariate(1 / 60)
        safe = at > 2057
        change = script.add(at, "fault_changed", fault, fault="flapping", service="elevenlabs", level="bad")
        if not safe:
            script.add(at, "service_changed", change, **_health(0.604, 2_350, 15.5))
            left = script.add(at, "objective_left", change, service="voice", error_ratio=0.604, latency_p95_ms=2_350)
            impact = left if impact is None else impact
        bad = min(bad, 2056.0) if at < 2057 else bad
        change = script.add(bad, "fault_changed", fault, fault="flapping", service="elevenlabs", level="good")
        if not safe:
            script.add(bad, "service_changed", change, **_health(0.024, 700, 12.4))
            script.add(bad, "objective_met", change, service="voice")
        at = bad + 1 + luck.expovariate(1 / 30)
    script.add(2057, "service_changed", fault, **_health(0.004, 420, 12.0))
    assert impact is not None
    return impact


def _alerts(script: Script, impact: int) -> None:
    for pending, dropped in ((735, 790), (860, 1005)):
        alert = {"alert": "HighErrorRate", "labels": {"service": "voice"}}
        waiting = script.add(pending, "alert_pending", impact, **alert, value=0.07)
        script.add(dropped, "alert_dropped", waiting, **alert)
    waiting = script.add(1080, "alert_pending", impact, **alert, value=0.31)
    fired = script.add(1380, "alert_fired", waiting, **alert, value=0.38)
    told = script.add(1410, "alert_notified", fired, **alert, severity="critical", summary="High error rate detected")
    script.add(1410, "signal_added", told, kind="alert", name="HighErrorRate")
    script.add(2310, "alert_resolved", fired, **alert)


def _response(script: Script, impact: int, says: str) -> None:
    report = script.add(1012, "customer_reported", impact, service="voice")
    triggered = script.add(1012, "incident_triggered", report, kind="customer", name="support ticket")
    paged = {"summary": says, "severity": "P1"}
    page = script.send(1012, "page", triggered, "page-1", "pager", to=["alice"], **paged, reason="on_call")
    late = script.add(1272, "page_timed_out", page, level=1)
    again = script.send(1272, "page", late, "page-2", "pager", to=["bob"], **paged, reason="escalation")
    taken = script.add(1290, "page_acknowledged", again, person="bob")
    declared = script.add(
        1300, "incident_declared", taken, person="bob", incident="INC-20250809-142140", severity="P1", title=says
    )
    script.send(1300, "post", declared, "post-1", "chat", channel="#incidents", text=f"Declared: {says}")
    script.send(1300, "open_ticket", declared, "ticket-1", "tracker", title=says, severity="P1", text=says)
    seats = ["commander", "technical_lead", "communication_lead"]
    for at, person, role in ((1300, "bob", seats[0]), (1321, "alice", seats[1]), (1342, "carol", seats[2])):
        joined = script.add(at, "role_joined", declared, person=person, role=role)
    script.add(1342, "team_assembled", joined, roles=seats)
    looking = script.add(1325, "investigation_started", declared, person="alice")
    wrong = script.add(1560, "cause_identified", looking, person="alice", cause="database")
    script.add(1560, "cause_judged", wrong, cause="database", right=False)
    right = script.add(1730, "cause_identified", looking, person="alice", cause="elevenlabs")
    script.add(1730, "cause_judged", right, cause="elevenlabs", right=True)
    for number, at in enumerate((1400, 2230, 3000, 3700, 4480), start=2):
        said = {"person": "carol", "audience": "internal", "status": "investigating"}
        update = script.add(at, "update_posted", declared, **said, next_update_by_ms=(at + 900) * 1000)
        script.send(at, "post", update, f"post-{number}", "chat", channel="#incidents", text=says)
    told = script.add(2400, "update_posted", declared, person="carol", audience="customers", status="identified")
    script.send(2400, "publish", told, "publish-1", "status_page", status="identified", text=says, impact="major")
    fix = {"action": FALLBACK, "playbook": "voice_ai_failure"}
    began = script.add(1780, "mitigation_started", right, person="alice", **fix)
    effect = script.add(2057, "mitigation_took_effect", began, action=FALLBACK, service="voice", harmful=False)
    script.add(2057, "worst_case_held", effect, by="mitigation")
    done = script.add(2060, "mitigation_finished", began, person="alice", action=FALLBACK)
    script.add(2070, "monitoring_started", done, person="alice")
    checked = script.add(4600, "verification_finished", done, person="alice", passed=True)
    script.add(4660, "incident_resolved", checked, person="bob")


@pytest.fixture
def drill() -> Callable[..., Journal]:
    """Builds the sample drill's journal; `header` overrides keys, `without` leaves record types out."""
    return flagship


@pytest.fixture
def script() -> Script:
    return Script()
