"""The post-incident review, drafted from a journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import chain
from typing import Any

import pytest

from scoring.review import ITEM_KEYS, PARTS, markdown, review
from simulator.journal import Journal


@pytest.fixture
def drafted(drill: Callable[..., Journal]) -> dict[str, Any]:
    return review(drill())


def test_it_has_the_five_parts_of_the_meeting_which_fill_an_hour(drafted: dict[str, Any]) -> None:
    assert [part for part in drafted if part in PARTS] == list(PARTS)
    text = markdown(drafted)
    for number, (title, minutes) in enumerate(PARTS.values(), start=1):
        assert f"\n## {number}. {title} ({minutes} min)\n" in text
    assert sum(minutes for _, minutes in PARTS.values()) == 60


def test_the_timeline_goes_from_detection_to_resolution_and_tells_decisions_actions_and_communication(
    drafted: dict[str, Any], drill: Callable[..., Journal]
) -> None:
    records = drill().records
    told = [records[entry["record"] - 1]["type"] for entry in drafted["timeline"]]
    assert told.index("incident_triggered") < told.index("incident_declared") < told.index("incident_resolved")
    assert {"mitigation_started", "cause_identified", "update_posted"} <= set(told)
    assert told.count("objective_left") == 1
    times = [entry["at_s"] for entry in drafted["timeline"]]
    assert times == sorted(times)


def test_what_was_met_went_well_and_what_was_missed_could_be_improved(drafted: dict[str, Any]) -> None:
    well = " ".join(point["text"] for point in drafted["went_well"])
    better = " ".join(point["text"] for point in drafted["could_improve"])
    assert "Customers told after" in well
    assert "Noticing the trouble took" in better
    assert "Customers told after" not in better


def test_every_point_names_records_of_the_journal(drafted: dict[str, Any], drill: Callable[..., Journal]) -> None:
    known = range(1, len(drill().records) + 1)
    points = [*drafted["went_well"], *drafted["could_improve"], *chain(*drafted["root_cause"].values())]
    assert points
    assert all(number in known for point in points for number in point["evidence"])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        pytest.param("technical", "Elevenlabs: burst errors", id="technical"),
        pytest.param("process", "The first response came later than a P0 promises", id="process"),
        pytest.param("human", "A cause was named that was none, once: what pointed there?", id="human"),
    ],
)
def test_root_causes_are_technical_of_the_process_and_human(troubled: dict[str, Any], kind: str, told: str) -> None:
    assert list(troubled["root_cause"]) == ["technical", "process", "human"]
    texts = [point["text"] for point in troubled["root_cause"][kind]]
    assert told in texts, texts


def test_proposed_action_items_have_the_keys_of_their_file_and_are_due_after_the_resolution(
    drafted: dict[str, Any],
) -> None:
    """Each names the scenario that tests it again."""
    items = drafted["action_items"]
    assert items
    for number, item in enumerate(items, start=1):
        assert tuple(item) == (*ITEM_KEYS, "incident", "scenario")
        assert (item["incident"], item["scenario"]) == (drafted["incident"], "vendor-intermittent")
        assert item["id"] == f"AI-{number:03d}"
        assert item["status"] == "proposed"
        assert date(2025, 8, 9) < date.fromisoformat(item["due_date"])
    assert len({item["title"] for item in items}) == len(items)


def test_texts_cannot_break_out_of_a_table_of_the_document(drafted: dict[str, Any]) -> None:
    drafted["timeline"][0]["text"] = "a | b\nc"
    assert "| a \\| b c |" in markdown(drafted)


@pytest.fixture
def troubled(drill: Callable[..., Journal]) -> dict[str, Any]:
    """A review where the tracker failed, the severity was misjudged, and fifteen minutes sufficed to gather."""
    severities = {name: {"title": name, "respond_within": 60_000} for name in ("P0", "P1", "P2")}
    criteria = {
        **drill().header["criteria"],
        "assembled": {"within": 15 * 60_000, "from": "impact"},
        "communication": {"internal_every": 15 * 60_000, "customers_within": 10 * 60_000},
    }
    journal = drill(header={"severity": "P0", "severities": severities, "criteria": criteria})
    failed = {"key": "ticket-1", "tool": "tracker", "status": 503, "error": "Down", "retry_in_ms": 30_000}
    number = next(record["record"] for record in journal.records if record["type"] == "open_ticket")
    journal.append(journal.records[-1]["at_ms"], "delivery_failed", number, failed)
    return review(journal)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        pytest.param("went_well", "Making users safe took ", id="effective-actions-and-processes"),
        pytest.param("went_well", "Gathering the team took 12:10, against 15:00", id="team-coordination"),
        pytest.param("went_well", "What was tried helped: fallback to text interface", id="successful-mitigation"),
        pytest.param("could_improve", "A tool did not take what it was given: tracker, once", id="gaps-in-tools"),
        pytest.param("could_improve", "Customers told after 18:22, against 10:00", id="communication-issues"),
        pytest.param("could_improve", "Noticing the trouble took 6:40, against 5:00", id="detection-delays"),
    ],
)
def test_what_went_well_and_what_could_be_improved_tell_each_kind_of_point(
    troubled: dict[str, Any], part: str, told: str
) -> None:
    texts = [point["text"] for point in troubled[part]]
    assert any(told in text for text in texts), texts


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Prevent, or bear, burst errors of elevenlabs", id="prevention-measures"),
        pytest.param("Be sooner in noticing the trouble", id="process-improvements"),
        pytest.param("Make tracker dependable, or have a way round it", id="tool-enhancements"),
        pytest.param("Train classifying by the impact matrix", id="training-needs"),
    ],
)
def test_each_kind_of_action_item_is_proposed_where_there_is_reason(troubled: dict[str, Any], title: str) -> None:
    titles = [item["title"] for item in troubled["action_items"]]
    assert title in titles, titles


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(["incident_triggered", "incident_declared", "incident_resolved"], id="detection-to-resolution"),
        pytest.param(["cause_identified", "mitigation_started", "verification_finished"], id="decisions-and-actions"),
        pytest.param(["update_posted", "update_posted"], id="communication"),
    ],
)
def test_the_timeline_tells_each_kind_of_event_with_its_record(
    drafted: dict[str, Any], drill: Callable[..., Journal], kinds: list[str]
) -> None:
    records = drill().records
    told = [records[entry["record"] - 1]["type"] for entry in drafted["timeline"]]
    assert all(told.count(kind) >= kinds.count(kind) for kind in kinds)
