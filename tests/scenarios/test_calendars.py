"""Shifts from iCalendar files: what calendars and on-call tools write, and what damaged files are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.calendars import Reader, read_calendar

PEOPLE = {
    "ann": ("Engineer", "ann@example.org"),
    "ben": ("Ben Example", "ben@example.org"),
    "cat": ("Lead", "Cat@x.org"),
}
BERLIN = Reader("rota.ics", PEOPLE, "primary", ("primary", "secondary"), "Europe/Berlin")


def calendar(*events: str) -> bytes:
    """A calendar with these events, each given by its properties, a line each."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: str) -> list[tuple[str, str, str]]:
    """Person, start and end (UTC, no seconds) of every shift."""
    shifts, problems = read_calendar(calendar(*events), BERLIN)
    assert problems == []
    return [(one.person, *(f"{at.astimezone(UTC):%m-%dT%H:%M}" for at in (one.from_, one.to))) for one in shifts]


def problems(content: bytes) -> list[str]:
    _, found = read_calendar(content, BERLIN)
    assert found
    return [str(problem) for problem in sorted(found)]


UTC_EVENT = "DTSTART:20250804T070000Z\nDTEND:20250811T070000Z"


@pytest.mark.parametrize(
    ("times", "shift"),
    {
        "in UTC": (UTC_EVENT, ("08-04T07:00", "08-11T07:00")),
        "in a zone": (
            "DTSTART;TZID=America/New_York:20250804T090000\nDTEND;TZID=America/New_York:20250811T090000",
            ("08-04T13:00", "08-11T13:00"),
        ),
        "as Outlook calls a zone": (
            "DTSTART;TZID=W. Europe Standard Time:20250804T090000\nDTEND;TZID=W. Europe Standard Time:20250805T090000",
            ("08-04T07:00", "08-05T07:00"),
        ),
        "in the schedule's zone": ("DTSTART:20250804T090000\nDTEND:20250805T090000", ("08-04T07:00", "08-05T07:00")),
        "whole days": ("DTSTART;VALUE=DATE:20251025\nDTEND;VALUE=DATE:20251027", ("10-24T22:00", "10-26T23:00")),
        "one whole day": ("DTSTART;VALUE=DATE:20251026", ("10-25T22:00", "10-26T23:00")),
        "for a time": ("DTSTART:20250804T070000Z\nDURATION:PT12H", ("08-04T07:00", "08-04T19:00")),
        "for a local day of 25 hours": (
            "DTSTART;TZID=Europe/Berlin:20251025T090000\nDURATION:P1D",
            ("10-25T07:00", "10-26T08:00"),
        ),
    }.values(),
)
def test_an_event_lasts_as_calendars_show_it(times: str, shift: tuple[str, str]) -> None:
    assert read(f"SUMMARY:ann\n{times}") == [("ann", *shift)]


@pytest.mark.parametrize(
    ("about", "who"),
    [
        ("SUMMARY:ben", "ben"),
        ("SUMMARY:ben example", "ben"),
        ("SUMMARY:On call\nATTENDEE;CN=Ann:mailto:ann@example.org", "ann"),
        ("SUMMARY:On call\nATTENDEE:MAILTO:CAT@X.ORG", "cat"),
        ("ATTENDEE:mailto:ann@example.org\nATTENDEE:mailto:bot@example.org", "ann"),
        ("SUMMARY:ben\nATTENDEE:mailto:ann@example.org\nATTENDEE:mailto:ben@example.org", "ben"),
    ],
)
def test_an_event_is_of_whom_its_attendee_or_its_summary_names(about: str, who: str) -> None:
    assert [person for person, *_ in read(f"{about}\n{UTC_EVENT}")] == [who]


def test_a_weekly_event_hands_over_at_the_same_local_time_all_year() -> None:
    start = "DTSTART;TZID=Europe/Berlin:20251020T090000\nDTEND;TZID=Europe/Berlin:20251027T090000"
    later = "DTSTART;TZID=Europe/Berlin:20251027T090000\nDTEND;TZID=Europe/Berlin:20251103T090000"
    repeat = "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2"
    assert read(f"SUMMARY:ann\n{start}\n{repeat}", f"SUMMARY:ben\n{later}\n{repeat}") == [
        ("ann", "10-20T07:00", "10-27T08:00"),
        ("ben", "10-27T08:00", "11-03T08:00"),
        ("ann", "11-03T08:00", "11-10T08:00"),
        ("ben", "11-10T08:00", "11-17T08:00"),
    ]


