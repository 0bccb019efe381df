"""Whole drills with every part of the procedure on: what the journal must hold of each."""

from __future__ import annotations

from functools import cache
from typing import Any

from drills.runner import play, prepare
from scoring.scorecard import scorecard
from simulator.journal import Journal

FLAGSHIP = "elevenlabs-intermittent"
SEEDS = range(1, 41)
HOUR_MS = 3_600_000


@cache
def journals(*overrides: str) -> list[Journal]:
    prepared = prepare(FLAGSHIP, overrides)
    return [play(prepared, seed, wired=False) for seed in SEEDS]


def of(journal: Journal, kind: str) -> list[dict[str, Any]]:
    return [record for record in journal.records if record["type"] == kind]


@cache
def accounts(*overrides: str) -> list[dict[str, Any]]:
    return [scorecard(journal)["procedure"] for journal in journals(*overrides)]


def test_trained_people_err_in_severity_now_and_then_and_novices_more_often() -> None:
    def wrong(*overrides: str) -> int:
        return sum(account["severity"]["verdict"] in ("too high", "too low") for account in accounts(*overrides))

    assert 0 < wrong() < wrong("people.*.training=novice") < len(SEEDS)


def test_a_severity_that_was_too_low_is_found_out_by_somebody_who_looks_again() -> None:
    mended = [
        account for account in accounts("people.*.training=novice") if account["severity"]["verdict"] == "too low"
    ]
    assert mended
    assert any(account["severity"]["settled"] == "right" for account in mended)


def test_investigations_follow_methods_until_the_decisive_finding() -> None:
    for journal in journals():
        decisive = [one for one in of(journal, "finding_revealed") if journal.header["findings"][one["finding"]]]
        if decisive:
            later = [one for one in of(journal, "examination_started") if one["at_ms"] > decisive[0]["at_ms"]]
            assert later == [], "somebody looked on although the cause was known"
    revealed = {one["finding"] for journal in journals() for one in of(journal, "finding_revealed")}
    assert revealed == set(journals()[0].header["findings"]), "in so many drills, everything comes to light"


def test_a_decisive_finding_leads_to_the_right_cause() -> None:
    for journal in journals():
        known_ms = min(
            (one["at_ms"] for one in of(journal, "finding_revealed") if journal.header["findings"][one["finding"]]),
            default=None,
        )
        if known_ms is not None:
            assert all(one["right"] for one in of(journal, "cause_judged") if one["at_ms"] > known_ms)


def test_a_change_that_needs_approval_waits_for_the_commander_to_agree_or_lapses() -> None:
    approval = "actions.fallback_to_text_interface.approval=commander"
    settled = set()
    for journal in journals(approval):
        asked = [one for one in of(journal, "approval_asked") if one["action"] == "fallback_to_text_interface"]
        started = [one for one in of(journal, "mitigation_started") if one["action"] == "fallback_to_text_interface"]
        given = [one for one in of(journal, "approval_given") if one["action"] == "fallback_to_text_interface"]
        assert [journal.records[one["because"] - 1]["type"] for one in given] == ["approval_asked"] * len(given)
        if asked:
            settled |= {record["type"] for record in journal.records if record["type"].startswith("approval_")}
        for begun in started:
            commander = [one for one in of(journal, "role_joined") if one["role"] == "commander"]
            own = [one for one in commander if one["person"] == begun["person"] and one["record"] < begun["record"]]
            assert own or any(one["record"] < begun["record"] for one in given)
    assert {"approval_asked", "approval_given", "approval_lapsed"} <= settled


def test_every_verification_holds_the_results_of_the_health_checks() -> None:
    verifications = [record for journal in journals() for record in of(journal, "verification_finished")]
    assert verifications
    for record in verifications:
        assert [check["name"] for check in record["checks"]["checks"]] == ["API Health", "Frontend", "Voice Service"]
        assert record["passed"] == (record["checks"]["all_passed"] and all(record["technical"].values()))


def test_closure_steps_fall_due_two_twenty_four_and_forty_eight_hours_after_the_resolution() -> None:
    closed = [journal for journal in journals() if of(journal, "incident_closed")]
    assert len(closed) > len(SEEDS) / 2
    for journal in closed:
        resolved_ms = of(journal, "incident_resolved")[-1]["at_ms"]
        assert of(journal, "incident_closed")[0]["at_ms"] == resolved_ms + 48 * HOUR_MS
        due = {"immediate_closure": 2, "short_term_follow_up": 24, "long_term_follow_up": 48}
        for record in of(journal, "checklist_due"):
            if record["checklist"] in due:
                assert record["at_ms"] == resolved_ms + due[record["checklist"]] * HOUR_MS
    lists = {one["checklist"]: one for one in scorecard(closed[0])["procedure"]["checklists"]}
    assert set(due) <= set(lists)
    assert {item["status"] for name in due for item in lists[name]["items"]} <= {"done", "late", "missing"}


def test_what_is_done_on_a_checklist_is_proved_by_a_record_or_ticked_by_a_seat() -> None:
    for journal in journals()[:10]:
        for record in of(journal, "items_ticked"):
            cause = journal.records[record["because"] - 1]
            assert record.get("person") or cause["type"] != "checklist_opened"
