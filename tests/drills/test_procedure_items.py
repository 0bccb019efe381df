"""The procedure item by item, on the organisation that follows it: each of its rules has a case of its own here."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from drills.runner import Prepared, play, prepare
from scenarios.loading import load_organization
from scenarios.organization import Organization
from scenarios.procedure import Checklist
from simulator.faults import KINDS
from simulator.journal import Journal
from tests.drills.response.bench import MINUTE, Bench

FLAGSHIP = "elevenlabs-intermittent"
HOUR = 60
ALICE, CHARLIE = "alice.engineer", "charlie.manager"


@pytest.fixture(scope="module")
def seiketsu() -> Organization:
    return load_organization("seiketsu", KINDS).organization


def responded(organization: Organization) -> Bench:
    """An incident to which everything is done that the first quarter of an hour asks for; a minute for each."""
    bench = Bench(organization)
    bench.signal()
    bench.act(1 * MINUTE, ALICE, "acknowledge")
    bench.act(2 * MINUTE, ALICE, "declare", severity="P1", title="Voice is down")
    bench.act(3 * MINUTE, ALICE, "investigate")
    for number, method in enumerate(("timeline", "metrics", "logs"), start=4):
        bench.act(number * MINUTE, ALICE, "examine", method=method)
        bench.act(number * MINUTE, ALICE, "finish_examination", method=method)
    return bench


def resolved(organization: Organization) -> Bench:
    """The same, over after half an hour."""
    bench = responded(organization)
    bench.act(10 * MINUTE, ALICE, "identify", cause="elevenlabs")
    bench.act(20 * MINUTE, ALICE, "monitor")
    bench.act(29 * MINUTE, CHARLIE, "verify", passed=True)
    bench.act(30 * MINUTE, CHARLIE, "resolve")
    return bench


def ticked(bench: Bench, checklist: str) -> dict[str, tuple[float, str | None]]:
    """Minute of each item's tick, and who ticked it; nobody where the journal proved it."""
    return {
        item: (record.at_ms / MINUTE, record.fields.get("person"))
        for record in bench.of("items_ticked")
        for item in record.fields["items"]
        if record.fields["checklist"] == checklist
    }


def missing(bench: Bench, checklist: str) -> dict[str, float]:
    """The items that were told missing, and the minute."""
    return {
        item: record.at_ms / MINUTE
        for record in bench.of("checklist_due")
        for item in record.fields["missing"]
        if record.fields["checklist"] == checklist
    }


# Phase 1.


@pytest.mark.parametrize(
    ("checklist", "item", "proved_at", "due"),
    [
        pytest.param("immediate_actions", "acknowledge", 1, 5, id="acknowledge"),
        pytest.param("immediate_actions", "assess-severity", 2, 5, id="assess-severity"),
        pytest.param("immediate_actions", "open-ticket", 2, 5, id="open-ticket"),
        pytest.param("immediate_actions", "notify-team", 2, 5, id="notify-team"),
        pytest.param("immediate_actions", "begin-investigation", 3, 5, id="begin-investigation"),
        pytest.param("assessment_actions", "check-changes", 4, 15, id="check-changes"),
        pytest.param("assessment_actions", "review-graphs-and-logs", 6, 15, id="review-graphs-and-logs"),
        pytest.param("assessment_actions", "escalate", 2, 15, id="escalate"),
    ],
)
def test_an_item_of_the_initial_response_is_proved_by_doing_it_and_missed_in_time_otherwise(
    seiketsu: Organization, checklist: str, item: str, proved_at: int, due: int
) -> None:
    done = responded(seiketsu)
    assert ticked(done, checklist)[item] == (proved_at, None)
    idle = Bench(seiketsu)
    idle.signal(severity="P1")
    idle.run_until(16 * MINUTE)
    if item == "escalate":  # An incident that nobody takes escalates by itself.
        assert ticked(idle, checklist)[item][1] is None
    else:
        assert missing(idle, checklist)[item] == due


def test_the_acknowledgement_is_promised_within_two_minutes(seiketsu: Organization) -> None:
    limits = {item.id: item.within for item in seiketsu.checklists["immediate_actions"].items}
    assert limits == {**dict.fromkeys(limits), "acknowledge": 2 * MINUTE}


