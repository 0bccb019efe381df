"""How the response followed the procedure, as the journal tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scoring.scorecard import scorecard
from simulator.journal import Journal

MINUTE = 60_000
SEVERITIES = {
    "P0": {"respond_within": 0, "resolve_within": 60 * MINUTE},
    "P1": {"respond_within": 15 * MINUTE},
    "P2": {},
}


def judged(*records: tuple[float, str, dict[str, Any]], severity: str = "P1", **header: Any) -> dict[str, Any]:
    """The scorecard's account of a response that did this, by minutes."""
    journal = Journal(
        {
            **dict.fromkeys(("scenario", "title", "organization", "treatment", "calibration", "version"), "x"),
            **{"seed": 1, "criteria": {}, "rules": {}, "sustain_ms": 0, "severity": severity},
            "severities": SEVERITIES,
            **header,
        }
    )
    for minute, kind, fields in records:
        journal.append(round(minute * MINUTE), kind, 0, fields)
    account: dict[str, Any] = scorecard(journal)["procedure"]
    return account


def declared(minute: float, severity: str) -> tuple[float, str, dict[str, Any]]:
    return minute, "incident_declared", {"person": "ann", "incident": "INC", "severity": severity, "title": "Down"}


def changed(minute: float, before: str, after: str) -> tuple[float, str, dict[str, Any]]:
    return minute, "severity_changed", {"person": "ann", "before": before, "after": after, "reason": "matrix"}


ACKNOWLEDGED = (1, "page_acknowledged", {"person": "ann"})
TRIGGERED = (0, "incident_triggered", {"kind": "alert", "name": "HighErrorRate"})
END = (90, "drill_ended", {})


@pytest.mark.parametrize(("chosen", "verdict"), [("P1", "right"), ("P0", "too high"), ("P2", "too low")])
def test_the_scenarios_true_severity_judges_the_one_that_was_declared(chosen: str, verdict: str) -> None:
    account = judged(TRIGGERED, ACKNOWLEDGED, declared(2, chosen), END)
    assert account["severity"] == {
        "true": "P1",
        "declared": chosen,
        "final": chosen,
        "verdict": verdict,
        "settled": verdict,
        "evidence": [3],
    }
    assert [finding["about"] for finding in account["findings"]] == ([] if verdict == "right" else ["severity"])


def test_a_wrong_severity_that_was_mended_is_found_with_both_records() -> None:
    account = judged(TRIGGERED, ACKNOWLEDGED, declared(2, "P2"), changed(9, "P2", "P1"), END)
    assert account["severity"]["settled"] == "right"
    assert account["findings"] == [
        {
            "about": "severity",
            "text": "P2 was declared where it was a P1: too low; changed to P1 later",
            "evidence": [3, 4],
        }
    ]


def test_a_right_severity_that_was_changed_for_a_wrong_one_is_found() -> None:
    account = judged(TRIGGERED, ACKNOWLEDGED, declared(2, "P1"), changed(9, "P1", "P2"), END)
    assert account["findings"][0]["text"] == "P1 was right and was changed to P2, which is too low"


def test_without_a_declaration_there_is_no_severity_to_judge() -> None:
    account = judged(TRIGGERED, ACKNOWLEDGED, END)
    assert (account["severity"]["declared"], account["severity"]["verdict"]) == (None, None)
    assert account["findings"] == []


@pytest.mark.parametrize(("minute", "met"), [(15, True), (15.01, False)])
def test_the_first_response_is_held_to_what_the_true_severity_promises(minute: float, met: bool) -> None:
    account = judged(TRIGGERED, (minute, "page_acknowledged", {"person": "ann"}), END)
    assert account["targets"]["respond"]["met"] is met
    assert [finding["about"] for finding in account["findings"]] == ([] if met else ["respond"])


def test_the_resolution_is_held_to_what_the_true_severity_promises() -> None:
    account = judged(TRIGGERED, (61, "incident_resolved", {"person": "ann"}), END, severity="P0")
    assert account["targets"]["resolve"]["met"] is False
    assert "resolve" not in judged(TRIGGERED, END)["targets"]


def test_a_journal_that_does_not_tell_the_severity_table_is_judged_without_it(
    drill: Callable[..., Journal],
) -> None:
    account = scorecard(drill())["procedure"]
    assert account["targets"] == {}


CHECKLISTS = {
    "first": {
        "title": "First steps",
        "phase": "detection",
        "from": "detected",
        "within": 5 * MINUTE,
        "items": [
            {"id": "answer", "says": "Answer", "owner": "lead", "within": 2 * MINUTE},
            {"id": "tell", "says": "Tell", "owner": "lead"},
            {"id": "look", "says": "Look", "owner": "lead"},
        ],
    }
}


def ticked(minute: float, *items: str) -> tuple[float, str, dict[str, Any]]:
    return minute, "items_ticked", {"checklist": "first", "items": list(items)}


def test_items_that_were_late_or_missing_are_listed_with_their_times() -> None:
    opened = (0, "checklist_opened", {"checklist": "first"})
    account = judged(
        TRIGGERED, opened, ACKNOWLEDGED, ticked(3, "answer"), ticked(5, "tell"), END, checklists=CHECKLISTS
    )
    told = [(item["item"], item["status"], item["due_s"], item["at_s"]) for item in account["checklists"][0]["items"]]
    assert told == [("answer", "late", 120, 180), ("tell", "done", 300, 300), ("look", "missing", 300, None)]
    assert account["findings"] == [
        {
            "about": "checklist",
            "text": "First steps: 2 of 3 not in time: Answer (late), Look (missing)",
            "evidence": [2, 4],
        }
    ]


def test_what_is_not_due_when_the_drill_ends_is_neither_late_nor_missing() -> None:
    opened = (88, "checklist_opened", {"checklist": "first"})
    account = judged(TRIGGERED, ACKNOWLEDGED, opened, ticked(89, "answer"), END, checklists=CHECKLISTS)
    assert [item["status"] for item in account["checklists"][0]["items"]] == ["done", "open", "open"]


def test_a_checklist_that_was_opened_anew_counts_from_then() -> None:
    opened = (0, "checklist_opened", {"checklist": "first"})
    again = (40, "checklist_opened", {"checklist": "first"})
    account = judged(
        TRIGGERED,
        opened,
        ACKNOWLEDGED,
        ticked(1, "answer", "tell"),
        again,
        ticked(41, "answer"),
        END,
        checklists=CHECKLISTS,
    )
    assert [item["status"] for item in account["checklists"][0]["items"]] == ["done", "missing", "missing"]


def test_an_override_is_found_and_so_is_an_all_clear_while_users_are_hurt() -> None:
    hurt = (0, "objective_left", {"service": "shop", "error_ratio": 1.0, "latency_p95_ms": 1})
    over = (30, "incident_resolved", {"person": "ann", "override": "It looks fine"})
    account = judged(hurt, TRIGGERED, ACKNOWLEDGED, over, END)
    assert account["all_clear"] == {"verified": False, "override": "It looks fine", "true": False, "record": 4}
    assert [finding["about"] for finding in account["findings"]] == ["override", "all clear"]


def test_an_all_clear_is_false_while_the_faults_worst_would_hurt_users() -> None:
    records = [(0, "worst_case_failed", {"services": ["shop"]}), TRIGGERED, ACKNOWLEDGED]
    over = (30, "incident_resolved", {"person": "ann"})
    assert judged(*records, over, END)["all_clear"]["true"] is False
    held = (20, "worst_case_held", {"by": "mitigation"})
    assert judged(*records, held, over, END)["all_clear"]["true"] is True
