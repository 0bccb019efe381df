from __future__ import annotations

from typing import Any

import pytest

from drills.response.messages import Act, Signal
from drills.response.states import ActionRefused
from drills.response.workflow import Workflow
from tests.drills.response.bench import INTERNAL, MINUTE, SMALL, Bench, changed


def test_an_incident_goes_from_its_first_signal_to_its_closure() -> None:
    bench = Bench().declared("P1")
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("ann", "join", {"role": "commander"}),
        ("ben", "join", {"role": "technical_lead"}),
        ("ben", "investigate", {}),
        ("eve", "join", {"role": "communication_lead"}),
        ("ben", "identify", {"cause": "vendor"}),
        ("ben", "start_mitigation", {"action": "fall_back", "playbook": "voice"}),
        ("ben", "finish_mitigation", {"action": "fall_back"}),
        ("ben", "monitor", {}),
        ("ann", "verify", {"passed": True}),
        ("ann", "resolve", {}),
    ]
    for minute, (who, action, fields) in enumerate(steps, start=3):
        assert action in bench.workflow.allowed_actions()
        bench.act(minute * MINUTE, who, action, **fields)
    bench.run_until(1000 * MINUTE)
    told = [record.kind for record in bench.records if record.kind in HISTORY]
    assert told == HISTORY
    assert bench.times("incident_closed") == [12 + 120]
    assert bench.workflow.state == "closed"
    assert bench.workflow.allowed_actions() == ()
    assert bench.workflow.next_deadline() is None


HISTORY = [
    "incident_triggered",
    "page_acknowledged",
    "incident_declared",
    "investigation_started",
    "team_assembled",
    "cause_identified",
    "mitigation_started",
    "mitigation_finished",
    "monitoring_started",
    "verification_finished",
    "incident_resolved",
    "incident_closed",
]


def test_the_incident_is_named_after_its_declaration_on_the_drills_calendar() -> None:
    bench = Bench().declared("P1")
    assert bench.workflow.incident_id == "INC-20250806-140200"
    assert bench.of("incident_declared")[0].fields == {
        "person": "ann",
        "incident": "INC-20250806-140200",
        "severity": "P1",
        "title": "Voice is down",
    }


def test_declaring_without_acknowledging_first_takes_the_page_too() -> None:
    bench = Bench()
    bench.signal()
    followed = bench.act(MINUTE, "ann", "declare", severity="P2", title="Slow")
    assert [record.kind for record in followed[:2]] == ["page_acknowledged", "incident_declared"]
    bench.run_until(30 * MINUTE)
    assert len(bench.paged()) == 1


def test_resolving_needs_a_verification_that_passed_since_the_last_change() -> None:
    bench = Bench().monitoring("P2")
    with pytest.raises(ActionRefused, match="before a verification has passed"):
        bench.act(5 * MINUTE, "ann", "resolve")
    bench.act(6 * MINUTE, "ann", "verify", passed=True)
    bench.act(7 * MINUTE, "ann", "start_mitigation", action="scale_up")
    with pytest.raises(ActionRefused, match="before a verification has passed"):
        bench.act(8 * MINUTE, "ann", "resolve")


def test_a_failed_verification_goes_back_to_investigating() -> None:
    bench = Bench().monitoring("P2")
    bench.act(6 * MINUTE, "ann", "verify", passed=False)
    assert bench.workflow.state == "investigating"


def test_nobody_is_paged_or_reminded_while_an_incident_is_resolved() -> None:
    bench = Bench().monitoring("P1")
    bench.act(5 * MINUTE, "ann", "verify", passed=True)
    bench.act(6 * MINUTE, "ann", "resolve")
    before = len(bench.records)
    bench.run_until(50 * MINUTE)
    bench.receive(Signal("customer", "api", "Customers report trouble with API", None, before))
    bench.run_until(100 * MINUTE)
    assert [record.kind for record in bench.records[before:]] == ["signal_added"]


def test_no_page_is_tried_again_once_the_incident_is_resolved() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "page" and at_ms > MINUTE else 200).monitoring("P1")
    bench.act(61 * MINUTE, "ann", "verify", passed=True)
    bench.act(62 * MINUTE, "ann", "resolve")
    bench.run_until(100 * MINUTE)
    pages = bench.of("page")
    assert {"ben", "eve", "dan"} <= {page.fields["to"] for page in pages}
    assert max(page.at_ms for page in pages) <= 62 * MINUTE


