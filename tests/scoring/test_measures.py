"""Measures and criteria: times between instants, silences, promises, and the limits they are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.criteria import together
from scoring.measures import Instant, between
from scoring.scorecard import scorecard
from simulator.journal import Journal

MINUTE = 60_000
DrillOf = Callable[..., Journal]


def ended(at_ms: int) -> Journal:
    made = Journal({"sustain_ms": 0})
    for at in (0, at_ms):
        made.append(at, "drill_ended" if at else "drill_started", 0, {})
    return made


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_limit_is_inclusive_and_the_margin_has_the_verdicts_sign(start: int, stop: int, limit: int) -> None:
    result = between(ended(10**7), Instant("a", start, 1), Instant("b", stop, 2), limit)
    assert result["met"] == (stop - start <= limit)
    assert (result["margin_s"] >= 0) == result["met"]
    assert result["value_s"] == (stop - start) / 1000  # negative if the end came first


def test_a_result_has_the_documented_shape(drill: DrillOf) -> None:
    result = scorecard(drill())["criteria"]["detected"]
    impact, report = result["from"]["record"], result["to"]["record"]
    assert result == {
        "met": False,
        "status": "reached",
        "value_s": 400.0,
        "limit_s": 300.0,
        "margin_s": -100.0,
        "from": {"milestone": "impact", "at_s": 612.0, "record": impact},
        "to": {"milestone": "detected", "at_s": 1012.0, "record": report},
        "evidence": [impact, report - 1, report],
    }


def test_what_never_came_is_never_and_missed(drill: DrillOf) -> None:
    result = scorecard(drill(without=["worst_case_held"]))["criteria"]["mitigated"]
    assert (result["status"], result["met"], result["value_s"], result["to"]) == ("never", False, None, None)


def test_what_never_came_is_left_open_if_the_drill_ended_before_its_limit() -> None:
    start = Instant("impact", 0, 1)
    assert between(ended(5 * MINUTE), start, None, 5 * MINUTE)["met"] is None
    assert between(ended(5 * MINUTE + 1), start, None, 5 * MINUTE)["met"] is False


def test_what_has_no_start_is_not_applicable(drill: DrillOf) -> None:
    card = scorecard(drill(without=["objective_left"]))
    assert card["measures"]["time_to_detect"]["status"] == "not_applicable"
    assert (card["met"], card["of"]) == (False, 0)


def test_what_a_source_does_not_publish_is_unknown(drill: DrillOf) -> None:
    card = scorecard(drill(header={"unpublished": ["assembled", "declared"]}, without=["incident_declared"]))
    assert card["criteria"]["assembled"]["status"] == "unknown"
    assert card["criteria"]["assembled"]["met"] is None
    assert card["criteria"]["communication"]["parts"]["internal_every"]["status"] == "unknown"


def test_silence_is_counted_between_deliveries_and_not_between_attempts(drill: DrillOf) -> None:
    journal = drill()
    silence = scorecard(journal)["measures"]["longest_silence_internal"]
    assert (silence["value_s"], silence["from"]["milestone"]) == (830.0, "internal_update")
    undelivered = Journal(journal.header)
    for record in journal.records:
        fields = {name: value for name, value in record.items() if name not in ("record", "at_ms", "type", "because")}
        kind = record["type"]
        if kind == "delivered" and record["key"] == "post-3":
            kind = "delivery_failed"
            fields = {"key": "post-3", "tool": "chat", "status": 503, "error": "unavailable", "retry_at_ms": None}
        undelivered.append(record["at_ms"], kind, record["because"], fields)
    part = scorecard(undelivered)["criteria"]["communication"]["parts"]["internal_every"]
    assert (part["met"], part["value_s"]) == (False, 1600.0)


def test_the_announcement_of_the_declaration_is_the_first_internal_update(drill: DrillOf) -> None:
    silence = scorecard(drill(without=["update_posted"]))["measures"]["longest_silence_internal"]
    assert (silence["from"]["at_s"], silence["to"]["milestone"]) == (1302.0, "resolved")


def test_an_unresolved_incident_is_silent_until_the_end_of_the_drill(drill: DrillOf) -> None:
    silence = scorecard(drill(without=["update_posted", "incident_resolved"]))["measures"]["longest_silence_internal"]
    assert (silence["to"]["milestone"], silence["to"]["at_s"]) == ("drill_ended", 5400.0)


def test_customers_are_told_by_the_first_delivered_publication_after_the_declaration(drill: DrillOf) -> None:
    part = scorecard(drill())["criteria"]["communication"]["parts"]["customers_within"]
    assert (part["value_s"], part["met"], part["from"]["milestone"]) == (1102.0, True, "declared")
    untold = scorecard(drill(without=["publish"]))["criteria"]["communication"]
    assert (untold["met"], untold["parts"]["customers_within"]["status"]) == (False, "never")


def test_a_promise_is_kept_by_a_later_update_in_time_or_by_resolution(script: Any, drill: DrillOf) -> None:
    kept = {"made": 5, "kept": 5, "within_5m": 5}
    none = {"made": 0, "kept": 0, "within_5m": 0}
    audiences = {"internal": kept, "customers": none}
    assert scorecard(drill())["promises"] == {**kept, "broken": [], "audiences": audiences}
    declared = script.add(
        10, "incident_declared", None, person="bob", incident="INC-1", severity="P1", title="Calls fail"
    )
    said = {"person": "carol", "audience": "internal", "status": "investigating"}
    for number, (at, by) in enumerate(((60, 400), (500, 900), (800, 1000), (990, 9_000))):
        update = script.add(at, "update_posted", declared, **said, next_update_by_ms=by * 1000)
        script.send(at, "post", update, f"post-{number}", "chat", channel="#incidents", text="Still looking")
    script.add(2000, "drill_ended")
    made = script.journal(drill().header)
    late = next(record["record"] for record in made.records if record["type"] == "update_posted")
    counts = {"made": 3, "kept": 2, "within_5m": 3}
    audiences = {"internal": counts, "customers": none}
    assert scorecard(made)["promises"] == {**counts, "broken": [late], "audiences": audiences}


@pytest.mark.parametrize(("late_s", "kept", "soon"), [(0, 1, 1), (1, 0, 1), (300, 0, 1), (301, 0, 0), (None, 0, 0)])
def test_a_promise_to_customers_is_judged_by_what_reaches_them_and_five_minutes_late_is_soon(
    script: Any, drill: DrillOf, late_s: int | None, kept: int, soon: int
) -> None:
    said = {"person": "carol", "audience": "customers", "status": "investigating"}
    first = script.add(60, "update_posted", None, **said, next_update_by_ms=1_000_000)
    script.send(60, "publish", first, "publish-1", "status_page", status="investigating", text="x", impact="major")
    # An update to the team is no word to customers.
    inside = script.add(70, "update_posted", None, **{**said, "audience": "internal"})
    script.send(70, "post", inside, "post-1", "chat", channel="#incidents", text="x")
    if late_s is not None:
        at = 998 + late_s  # It is delivered two seconds later.
        then = script.add(at, "update_posted", None, **said)
        script.send(at, "publish", then, "publish-2", "status_page", status="investigating", text="x", impact="major")
    script.add(2000, "drill_ended")
    promises = scorecard(script.journal(drill().header))["promises"]
    assert promises["audiences"]["customers"] == {"made": 1, "kept": kept, "within_5m": soon}
    assert promises["audiences"]["internal"]["made"] == 0
    assert bool(promises["broken"]) == (not kept)


EVERY_CHANNEL = {"channels": ["status_page", "email", "in_app"]}


def test_customers_are_to_be_told_in_time_on_each_channel_that_there_is(script: Any, drill: DrillOf) -> None:
    header = {**drill().header, **EVERY_CHANNEL}
    triggered = script.add(0, "incident_triggered", None, kind="alert", name="HighErrorRate")
    declared = script.add(
        100, "incident_declared", triggered, person="bob", incident="INC-1", severity="P1", title="Calls fail"
    )
    publish = {"status": "investigating", "text": "x", "impact": "major"}
    script.send(200, "publish", declared, "publish-1", "status_page", **publish)
    script.send(300, "send_email", declared, "send_email-1", "email", to="all", subject="x", html="x")
    script.add(2500, "drill_ended")
    card = scorecard(script.journal(header))
    parts = card["criteria"]["communication"]["parts"]
    assert {name: part["met"] for name, part in parts.items() if "customers" in name} == {
        "customers_within": True,
        "customers_by_email": True,
        "customers_by_in_app": False,
    }
    assert card["measures"]["time_to_tell_customers"]["status"] == "never"
    script.send(400, "notify_in_app", declared, "in_app-1", "in_app", status="investigating", title="x", text="x")
    card = scorecard(script.journal(header))
    assert card["criteria"]["communication"]["parts"]["customers_by_in_app"]["value_s"] == 302.0
    assert card["measures"]["time_to_tell_customers"]["value_s"] == 302.0
    assert card["measures"]["time_to_tell_customers_from_detection"]["value_s"] == 402.0
    assert card["measures"]["time_to_tell_customers"]["to"]["milestone"] == "customers_in_app"


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [([], None), ([None], None), ([True, None], True), ([True, False], False), ([None, False], False)],
)
def test_a_whole_is_missed_by_any_part_and_open_only_without_judged_ones(
    verdicts: list[bool | None], whole: bool | None
) -> None:
    assert together(verdicts) is whole
