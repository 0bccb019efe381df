"""Training records: whom a programme is for, what proves it, what is due and what has expired."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from scenarios.loading import load_organization
from scenarios.people import Escalation, EscalationLevel, Person, Schedule
from scenarios.program import TrainingProgram
from scoring.training import NOTICE, Attendance, Sitting, training_report
from scoring.training_text import training_text
from simulator.faults import KINDS
from tests.builders import organization

TODAY = date(2025, 9, 1)
DAY_MS = 86_400_000


def team() -> Any:
    """Ann and Bob stand in the schedule, Cat is paged by name, Dan is neither."""
    people = {name: Person(title="Engineer", email=f"{name}@example.org", profile="primary") for name in "abcd"}
    return organization(
        people=people,
        schedules={"primary": Schedule(rotation=("a", "b"), since="2025-W01")},
        escalation=Escalation(levels=(EscalationLevel(targets=("primary", "c"), timeout=1),)),
        training={
            "orientation": TrainingProgram(title="Overview", takes=3_600_000),
            "drills": TrainingProgram(title="Drill", takes=7_200_000, every=92 * DAY_MS, proven_by="drill"),
            "on_call": TrainingProgram(title="On call", takes=8, for_="on_call"),
        },
    )


def sitting(person: str, on: date, role: str = "commander", valid: bool = True, drill: str = "one") -> Sitting:
    return Sitting(person, drill, "Trouble", on, role, valid, True)


def record(sittings: list[Sitting], attended: list[Attendance], today: date = TODAY) -> dict[str, Any]:
    return training_report(team(), sittings, attended, {"a": "Ann Example"}, today)


def states(document: dict[str, Any], person: str) -> dict[str, str]:
    found = next(one for one in document["people"] if one["person"] == person)
    return {state["program"]: state["status"] for state in found["programs"]}


def test_the_four_programmes_of_the_procedure_are_data() -> None:
    """Title, length, for whom and how often, of each."""
    document = training_report(load_organization("seiketsu", KINDS).organization, [], [], {}, TODAY)
    terms = {name: (one["takes_minutes"], one["every_days"], one["for"]) for name, one in document["programs"].items()}
    assert terms == {
        "new_hire_orientation": (60, None, "everyone"),
        "quarterly_drill": (120, 92, "everyone"),
        "annual_training": (240, 366, "everyone"),
        "on_call_training": (480, None, "on_call"),
    }
    called = {row["person"] for row in document["due"] if row["program"] == "on_call_training"}
    assert called == {"alice.engineer", "bob.engineer", "charlie.manager"}


@pytest.mark.parametrize(
    ("program", "minutes", "for_everyone", "expires_after"),
    [
        pytest.param("new_hire_orientation", 60, True, None, id="new_hire_orientation"),
        pytest.param("quarterly_drill", 120, True, 92, id="quarterly_drill"),
        pytest.param("annual_training", 240, True, 366, id="annual_training"),
        pytest.param("on_call_training", 480, False, None, id="on_call_training"),
    ],
)
def test_a_programme_of_the_procedure_is_for_whom_it_says_and_as_often(
    program: str, minutes: int, for_everyone: bool, expires_after: int | None
) -> None:
    """Attended on one day by somebody on call and somebody who is not."""
    organization = load_organization("seiketsu", KINDS).organization
    both = ("alice.engineer", "frank.ceo")
    attended = [Attendance(person, program, TODAY) for person in both]

    def state(person: str, on: date) -> str | None:
        found = training_report(organization, [], attended, {}, on)
        assert found["programs"][program]["takes_minutes"] == minutes
        return states(found, person).get(program)

    assert [state(person, TODAY) for person in both] == ["valid", "valid" if for_everyone else None]
    later = TODAY + timedelta(days=expires_after or 4_000)
    assert state(both[0], later) == ("expired" if expires_after else "valid")
    assert state(both[0], later - timedelta(days=1)) != "expired"


def test_a_programme_is_due_for_those_whom_it_is_meant_for_until_they_had_it() -> None:
    document = record([], [Attendance("a", "on_call", TODAY), Attendance("a", "orientation", TODAY)])
    assert states(document, "a") == {"orientation": "valid", "drills": "due", "on_call": "valid"}
    assert states(document, "c") == {"orientation": "due", "drills": "due", "on_call": "due"}
    assert states(document, "d") == {"orientation": "due", "drills": "due"}
    assert {"person": "d", "program": "orientation"} in document["due"]
    assert document["expired"] == []


@pytest.mark.parametrize(
    ("ago", "status"),
    [
        (timedelta(0), "valid"),
        (timedelta(days=92) - NOTICE - timedelta(days=1), "valid"),
        (timedelta(days=92) - NOTICE, "due"),
        (timedelta(days=91), "due"),
        (timedelta(days=92), "expired"),
    ],
)
def test_what_recurs_is_due_before_it_expires(ago: timedelta, status: str) -> None:
    assert states(record([sitting("a", TODAY - ago)], []), "a")["drills"] == status


def test_only_a_seat_in_a_valid_drill_or_an_attendance_counts_and_nothing_from_the_future() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert states(record([sitting("a", TODAY, valid=False), sitting("a", tomorrow)], []), "a")["drills"] == "due"
    assert states(record([], [Attendance("a", "drills", TODAY)]), "a")["drills"] == "valid"
    assert states(record([sitting("a", TODAY)], []), "a")["orientation"] == "due"


def test_a_person_has_a_record_of_drills_seats_and_results() -> None:
    """One row a drill with every seat held in it; people who left the organisation keep theirs, and nothing is due."""
    earlier = TODAY - timedelta(days=10)
    seats = [
        sitting("a", TODAY, "technical_lead", drill="two"),
        sitting("a", earlier),
        sitting("a", earlier, "technical_lead"),
        sitting("gone", earlier),
    ]
    document = record(seats, [])
    people = {one["person"]: one for one in document["people"]}
    drills = [(drill["drill"], drill["roles"], drill["met"]) for drill in people["a"]["drills"]]
    assert drills == [("one", ["commander", "technical_lead"], True), ("two", ["technical_lead"], True)]
    assert (people["gone"]["programs"], len(people["gone"]["drills"]), people["gone"]["title"]) == ([], 1, None)
    assert (people["a"]["name"], people["b"]["name"]) == ("Ann Example", None)


def test_the_text_says_first_what_is_to_be_done_and_then_each_persons_record() -> None:
    lines = training_text(record([sitting("a", TODAY - timedelta(days=100))], [])).splitlines()
    assert "Expired: 1" in lines
    assert "  drills: Ann Example" in lines
    assert "  drills                   expired: last 2025-05-24, expired 2025-08-24" in lines
    assert "  2025-05-24  commander, Trouble: met" in lines
    assert lines.index("Expired: 1") < lines.index("Due: 10") < lines.index("Ann Example · Engineer")