def test_a_repeat_ends_when_it_says_and_leaves_out_what_was_cancelled_or_moved() -> None:
    daily = "UID:7\nSUMMARY:ann\nDTSTART:20250804T080000Z\nDTEND:20250804T100000Z"
    assert read(
        f"{daily}\nRRULE:FREQ=DAILY;UNTIL=20250807T080000Z\nEXDATE:20250805T080000Z",
        "UID:7\nRECURRENCE-ID:20250806T080000Z\nSUMMARY:ben\nDTSTART:20250806T120000Z\nDTEND:20250806T130000Z",
        f"STATUS:CANCELLED\n{daily}",
    ) == [
        ("ann", "08-04T08:00", "08-04T10:00"),
        ("ben", "08-06T12:00", "08-06T13:00"),
        ("ann", "08-07T08:00", "08-07T10:00"),
    ]


def test_a_repeat_without_end_is_followed_for_ten_years() -> None:
    shifts, found = read_calendar(calendar(f"SUMMARY:ann\n{UTC_EVENT}\nRRULE:FREQ=WEEKLY"), BERLIN)
    assert (len(shifts), found) == (523, [])
    assert shifts[-1].from_ == datetime(2035, 8, 6, 7, tzinfo=UTC)


def test_events_in_the_category_of_another_schedule_are_not_this_ones() -> None:
    mine, others = f"SUMMARY:ann\nCATEGORIES:primary\n{UTC_EVENT}", f"SUMMARY:ben\nCATEGORIES:secondary\n{UTC_EVENT}"
    assert [person for person, *_ in read(mine, others)] == ["ann"]


@pytest.mark.parametrize(
    ("event", "said"),
    {
        "nobody": (
            f"SUMMARY:an\n{UTC_EVENT}",
            '5:1: SUMMARY: neither the attendees nor the summary "an" name a person of the organisation; did you mean'
            ' "ann"?',
        ),
        "several": (
            f"SUMMARY:On call\nATTENDEE:mailto:ann@example.org\nATTENDEE:mailto:ben@example.org\n{UTC_EVENT}",
            "5:1: SUMMARY: names 2 persons: ann, ben (expected one)",
        ),
        "no start": ("SUMMARY:ann\nDTEND:20250804T070000Z", "4:1: the event has no DTSTART"),
        "no end": ("SUMMARY:ann\nDTSTART:20250804T070000Z", "4:1: the event does not say at what time it ends"),
        "backwards": (
            "SUMMARY:ann\nDTSTART:20250804T070000Z\nDTEND:20250803T070000Z",
            "7:1: DTEND: the event ends before it begins, or at once",
        ),
        "two starts": (
            f"SUMMARY:ann\n{UTC_EVENT}\nDTSTART:20250804T070000Z",
            "6:1: DTSTART: is given 2 times (expected once)",
        ),
        "a date and a time": (
            "SUMMARY:ann\nDTSTART;VALUE=DATE:20250804\nDTEND:20250804T070000Z",
            "7:1: DTEND: a date and time, while DTSTART is a date (expected two of a kind)",
        ),
        "no date": (
            "SUMMARY:ann\nDTSTART:soon\nDTEND:20250804T070000Z",
            "6:1: DTSTART: cannot be read: Expected datetime, date, or time. Got: 'soon'",
        ),
        "unknown zone": (
            "SUMMARY:ann\nDTSTART;TZID=Nowhere/Land:20250804T090000\nDTEND:20250804T070000Z",
            '6:1: DTSTART: unknown time zone "Nowhere/Land"',
        ),
        "every second": (
            f"SUMMARY:ann\n{UTC_EVENT}\nRRULE:FREQ=SECONDLY",
            "8:1: RRULE: not a repeat that can be followed (expected one of YEARLY, MONTHLY, WEEKLY, DAILY)",
        ),
        "odd dates": (
            f"SUMMARY:ann\n{UTC_EVENT}\nRDATE:20250904T070000Z",
            "8:1: RDATE: further dates are not read (expected RRULE, or an event each)",
        ),
        "beyond the calendar": (
            "SUMMARY:ann\nDTSTART:99991231T230000Z\nDURATION:P9W",
            "4:1: the event goes beyond the calendar",
        ),
        "before the calendar": (
            "SUMMARY:ann\nDTSTART:00010101T000000\nDURATION:P9W",
            "4:1: the event goes beyond the calendar",
        ),
        "no rule": (
            f"SUMMARY:ann\n{UTC_EVENT}\nRRULE:FREQ=SOMETIMES",
            "8:1: RRULE: cannot be read: Expected frequency, got: SOMETIMES",
        ),
    }.values(),
)
def test_what_is_wrong_with_an_event_is_told_at_its_line(event: str, said: str) -> None:
    assert problems(calendar(event)) == [f"rota.ics:{said}"]


