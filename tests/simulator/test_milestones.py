"""Milestones are facts: what the records prove, not what the team claimed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.journal import Journal
from simulator.milestones import NAMES, Milestone, chain, end, milestones

SUSTAIN_MS = 300_000


def journal(*rows: tuple[int, str, int, dict[str, Any]]) -> Journal:
    made = Journal({"sustain_ms": SUSTAIN_MS})
    for at_ms, kind, because, fields in rows:
        made.append(at_ms, kind, because, fields)
    return made


def held(at_ms: int, by: str = "mitigation") -> tuple[int, str, int, dict[str, Any]]:
    return at_ms, "worst_case_held", 0, {"by": by}


def failed(at_ms: int) -> tuple[int, str, int, dict[str, Any]]:
    return at_ms, "worst_case_failed", 0, {"services": ["voice"]}


def ended(at_ms: int) -> tuple[int, str, int, dict[str, Any]]:
    return at_ms, "drill_ended", 0, {}


def test_a_milestone_that_was_not_reached_is_left_out() -> None:
    assert milestones(journal((0, "drill_started", 0, {}), ended(1000))) == {}


def test_impact_and_detection_are_the_first_of_their_records() -> None:
    left = {"service": "voice", "error_ratio": 0.6, "latency_p95_ms": 900}
    found = milestones(
        journal(
            (10, "objective_left", 0, left),
            (20, "objective_met", 1, {"service": "voice"}),
            (30, "objective_left", 0, left),
            (40, "incident_triggered", 3, {"kind": "alert", "name": "HighErrorRate"}),
        )
    )
    assert found == {"impact": Milestone(10, 1), "detected": Milestone(40, 4)}
    assert list(found) == [name for name in NAMES if name in found]


def test_the_cause_is_identified_when_the_world_agrees_and_not_before() -> None:
    def named(at_ms: int, cause: str) -> tuple[int, str, int, dict[str, Any]]:
        return at_ms, "cause_identified", 0, {"person": "alice", "cause": cause}

    found = milestones(
        journal(
            named(10, "database"),
            (10, "cause_judged", 1, {"cause": "database", "right": False}),
            named(50, "elevenlabs"),
            (50, "cause_judged", 3, {"cause": "elevenlabs", "right": True}),
        )
    )
    assert found["identified"] == Milestone(50, 3)


@pytest.mark.parametrize(
    ("rows", "expected_ms"),
    [
        ([held(100), failed(100 + SUSTAIN_MS), ended(900_000)], 100),  # exactly one window long: it counts
        ([held(100), failed(99 + SUSTAIN_MS), ended(900_000)], None),  # a millisecond short: it does not
        ([held(100), failed(200), held(300), ended(300 + SUSTAIN_MS)], 300),  # the first relapsed, the second held
        ([held(100), ended(99 + SUSTAIN_MS)], None),  # the drill ended before it had proved itself
        ([held(100, by="fault_end"), ended(900_000)], None),  # it healed by itself
        ([held(100), held(200, by="fault_end"), ended(900_000)], 100),  # safe before the fault ended
    ],
)
def test_mitigated_is_the_start_of_the_first_sustained_stretch_that_a_mitigation_began(
    rows: list[tuple[int, str, int, dict[str, Any]]], expected_ms: int | None
) -> None:
    found = milestones(journal(*rows)).get("mitigated")
    assert (found and found.at_ms) == expected_ms


def test_recovered_is_when_the_fault_ended_by_itself() -> None:
    assert milestones(journal(held(500, by="fault_end"), ended(600)))["recovered"] == Milestone(500, 1)


def test_a_fault_that_lasts_until_the_drill_ends_did_not_end_by_itself() -> None:
    assert "recovered" not in milestones(journal(held(600, by="fault_end"), ended(600)))


def test_a_resolution_and_a_verification_that_were_taken_back_do_not_count() -> None:
    checks = {"person": "alice", "passed": True}
    rows = [
        (10, "verification_finished", 0, checks),
        (20, "incident_resolved", 1, {"person": "bob"}),
        (30, "incident_reopened", 2, {"person": "bob"}),
    ]
    assert milestones(journal(*rows)) == {}
    again = [
        (35, "verification_finished", 0, {**checks, "passed": False}),
        (40, "verification_finished", 0, checks),
        (50, "incident_resolved", 5, {"person": "bob"}),
    ]
    found = milestones(journal(*rows, *again))
    assert (found["verified"], found["resolved"]) == (Milestone(40, 5), Milestone(50, 6))


def test_the_drill_ends_where_its_world_stopped_even_if_deadlines_ran_on() -> None:
    assert end(journal(ended(5_400_000), (172_800_000, "incident_closed", 0, {}))) == Milestone(5_400_000, 1)


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=12))
def test_a_stretch_counts_exactly_if_it_lasted_the_sustain_window(lengths: list[int]) -> None:
    rows, at_ms, expected = [], 0, None
    for length in lengths:
        rows += [held(at_ms), failed(at_ms + length)]
        expected = at_ms if expected is None and length >= SUSTAIN_MS else expected
        at_ms += length + 1000
    found = milestones(journal(*rows, ended(at_ms))).get("mitigated")
    assert (found and found.at_ms) == expected


def test_a_chain_of_reasons_is_followed_back_to_its_root() -> None:
    made = journal(ended(1), ended(2), (3, "incident_closed", 1, {}), (4, "incident_closed", 3, {}))
    assert chain(made.records, 4) == [1, 3, 4]
