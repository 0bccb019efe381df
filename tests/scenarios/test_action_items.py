"""Action items: the procedure's own file, other files, their states, and which are overdue."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.action_items import (
    OPEN,
    PRIORITIES,
    STATUSES,
    TRANSITIONS,
    ActionItem,
    action_items_text,
    moved,
    overdue,
    plain_item,
    read_action_items,
)
from scenarios.documents import parse_document, read_document
from scenarios.problems import InputError

SHARED = Path(__file__).parents[3] / "shared" / "procedure"

texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"]), min_size=1, max_size=30)
words = st.sampled_from(["on", "null", "2025-08-16", "1e3", "0x10", "~", "- a", "a: b", "# no", "yes", "\u2028", '"'])
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@st.composite
def items(draw: st.DrawFn) -> list[ActionItem]:
    """Items with different ids, as a file may hold them."""
    made = []
    for name in draw(st.lists(texts | words, unique=True, max_size=5)):
        status = draw(st.sampled_from(STATUSES))
        made.append(
            ActionItem(
                id=name,
                title=draw(texts | words),
                owner=draw(texts | words),
                priority=draw(st.sampled_from(PRIORITIES)),
                due_date=draw(days),
                status=status,
                completed_on=draw(st.none() | days) if status == "done" else None,
                incident=draw(st.none() | texts),
                scenario=draw(st.none() | words),
                ticket=draw(st.none() | texts),
            )
        )
    return made


def item(name: str = "AI-1", **changes: object) -> ActionItem:
    stated = {"title": "Do it", "owner": "team", "priority": "high", "due_date": date(2025, 8, 16), "status": "todo"}
    return ActionItem(id=name, **{**stated, **changes})  # type: ignore[arg-type]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's files are not beside this repository")
def test_the_procedures_action_items_load_unchanged() -> None:
    found = read_action_items(read_document(SHARED / "action-items.yaml"))
    assert [plain_item(one) for one in found] == [
        {
            "id": "AI-001",
            "title": "Implement circuit breaker for ElevenLabs API",
            "owner": "backend-team",
            "priority": "high",
            "due_date": "2025-08-16",
            "status": "in_progress",
        },
        {
            "id": "AI-002",
            "title": "Add alerting for API rate limit approaching",
            "owner": "devops-team",
            "priority": "medium",
            "due_date": "2025-08-20",
            "status": "todo",
        },
        {
            "id": "AI-003",
            "title": "Update incident response training materials",
            "owner": "engineering-manager",
            "priority": "low",
            "due_date": "2025-08-30",
            "status": "todo",
        },
    ]


@settings(deadline=None)
@given(items())
def test_items_that_were_written_are_read_back_as_they_were(written: list[ActionItem]) -> None:
    read = read_action_items(parse_document(action_items_text(written), "items.yaml"))
    assert [plain_item(one) for one in read] == [plain_item(one) for one in written]


def test_a_file_is_written_as_people_write_it() -> None:
    """Keys are plain, values are quoted, and what an item does not have is left out."""
    assert action_items_text([item(scenario="db-slow")]) == (
        'action_items:\n- id: "AI-1"\n  title: "Do it"\n  owner: "team"\n  priority: "high"\n'
        '  due_date: "2025-08-16"\n  status: "todo"\n  scenario: "db-slow"\n'
    )


def test_every_problem_of_a_file_is_told_with_its_place() -> None:
    text = """action_items:
  - {id: AI-1, title: A, owner: a, priority: urgent, due_date: 2025-02-30, status: todo}
  - {id: AI-2, title: B, owner: "", priority: low, due_date: 2025-W33-6, status: waiting, colour: red}
"""
    with pytest.raises(InputError) as caught:
        read_action_items(parse_document(text, "items.yaml"))
    told = [(problem.line, problem.path) for problem in caught.value.problems]
    assert told == [
        (2, "action_items[0].priority"),
        (2, "action_items[0].due_date"),
        (3, "action_items[1].owner"),
        (3, "action_items[1].due_date"),
        (3, "action_items[1].status"),
        (3, "action_items[1].colour"),
    ]


def test_an_id_that_comes_twice_and_a_day_of_completion_too_early_are_refused() -> None:
    text = """action_items:
  - {id: AI-1, title: A, owner: a, priority: low, due_date: 2025-08-16, status: done, completed_on: 2025-08-10}
  - {id: AI-1, title: B, owner: b, priority: low, due_date: 2025-08-16, status: todo, completed_on: 2025-08-10}
"""
    with pytest.raises(InputError) as caught:
        read_action_items(parse_document(text, "items.yaml"))
    assert [str(problem) for problem in caught.value.problems] == [
        'items.yaml:3:10: action_items[1].id: "AI-1" is the id of item 1 already',
        "items.yaml:3:87: action_items[1].completed_on: only an item that is done has this",
    ]


def test_only_open_items_whose_day_has_passed_are_overdue_the_longest_first() -> None:
    listed = [
        item("later", due_date=date(2025, 8, 20)),
        item("today", due_date=date(2025, 8, 18)),
        item("low", priority="low"),
        item("high"),
        item("oldest", due_date=date(2025, 1, 1), status="proposed"),
        item("done", status="done"),
        item("dropped", status="dropped"),
    ]
    assert [one.id for one in overdue(listed, date(2025, 8, 18))] == ["oldest", "high", "low"]
    assert set(OPEN) == {status for status in STATUSES if overdue([item(status=status)], date(2026, 1, 1))}


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_an_item_goes_only_where_its_table_allows_and_knows_when_it_was_done(before: str, after: str) -> None:
    old = item(status=before, completed_on=date(2025, 8, 1) if before == "done" else None)
    today = date(2025, 8, 18)
    if after == before:
        assert moved(old, after, today) is old  # type: ignore[arg-type]
    elif after in TRANSITIONS[before]:  # type: ignore[index]
        new = moved(old, after, today)  # type: ignore[arg-type]
        assert (new.status, new.completed_on) == (after, today if after == "done" else None)
    else:
        with pytest.raises(ValueError, match=f"{before} and cannot become {after}"):
            moved(old, after, today)  # type: ignore[arg-type]
