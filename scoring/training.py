"""Who is trained in what: a record per person of drills, seats and results, what is due and what has expired.

Only seats that people held themselves count; what modelled people did trains nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from scenarios.organization import Organization
from scenarios.program import TrainingProgram

FORMAT = 1
"""Raised whenever a key changes its meaning or goes away; new keys do not raise it."""
NOTICE = timedelta(days=30)
"""So long before it expires a training is due again."""
STATUSES = ("expired", "due", "valid")
"""The most urgent first. `due`: never had, or about to expire. `expired`: had once, and no longer good."""


class Sitting(NamedTuple):
    """A seat that a person held in a drill."""

    person: str
    drill: str
    title: str
    on: date
    role: str
    valid: bool
    """Whether the drill proves anything."""
    met: bool | None
    """Whether the team met every criterion."""


class Attendance(NamedTuple):
    """A training that a person attended."""

    person: str
    program: str
    on: date


def on_call(organization: Organization) -> set[str]:
    """Everybody who stands in a schedule, or is paged by the escalation."""
    named = {person for schedule in organization.schedules.values() for person in schedule.rotation}
    for level in organization.escalation.levels:
        named.update(target for target in level.targets if target in organization.people)
    return named


def training_report(
    organization: Organization,
    sittings: Iterable[Sitting],
    attendances: Iterable[Attendance],
    names: Mapping[str, str],
    today: date,
) -> dict[str, Any]:
    """The record of everybody in the organisation, and of others who were trained in it, as a JSON document.

    names   by participant id; one who has none is shown by the id
    """
    seats = sorted(sitting for sitting in sittings if sitting.on <= today)
    attended = sorted(attendance for attendance in attendances if attendance.on <= today)
    others = {one.person for one in seats} | {one.person for one in attended}
    others -= set(organization.people)
    called = on_call(organization)
    people = []
    for person in (*organization.people, *sorted(others)):
        own = [sitting for sitting in seats if sitting.person == person]
        courses = [attendance for attendance in attended if attendance.person == person]
        wanted = {
            name: program
            for name, program in organization.training.items()
            if person not in others and (program.for_ == "everyone" or person in called)
        }
        people.append(
            {
                "person": person,
                "name": names.get(person),
                "title": organization.people[person].title if person in organization.people else None,
                "programs": [_state(name, program, own, courses, today) for name, program in wanted.items()],
                "drills": _drills(own),
            }
        )
    return {
        "report": FORMAT,
        "organization": organization.organization,
        "title": organization.title,
        "on": today.isoformat(),
        "programs": {name: _program(program) for name, program in organization.training.items()},
        "people": people,
        "due": _listed(people, "due"),
        "expired": _listed(people, "expired"),
    }


def _program(program: TrainingProgram) -> dict[str, Any]:
    return {
        "title": program.title,
        "takes_minutes": program.takes // 60_000,
        "for": program.for_,
        "every_days": None if program.every is None else program.every // 86_400_000,
        "proven_by": program.proven_by,
    }


def _state(
    name: str, program: TrainingProgram, own: Iterable[Sitting], courses: Iterable[Attendance], today: date
) -> dict[str, Any]:
    """Where a person stands: `{"program", "status", "last_on", "expires_on"}`; it is good until the day before that."""
    days = [course.on for course in courses if course.program == name]
    if program.proven_by == "drill":
        days += [sitting.on for sitting in own if sitting.valid]
    last = max(days, default=None)
    expires = None if last is None or program.every is None else last + timedelta(milliseconds=program.every)
    if last is None:
        status = "due"
    elif expires is None or today < expires - NOTICE:
        status = "valid"
    else:
        status = "due" if today < expires else "expired"
    return {
        "program": name,
        "status": status,
        "last_on": None if last is None else last.isoformat(),
        "expires_on": None if expires is None else expires.isoformat(),
    }


def _drills(own: Iterable[Sitting]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for sitting in own:
        row = rows.setdefault(
            sitting.drill,
            {
                "drill": sitting.drill,
                "title": sitting.title,
                "on": sitting.on.isoformat(),
                "roles": [],
                "valid": sitting.valid,
                "met": sitting.met,
            },
        )
        row["roles"].append(sitting.role)
    return sorted(rows.values(), key=lambda row: (row["on"], row["drill"]))


def _listed(people: Sequence[Mapping[str, Any]], status: str) -> list[dict[str, str]]:
    """Who stands like that in what, by programme and person."""
    found = [
        {"person": str(person["person"]), "program": str(state["program"])}
        for person in people
        for state in person["programs"]
        if state["status"] == status
    ]
    return sorted(found, key=lambda row: (row["program"], row["person"]))