def test_what_is_delivered_only_after_the_end_brings_nothing_back() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind in ("post", "publish") else 200).monitoring("P1")
    bench.tell(93 * MINUTE, "ann", "internal")
    bench.act(94 * MINUTE, "ann", "verify", passed=True)
    bench.act(95 * MINUTE, "ann", "resolve")
    before = len(bench.records)
    for outcome in bench.kept:
        bench.receive(outcome)
    bench.run_until(200 * MINUTE)
    assert {record.kind for record in bench.records[before:]} == {"delivered"}


def test_a_reopened_incident_is_owed_everything_again() -> None:
    bench = Bench().monitoring("P1")
    bench.tell(5 * MINUTE, "eve", "customers")
    bench.act(6 * MINUTE, "ann", "verify", passed=True)
    bench.act(7 * MINUTE, "ann", "resolve")
    followed = bench.act(80 * MINUTE, "ann", "reopen")
    bench.run_until(300 * MINUTE)
    assert bench.workflow.state == "investigating"
    assert [record.fields["reason"] for record in followed if record.kind == "page"] == [
        "role commander",
        "role technical_lead",
        "role communication_lead",
    ]
    assert bench.times("update_overdue", audience="internal")[0] == 95
    assert bench.times("update_overdue", audience="customers")[0] == 110
    assert bench.times("incident_escalated", to="dan") == [80], "an hour had passed while it was thought resolved"
    assert bench.of("incident_closed") == []


def test_a_mitigation_is_finished_once_and_only_if_it_was_started() -> None:
    bench = Bench().monitoring("P2")
    with pytest.raises(ActionRefused, match="fall_back is not being applied"):
        bench.act(5 * MINUTE, "ann", "finish_mitigation", action="fall_back")
    bench.act(5 * MINUTE, "ann", "start_mitigation", action="fall_back")
    with pytest.raises(ActionRefused, match="being applied already"):
        bench.act(6 * MINUTE, "ben", "start_mitigation", action="fall_back")
    bench.act(7 * MINUTE, "ann", "finish_mitigation", action="fall_back")
    with pytest.raises(ActionRefused, match="fall_back is not being applied"):
        bench.act(8 * MINUTE, "ann", "finish_mitigation", action="fall_back")


@pytest.mark.parametrize(
    ("action", "fields", "reason"),
    [
        ("declare", {"severity": "P9", "title": "x"}, r"one of P0, P1, P2 \(got P9\)"),
        ("declare", {"severity": ["P1"], "title": "x"}, "needs a severity"),
        ("declare", {"severity": "P1"}, "needs a title"),
        ("declare", {"severity": "P1", "title": "  "}, "needs a title"),
        ("resolve", {}, "cannot resolve while the incident is triggered"),
        ("signal", {}, "there is no action signal"),
        ("", {}, "there is no action"),
    ],
)
def test_an_act_that_makes_no_sense_is_refused_with_its_reason(
    action: str, fields: dict[str, Any], reason: str
) -> None:
    bench = Bench()
    bench.signal()
    with pytest.raises(ActionRefused, match=reason):
        bench.act(MINUTE, "ann", action, **fields)


@pytest.mark.parametrize(
    ("action", "fields", "reason"),
    [
        ("update", {"audience": "press", "text": "x"}, "one of internal, customers"),
        ("update", {"audience": "internal", **INTERNAL, "eta": " "}, "needs eta filled in"),
        ("update", {"audience": "internal", **INTERNAL, "next_update_by_ms": "soon"}, "a drill time in milliseconds"),
        ("verify", {}, "needs passed, true or false"),
        ("verify", {"passed": "yes"}, "needs passed, true or false"),
        ("identify", {"cause": "vendor"}, "cannot identify while the incident is monitoring"),
    ],
)
def test_an_act_without_what_it_needs_is_refused(action: str, fields: dict[str, Any], reason: str) -> None:
    bench = Bench().monitoring("P2")
    with pytest.raises(ActionRefused, match=reason):
        bench.act(5 * MINUTE, "ann", action, **fields)
    assert bench.workflow.state == "monitoring"


def test_before_any_signal_there_is_nothing_to_do_and_nothing_due() -> None:
    bench = Bench()
    assert bench.workflow.next_deadline() is None
    with pytest.raises(ActionRefused, match="there is no incident"):
        bench.act(MINUTE, "ann", "declare", severity="P1", title="x")


def test_time_that_goes_back_or_past_a_deadline_is_a_defect_of_the_driver() -> None:
    workflow = Workflow(changed(SMALL), Bench().workflow._incident.starts_at)
    workflow.receive(Signal("team", "ann", "Odd", None, 1), 10)
    with pytest.raises(AssertionError, match="time went back"):
        workflow.receive(Act("declare", "ann", {}, 1), 9)
    with pytest.raises(AssertionError, match="comes before"):
        workflow.receive(Act("declare", "ann", {}, 1), 61 * MINUTE)