@pytest.mark.parametrize(
    ("checklist", "item", "owner", "due"),
    [
        pytest.param(checklist, item, owner, due, id=item)
        for checklist, due, items in (
            (
                "assessment_actions",
                15,
                {"confirm-scope": "technical_lead", "check-status-page": "communication_lead"}
                | {"review-severity": "commander"},
            ),
            (
                "immediate_closure",
                30 + 2 * HOUR,
                {"systems-stable": "technical_lead", "recurrence-alerts": "technical_lead"}
                | {"ticket-updated": "technical_lead", "debriefing-scheduled": "commander"},
            ),
            (
                "short_term_follow_up",
                30 + 24 * HOUR,
                {"review-scheduled": "commander", "timeline-documented": "commander"}
                | {"root-cause-begun": "technical_lead", "customer-impact": "customer_success"}
                | {"financial-impact": "customer_success"},
            ),
            (
                "long_term_follow_up",
                30 + 48 * HOUR,
                {"report-published": "commander", "action-items-assigned": "commander"}
                | {"improvements-identified": "commander", "knowledge-base-updated": "technical_lead"}
                | {"training-needs": "commander"},
            ),
        )
        for item, owner in items.items()
    ],
)
def test_an_item_that_nothing_proves_is_ticked_by_a_seat_and_told_missing_when_its_time_is_over(
    seiketsu: Organization, checklist: str, item: str, owner: str, due: int
) -> None:
    played = responded if checklist == "assessment_actions" else resolved
    assert {one.id: one.owner for one in seiketsu.checklists[checklist].items}[item] == owner
    idle, done = played(seiketsu), played(seiketsu)
    idle.run_until(due * MINUTE)
    assert missing(idle, checklist)[item] == due
    done.act((due - 1) * MINUTE, CHARLIE, "tick", items=[item])
    done.run_until(due * MINUTE)
    assert ticked(done, checklist)[item] == (due - 1, CHARLIE)
    assert item not in missing(done, checklist)


def test_the_resolution_that_customers_were_told_of_is_proved_by_what_reached_them(seiketsu: Organization) -> None:
    assert ticked(resolved(seiketsu), "immediate_closure") == {"customers-told": (30, None)}
    silent = Bench(seiketsu, status=lambda kind, _: 503 if kind == "publish" else 200)
    silent.signal()
    silent.act(1 * MINUTE, ALICE, "declare", severity="P1", title="Voice is down")
    silent.act(2 * MINUTE, ALICE, "investigate")
    silent.act(3 * MINUTE, ALICE, "monitor")
    silent.act(4 * MINUTE, CHARLIE, "verify", passed=True)
    silent.act(5 * MINUTE, CHARLIE, "resolve")
    silent.run_until((6 + 2 * HOUR) * MINUTE)
    assert "customers-told" in missing(silent, "immediate_closure")


@cache
def drills(*overrides: str) -> list[Journal]:
    prepared = prepared_for(*overrides)
    return [play(prepared, seed, wired=False) for seed in range(1, 13)]


@cache
def prepared_for(*overrides: str) -> Prepared:
    return prepare(FLAGSHIP, overrides)


@pytest.mark.parametrize(
    ("kind", "told_by", "overrides"),
    [
        pytest.param("alert", "alert_notified", (), id="automated-monitoring"),
        pytest.param("customer", "customer_reported", (), id="customer-reports"),
        pytest.param("team", "team_noticed", (), id="team-discovery"),
        pytest.param(
            "probe",
            "probe_failed",
            ("faults.flapping.on=api", "faults.flapping.error_ratio={good: 1.0, bad: 1.0}"),
            id="external-monitoring",
        ),
    ],
)
def test_trouble_comes_to_be_known_in_each_of_the_four_ways(
    kind: str, told_by: str, overrides: tuple[str, ...]
) -> None:
    signals = [
        (journal.records[record["because"] - 1]["type"], record["kind"])
        for journal in drills(*overrides)
        for record in journal.records
        if record["type"] in ("incident_triggered", "signal_added")
    ]
    assert (told_by, kind) in signals
    assert {told for told, its_kind in signals if its_kind == kind} == {told_by}


# Phase 2.


@pytest.mark.parametrize("method", ["timeline", "logs", "metrics", "components", "database"])
def test_a_method_of_investigation_takes_its_time_and_reveals_what_the_scenario_holds_for_it(method: str) -> None:
    organization = prepared_for().loaded.organization
    held = {finding.id for finding in prepared_for().loaded.scenario.findings if finding.method == method}
    assert held, "the scenario has something to be found in each way"
    revealed: set[str] = set()
    for journal in drills():
        begun = [r for r in journal.records if r["type"] == "examination_started" and r["method"] == method]
        for record in journal.records:
            if record["type"] == "finding_revealed" and record["finding"] in held:
                revealed.add(record["finding"])
                assert record["at_ms"] - begun[0]["at_ms"] >= organization.investigation[method].takes
    assert revealed == held


# Phase 3.


