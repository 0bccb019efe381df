"""Each state of the status page against the world: what was untrue of it, for how long, and what proves it."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.scorecard import scorecard
from scoring.truthfulness import page

HEALTH = {"service": "voice", "error_ratio": 0.6, "latency_p95_ms": 900}


def shows(script: Any, at_s: float, status: str) -> None:
    """The page takes a state, two seconds after it was sent."""
    said = {"status": status, "text": "x", "impact": "major"}
    script.send(at_s - 2, "publish", None, f"publish-{at_s}", "status_page", **said)


def hurt(script: Any, from_s: float, to_s: float | None, service: str = "voice") -> None:
    script.add(from_s, "objective_left", None, **{**HEALTH, "service": service})
    if to_s is not None:
        script.add(to_s, "objective_met", None, service=service)


def names(script: Any, at_s: float, cause: str, right: bool) -> None:
    claim = script.add(at_s, "cause_identified", None, person="alice", cause=cause)
    script.add(at_s, "cause_judged", claim, cause=cause, right=right)


def findings(script: Any, drill: Any) -> list[tuple[str, str, float, list[str]]]:
    """Kind, status, length and the types of the records that prove it; the drill lasts 5000 seconds."""
    script.add(5000, "drill_ended")
    journal = script.journal(drill().header)
    return [
        (
            finding["finding"],
            finding["status"],
            finding["for_s"],
            [journal.records[number - 1]["type"] for number in finding["records"]],
        )
        for finding in scorecard(journal)["status_page"]["findings"]
    ]


def test_a_page_that_says_what_is_so_has_no_finding(script: Any, drill: Any) -> None:
    hurt(script, 100, 2000)
    shows(script, 600, "investigating")
    names(script, 900, "elevenlabs", True)
    shows(script, 1000, "identified")
    shows(script, 2000, "monitoring")
    shows(script, 3000, "resolved")
    assert findings(script, drill) == []


@pytest.mark.parametrize("status", ["monitoring", "resolved"])
def test_users_who_suffer_while_the_page_says_that_it_is_fixed_are_a_finding(
    script: Any, drill: Any, status: str
) -> None:
    hurt(script, 100, 1060)
    hurt(script, 1100, 1200)
    shows(script, 1000, status)
    kinds = ["objective_left", "delivered"]
    assert findings(script, drill) == [("fixed_while_users_suffer", status, 160.0, kinds)]


def test_two_services_hurt_at_once_are_one_time_of_suffering(script: Any, drill: Any) -> None:
    hurt(script, 1000, 1300, "voice")
    hurt(script, 1100, 1400, "api")
    shows(script, 900, "monitoring")
    ((_, _, for_s, _),) = findings(script, drill)
    assert for_s == 400.0


def test_users_who_suffer_to_the_end_suffer_until_the_end(script: Any, drill: Any) -> None:
    hurt(script, 100, None)
    shows(script, 1000, "monitoring")
    shows(script, 2000, "resolved")
    told = findings(script, drill)
    assert [(status, for_s) for _, status, for_s, _ in told] == [("monitoring", 1000.0), ("resolved", 3000.0)]


def test_the_page_may_lag_behind_the_cause_by_a_quarter_of_an_hour_and_no_more(script: Any, drill: Any) -> None:
    shows(script, 600, "investigating")
    names(script, 1000, "elevenlabs", True)
    shows(script, 2000, "identified")
    kinds = ["delivered", "cause_identified"]
    assert findings(script, drill) == [("investigating_after_identified", "investigating", 100.0, kinds)]


def test_a_page_that_follows_within_a_quarter_of_an_hour_does_not_lag(script: Any, drill: Any) -> None:
    shows(script, 600, "investigating")
    names(script, 1000, "elevenlabs", True)
    shows(script, 1900, "identified")
    assert findings(script, drill) == []


def test_a_wrong_cause_is_none_that_was_identified(script: Any, drill: Any) -> None:
    names(script, 500, "database", False)
    shows(script, 600, "identified")
    names(script, 900, "elevenlabs", True)
    kinds = ["cause_judged", "delivered"]
    assert findings(script, drill) == [("identified_without_the_cause", "identified", 300.0, kinds)]


def test_a_cause_that_nobody_named_is_not_identified(script: Any, drill: Any) -> None:
    shows(script, 600, "identified")
    assert findings(script, drill) == [("identified_without_the_cause", "identified", 4400.0, ["delivered"])]


def test_what_the_page_never_took_nobody_read(script: Any, drill: Any) -> None:
    hurt(script, 100, None)
    said = {"status": "resolved", "text": "x", "impact": "major"}
    sent = script.add(600, "publish", None, key="publish-1", attempt=1, **said)
    failed = {"status": 503, "error": "down", "retry_at_ms": None}
    script.add(600, "delivery_failed", sent, key="publish-1", tool="status_page", **failed)
    assert findings(script, drill) == []
    assert list(page(script.journal(drill().header))) == []


def test_a_finding_says_itself_in_a_sentence_and_in_the_terminal(script: Any, drill: Any) -> None:
    from scoring.text import text

    hurt(script, 100, 1084)
    shows(script, 1000, "monitoring")
    script.add(5000, "drill_ended")
    journal = script.journal(drill().header)
    card = scorecard(journal)
    (finding,) = card["status_page"]["findings"]
    assert finding["text"] == "the status page said monitoring while users were hurt, for 1:24"
    assert f"TOLD {finding['text']}  #" in text(card, journal)
