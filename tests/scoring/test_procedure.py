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