@pytest.mark.parametrize(
    ("item", "point"),
    [
        pytest.param("alerts-cleared", "technical.alerts_cleared", id="alerts-cleared"),
        pytest.param("workflows-tested", "checks.all_passed", id="workflows-tested"),
        pytest.param("metrics-at-baseline", "technical.metrics_at_baseline", id="metrics-at-baseline"),
        pytest.param("no-error-spikes", "technical.no_error_spikes", id="no-error-spikes"),
        pytest.param("database-normal", "technical.database_normal", id="database-normal"),
    ],
)
def test_a_point_of_the_technical_verification_is_proved_by_what_the_checks_found(
    seiketsu: Organization, item: str, point: str
) -> None:
    names = ("alerts_cleared", "metrics_at_baseline", "no_error_spikes", "database_normal")
    found: dict[str, Any] = {"technical": dict.fromkeys(names, True), "checks": {"all_passed": True}}
    part, name = point.split(".")
    found[part][name] = False
    bench = responded(seiketsu)
    bench.act(20 * MINUTE, ALICE, "monitor")
    bench.act(25 * MINUTE, CHARLIE, "verify", passed=False, **found)
    whole = {one.id for one in seiketsu.checklists["technical_verification"].items}
    assert set(ticked(bench, "technical_verification")) == whole - {item}


@pytest.mark.parametrize(
    "item", ["reports-stopped", "key-customers-confirm", "revenue-features-work", "tickets-normal"]
)
def test_a_point_of_the_business_verification_is_the_customer_success_seats_to_tick(
    seiketsu: Organization, item: str
) -> None:
    checklist: Checklist = seiketsu.checklists["business_verification"]
    assert {one.id: (one.owner, one.proof) for one in checklist.items}[item] == ("customer_success", ())
    bench = responded(seiketsu)
    bench.act(20 * MINUTE, ALICE, "monitor")
    bench.act(22 * MINUTE, "heidi.success", "tick", items=[item])
    assert ticked(bench, "business_verification") == {item: (22, "heidi.success")}


# Runbook.


RUNBOOK = [
    "check_aws_health_dashboard",
    "test_load_balancer_status",
    "review_application_logs",
    "restart_application",
    "check_recent_deployments",
    "check_database_connectivity",
    "verify_dns_resolution",
    "analyze_traffic_patterns",
]


@pytest.mark.parametrize("step", RUNBOOK)
def test_a_step_of_the_service_down_runbook_is_taken_in_its_place_when_that_alert_fires(step: str) -> None:
    """Until something helps; none of these does while the API is down for good."""
    fault = "faults=[{id: outage, on: api, kind: down, at: 10m, for: 80m}]"
    tried = [
        [record["action"] for record in journal.records if record["type"] == "mitigation_started"]
        for journal in drills(fault, "findings=[]", "mitigations=[]")
        if any(record["type"] == "runbook_opened" for record in journal.records)
    ]
    reached = [actions[: len(RUNBOOK)] for actions in tried if step in actions]
    assert reached
    assert all(actions == RUNBOOK[: len(actions)] for actions in reached)


# Game day.


@pytest.mark.parametrize(
    ("criterion", "limits"),
    [
        pytest.param("detected", {"within": 5 * MINUTE, "from_": "impact"}, id="detected"),
        pytest.param("assembled", {"within": 10 * MINUTE, "from_": "impact"}, id="assembled"),
        pytest.param("mitigated", {"within": 30 * MINUTE, "from_": "impact"}, id="mitigated"),
        pytest.param(
            "communication", {"internal_every": 15 * MINUTE, "customers_within": 30 * MINUTE}, id="communication"
        ),
    ],
)
def test_the_monthly_game_day_is_judged_by_the_procedures_criteria(criterion: str, limits: dict[str, Any]) -> None:
    from scoring.scorecard import scorecard

    stated = getattr(prepared_for().loaded.scenario.criteria, criterion)
    assert {name: getattr(stated, name) for name in limits} == limits
    assert all(scorecard(journal)["criteria"][criterion]["met"] in (True, False) for journal in drills()[:3])


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(
            {"alert_fired", "incident_triggered", "page", "incident_escalated"}, id="detection-and-escalation"
        ),
        pytest.param({"post", "publish", "send_email", "notify_in_app", "update_posted"}, id="communication"),
        pytest.param({"mitigation_started", "mitigation_took_effect", "worst_case_held"}, id="mitigation"),
        pytest.param(
            {"alert_pending", "alert_fired", "alert_notified", "alert_resolved"}, id="monitoring-and-alerting"
        ),
    ],
)
def test_the_monthly_game_day_exercises_each_of_its_objectives(kinds: set[str]) -> None:
    seen = {record["type"] for journal in drills() for record in journal.records}
    assert kinds <= seen
