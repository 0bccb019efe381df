"""Schedules in an organisation's file: what may be written, what is wrong, and calendars beside it."""

from __future__ import annotations

import pytest

from scenarios.loading import load_organization
from scenarios.organization import Organization
from scenarios.problems import InputError
from simulator.faults import KINDS
from tests.scenarios.conftest import Workspace

LINE = "  primary: {rotation: [alice.engineer, bob.engineer], since: 2025-W32}\n"
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
SUMMARY:bob.engineer
DTSTART;VALUE=DATE:20250809
END:VEVENT
END:VCALENDAR
"""


def load(workspace: Workspace, schedule: str) -> Organization:
    workspace.replace(workspace.organization, LINE, f"  primary: {schedule}\n")
    return load_organization(str(workspace.organization), KINDS).organization


def problems(workspace: Workspace, schedule: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(workspace, schedule)
    assert all(problem.line for problem in caught.value.problems)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def test_the_short_form_is_a_week_each_from_midnight_on_monday(workspace: Workspace) -> None:
    schedule = load(workspace, LINE.split(": ", 1)[1].strip()).schedules["primary"]
    assert (schedule.rotation, schedule.since) == (("alice.engineer", "bob.engineer"), "2025-W32")
    assert (schedule.turn, schedule.handoff, schedule.timezone) == (7 * 86_400_000, "00:00", None)
    assert (schedule.restrictions, schedule.layers, schedule.overrides, schedule.shifts) == ((), (), (), ())


def test_all_that_a_schedule_can_say_is_read(workspace: Workspace) -> None:
    schedule = load(
        workspace,
        "{rotation: [alice.engineer], since: 2025-08-06, turn: 12h, handoff: 09:00, timezone: Europe/Berlin,"
        " restrictions: [{days: [mon, fri], from: 08:00, to: 24:00}],"
        " layers: [{shifts: [{person: dana.lead, from: 2025-08-09T10:00:00Z, to: 2025-08-09T12:00:00Z}]}],"
        " overrides: [{person: bob.engineer, from: 2025-08-09T14:00:00+02:00, to: 2025-08-10T14:00:00+02:00}]}",
    ).schedules["primary"]
    assert (schedule.since, schedule.turn, schedule.handoff) == ("2025-08-06", 43_200_000, "09:00")
    (hours,) = schedule.restrictions
    assert (hours.days, hours.from_, hours.to) == (("mon", "fri"), "08:00", "24:00")
    assert schedule.layers[0].shifts[0].person == "dana.lead"
    assert schedule.overrides[0].from_.isoformat() == "2025-08-09T14:00:00+02:00"


@pytest.mark.parametrize(
    ("schedule", "said"),
    {
        "nothing": ("{}", "nothing says who is on call (expected one of rotation, shifts and ical)"),
        "no since": ("{rotation: [alice.engineer]}", 'missing key "since"'),
        "empty": ("{rotation: [], since: 2025-W32}", ".rotation: too few items"),
        "stranger": ("{rotation: [alice.enginer], since: 2025-W32}", '.rotation[0]: unknown person "alice.enginer"'),
        "no week": ("{rotation: [alice.engineer], since: 2025-W53}", ".since: wrong value"),
        "no day": ("{rotation: [alice.engineer], since: 2025-02-30}", ".since: wrong value"),
        "another age": ("{rotation: [alice.engineer], since: 0001-W01}", ".since: wrong value"),
        "half hours": ("{rotation: [alice.engineer], since: 2025-W32, turn: 90m}", ".turn: not whole hours (got 1h30m"),
        "no turn": ("{rotation: [alice.engineer], since: 2025-W32, turn: 0s}", ".turn: wrong value"),
        "no time": ("{rotation: [alice.engineer], since: 2025-W32, handoff: 9}", ".handoff: wrong value"),
        "late": ("{rotation: [alice.engineer], since: 2025-W32, handoff: 24:00}", ".handoff: 24:00 is the next day's"),
        "no day name": (
            "{rotation: [alice.engineer], since: 2025-W32, restrictions: [{days: [monday]}]}",
            '.restrictions[0].days[0]: not one of the values allowed; did you mean "mon"?',
        ),
        "from midnight to midnight": (
            "{rotation: [alice.engineer], since: 2025-W32, restrictions: [{from: 24:00}]}",
            ".restrictions[0].from: 24:00 is the next day's 00:00",
        ),
        "backwards": (
            "{rotation: [alice.engineer], since: 2025-W32, overrides: [{person: dana.lead,"
            " from: 2025-08-09T12:00:00Z, to: 2025-08-09T14:00:00+02:00}]}",
            ".overrides[0].to: ends before it begins, or at once",
        ),
        "between seconds": (
            "{shifts: [{person: dana.lead, from: 2025-08-09T12:00:00.5Z, to: 2025-08-09T14:00:00Z}]}",
            ".shifts[0].from: on call changes on whole seconds",
        ),
        "two ways": (
            "{rotation: [alice.engineer], since: 2025-W32, ical: none.ics}",
            "rotation and ical are given together",
        ),
        "a calendar's turn": ("{ical: none.ics, turn: 1d}", ".turn: only a rotation has turn"),
        "no zone": ("{rotation: [alice.engineer], since: 2025-W32, timezone: Berlin}", ".timezone: wrong value"),
        "a layer of nothing": (
            "{rotation: [alice.engineer], since: 2025-W32, layers: [{since: 2025-W32}]}",
            ".layers[0]: nothing says who is on call",
        ),
    }.values(),
)
def test_what_makes_no_sense_is_told_at_its_place(workspace: Workspace, schedule: str, said: str) -> None:
    told = problems(workspace, schedule)
    assert any(one.startswith(f"schedules.primary{said if said[0] == '.' else f': {said}'}") for one in told), told


@pytest.mark.parametrize(
    "schedule",
    [
        "{ical: rota.ics, timezone: Europe/Berlin}",
        "{rotation: [dana.lead], since: 2026-W01, timezone: Europe/Berlin, layers: [{ical: rota.ics}]}",
    ],
)
def test_a_calendar_beside_the_file_gives_a_layer_its_shifts(workspace: Workspace, schedule: str) -> None:
    path = workspace.organization.with_name("rota.ics")
    path.write_text(CALENDAR)
    workspace.replace(workspace.organization, LINE, f"  primary: {schedule}\n")
    loaded = load_organization(str(workspace.organization), KINDS)
    primary = loaded.organization.schedules["primary"]
    (shift,) = primary.layers[0].shifts if primary.layers else primary.shifts
    assert (shift.person, shift.from_.isoformat()) == ("bob.engineer", "2025-08-08T22:00:00+00:00")
    assert path.resolve() in loaded.digests
    assert loaded.organization.schedules["secondary"].shifts == ()


def test_a_calendar_that_is_missing_or_damaged_is_told_together_with_all_else(workspace: Workspace) -> None:
    workspace.organization.with_name("rota.ics").write_text(CALENDAR.replace("bob.engineer", "bob.enginer"))
    workspace.replace(
        workspace.organization, LINE, "  primary: {ical: rota.ics, layers: [{ical: none.ics}], turn: x}\n"
    )
    with pytest.raises(InputError) as caught:
        load_organization(str(workspace.organization), KINDS)
    told = [str(problem).removeprefix(f"{workspace.organization.parent}/") for problem in caught.value.problems]
    assert len(told) == 4, told
    assert any("schedules.primary.layers[0].ical: " in one and "there is no such file" in one for one in told)
    assert any(one.startswith("rota.ics:5:1: SUMMARY: ") and 'did you mean "bob.engineer"?' in one for one in told)