def test_two_people_at_the_same_time_are_a_problem_also_where_a_third_event_lies_between() -> None:
    long = f"SUMMARY:ann\n{UTC_EVENT}"
    within = "SUMMARY:ann\nDTSTART:20250804T080000Z\nDTEND:20250804T090000Z"
    clash = "SUMMARY:ben\nDTSTART:20250810T070000Z\nDTEND:20250812T070000Z"
    assert problems(calendar(clash, within, long)) == [
        "rota.ics:4:1: ben and ann (line 14) are both on call from 2025-08-10T07:00:00+00:00 (expected one at a time)"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    {
        "empty": (b"", "rota.ics: the file is empty (expected a calendar)"),
        "text": (b"ann is on call\n", "rota.ics:1:1: not a line of a calendar"),
        "no calendar": (b"BEGIN:VEVENT\r\nSUMMARY:ann\r\nEND:VEVENT\r\n", "rota.ics:1:1: not a calendar"),
        "cut off": (calendar(f"SUMMARY:ann\n{UTC_EVENT}")[:70], 'rota.ics:1:1: "VCALENDAR" has no end'),
        "a line amiss": (calendar("SUMMARY ann"), 'rota.ics:5:1: not a line of a calendar (got "SUMMARY ann")'),
        "crossed": (
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
            'rota.ics:3:1: "END:VCALENDAR" out of place (expected "END:VEVENT", begun in line 2)',
        ),
        "not text": (b"BEGIN:VCALENDAR\nSUMMARY:\xff\n", "rota.ics:2:1: not UTF-8 text (got byte 0xff)"),
        "too large": (b"x" * 2_000_000, "rota.ics: the file is too large (expected at most 1 MiB)"),
    }.values(),
)
def test_a_damaged_file_is_told_at_its_line(content: bytes, said: str) -> None:
    assert problems(content)[0].startswith(said)


def test_every_problem_of_a_file_is_told_at_once() -> None:
    assert (
        len(problems(calendar("SUMMARY:ann", f"SUMMARY:zoe\n{UTC_EVENT}", f"SUMMARY:ben\n{UTC_EVENT}\nRRULE:X=1"))) == 3
    )


WHOLE = calendar(
    f"UID:1\nSUMMARY:ann\n{UTC_EVENT}\nRRULE:FREQ=WEEKLY;COUNT=3;INTERVAL=2\nEXDATE:20250818T070000Z",
    "SUMMARY:ben\nATTENDEE;CN=Ben:mailto:ben@example.org\nDTSTART;TZID=Europe/Berlin:20250811T090000\nDURATION:P1D",
).decode()
PIECES = (
    "",
    ":",
    ";",
    "=",
    "\r\n",
    "\r\n ",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "20250899T990000Z",
    "-1",
    "P",
    "W",
    '"',
    "\x00",
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_a_file_holds_the_answer_is_shifts_or_located_problems(data: st.DataObject) -> None:
    text = WHOLE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.text(max_size=5)) + text[end:]
    shifts, found = read_calendar(text.encode("utf-8", "surrogatepass"), BERLIN)
    assert all(problem.file == "rota.ics" and "\n" not in str(problem) for problem in found)
    assert found or all(shift.from_ < shift.to for shift in shifts)
