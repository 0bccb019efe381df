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


def test_root_causes_are_technical_of_the_process_and_human(drafted: dict[str, Any]) -> None:
    assert list(drafted["root_cause"]) == ["technical", "process", "human"]
    assert drafted["root_cause"]["technical"][0]["text"].startswith("Elevenlabs")


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
