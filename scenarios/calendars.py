"""Shifts from an iCalendar file (RFC 5545), as calendars and on-call tools export them.

An event is a shift: it lasts from its start to its end, of the person whom its attendee's address or its summary names.
Repeating events are followed for ten years. Local times without a zone, and whole days, are meant in the schedule's.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from scenarios.documents import SIZE_LIMIT
from scenarios.fields import LONGEST_MS
from scenarios.local_time import instant, zone
from scenarios.people import Shift
from scenarios.problems import Problem, count, did_you_mean, shorten

if TYPE_CHECKING:
    from icalendar import Calendar

    Event = Any
    """An `icalendar.Event`, whose properties may be of any type that the file makes them."""

MOST_SHIFTS = 20_000
"""Of one file, repeats included."""
_FOLLOWED = timedelta(milliseconds=LONGEST_MS)
_REPEATS = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_DAY = timedelta(days=1)
_EVENT = "VEVENT"


class Reader(NamedTuple):
    """What a calendar's events are read against."""

    file: str
    people: Mapping[str, tuple[str, str]]
    """Title and address of each person."""
    schedule: str
    """The schedule whose shifts are wanted; events in a category called like another one are passed over."""
    schedules: Collection[str]
    timezone: str


class _EventError(Exception):
    """Why an event cannot be read; carries the property that is to blame, empty for the event as a whole."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class _Line(NamedTuple):
    number: int
    text: str
    name: str
    value: str


class _Times(NamedTuple):
    """When an event lasts, as its zone's clocks show it."""

    start: datetime
    end: datetime
    where: tzinfo
    whole_days: bool
    fold: int = 0
    """1 if it ends when the clock shows its end for the second time."""

    def moved(self, start: datetime) -> _Times:
        """The same at another time; what lasts from nine to nine does so on the nights on which clocks change, too."""
        if start == self.start:
            return self
        return self._replace(start=start, end=start + (self.end - self.start), fold=0)

    def instant(self, shown: datetime, fold: int = 0) -> datetime:
        if self.whole_days:
            return instant(shown, self.where)
        return shown.replace(tzinfo=self.where, fold=fold).astimezone(UTC)


def read_calendar(content: bytes, reader: Reader) -> tuple[list[Shift], list[Problem]]:
    """The shifts of a calendar by their start, and everything that is wrong with it, by line."""
    if len(content) > SIZE_LIMIT:
        return [], [Problem(reader.file, 0, 0, "", "the file is too large (expected at most 1 MiB)")]
    lines, problems = _lines(content, reader.file)
    if problems:
        return [], problems
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical("\r\n".join(line.text for line in lines), multiple=True)
    except (ValueError, KeyError, IndexError, TypeError) as error:  # whatever its lines do not show
        return [], [Problem(reader.file, 1, 1, "", f"not a calendar: {_short(error)}")]
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        return [], [Problem(reader.file, 1, 1, "", "not a calendar (expected BEGIN:VCALENDAR)")]
    found: list[tuple[Shift, int]] = []
    moved = _moved(calendars)
    for event, event_lines in zip(_events(calendars), _lines_of_events(lines), strict=True):
        try:
            for shift in _shifts(event, reader, moved):
                found.append((shift, event_lines[0].number))
                if len(found) > MOST_SHIFTS:
                    raise _EventError("", f"too many shifts (expected at most {MOST_SHIFTS})")
        except OverflowError:
            problems.append(Problem(reader.file, event_lines[0].number, 1, "", "the event goes beyond the calendar"))
        except _EventError as error:
            number = next((line.number for line in event_lines if line.name == error.name), event_lines[0].number)
            problems.append(Problem(reader.file, number, 1, error.name, str(error)))
            if len(found) > MOST_SHIFTS:
                break
    found.sort(key=lambda entry: (entry[0].from_, entry[0].to, entry[0].person))
    problems += _overlaps(found, reader.file)
    return [shift for shift, _ in found], problems


# The file.


def _lines(content: bytes, file: str) -> tuple[list[_Line], list[Problem]]:
    """Its content lines, unfolded, each with the number of the line on which it begins."""
    from icalendar.parser import Contentline

    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        return [], [Problem(file, number, 1, "", f"not UTF-8 text (got byte 0x{content[error.start]:02x})")]
    found: list[_Line] = []
    problems: list[Problem] = []
    open_parts: list[_Line] = []
    for number, line in _unfolded(text):
        try:
            name, _, value = Contentline.from_ical(line).parts()  # type: ignore[no-untyped-call]
        except ValueError:
            problems.append(Problem(file, number, 1, "", f"not a line of a calendar (got {shorten(line)})"))
            continue
        found.append(_Line(number, line, name.upper(), value))
        if name.upper() == "BEGIN":
            if value.upper() == _EVENT and any(part.value == _EVENT for part in open_parts):
                problems.append(Problem(file, number, 1, "", "an event within an event"))
            open_parts.append(found[-1]._replace(value=value.upper()))
        elif name.upper() == "END":
            begun = open_parts.pop() if open_parts else None
            if begun is None or begun.value != value.upper():
                expected = f"{shorten('END:' + begun.value)}, begun in line {begun.number}" if begun else "BEGIN first"
                message = f"{shorten('END:' + value)} out of place (expected {expected})"
                problems.append(Problem(file, number, 1, "", message))
                return found, problems
    problems += [Problem(file, part.number, 1, "", f"{shorten(part.value)} has no end") for part in open_parts]
    if not found and not problems:
        problems.append(Problem(file, 0, 0, "", "the file is empty (expected a calendar)"))
    return found, problems


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that begin with a space or tab put behind the one before."""
    number, whole = 0, ""
    for at, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
            continue
        if whole:
            yield number, whole
        number, whole = at, line.strip()
    if whole:
        yield number, whole


def _lines_of_events(lines: list[_Line]) -> Iterator[list[_Line]]:
    """The lines of each event, from its first to its last."""
    start = 0
    for index, line in enumerate(lines):
        if (line.name, line.value.upper()) == ("BEGIN", _EVENT):
            start = index
        elif (line.name, line.value.upper()) == ("END", _EVENT):
            yield lines[start : index + 1]


def _events(calendars: list[Calendar]) -> Iterator[Event]:
    for calendar in calendars:
        yield from calendar.walk(_EVENT)


def _moved(calendars: list[Calendar]) -> set[tuple[str, datetime | date]]:
    """The occurrences of repeating events that another event replaces: identity, and when they would have begun."""
    return {
        (str(event.get("UID")), _key(event["RECURRENCE-ID"].dt))
        for event in _events(calendars)
        if hasattr(event.get("RECURRENCE-ID"), "dt")
    }


def _overlaps(found: list[tuple[Shift, int]], file: str) -> Iterator[Problem]:
    """Each shift that begins before somebody else's is over; `found` is in order of their starts."""
    latest, latest_line = found[0] if found else (None, 0)
    for shift, line in found:
        if latest is not None and shift.from_ < latest.to and shift.person != latest.person:
            both = f"{shift.person} and {latest.person} (line {latest_line}) are both on call"
            yield Problem(file, line, 1, "", f"{both} from {shift.from_.isoformat()} (expected one at a time)")
        if latest is None or shift.to > latest.to:
            latest, latest_line = shift, line


# An event.


def _shifts(event: Event, reader: Reader, moved: Collection[tuple[str, datetime | date]]) -> Iterator[Shift]:
    for name, reason in event.errors:
        raise _EventError(name or "", f"cannot be read: {_short(reason)}")
    if event.get("STATUS") == "CANCELLED" or not _is_wanted(event, reader):
        return
    person = _person(event, reader)
    times = _times(event, zone(reader.timezone))
    for starts in _starts(event, times, moved):
        occurrence = times.moved(starts)
        start, end = occurrence.instant(occurrence.start), occurrence.instant(occurrence.end, occurrence.fold)
        if end <= start:
            raise _EventError("DTEND", "the event ends before it begins, or at once")
        yield Shift(person=person, from_=start, to=end)


def _is_wanted(event: Event, reader: Reader) -> bool:
    named = set(map(str, event.categories)) & set(reader.schedules)
    return not named or reader.schedule in named


def _person(event: Event, reader: Reader) -> str:
    """Whom an event is about: whoever the attendees' addresses name and, where those name nobody or several, the
    summary.
    """
    addresses = {str(attendee).lower().removeprefix("mailto:") for attendee in event.attendees}
    summary = str(event.get("SUMMARY", "")).strip()
    attending = {name for name, (_, address) in reader.people.items() if address.lower() in addresses}
    titled = {name for name, (title, _) in reader.people.items() if summary.lower() in (name.lower(), title.lower())}
    named = attending & titled or attending or titled
    if len(named) == 1:
        return named.pop()
    if named:
        raise _EventError("SUMMARY", f"names {count(len(named), 'person')}: {', '.join(sorted(named))} (expected one)")
    hint = did_you_mean(summary, reader.people)
    message = f"neither the attendees nor the summary {shorten(summary)} name a person of the organisation{hint}"
    raise _EventError("SUMMARY", message)


def _times(event: Event, where: tzinfo) -> _Times:
    start = _moment(event, "DTSTART")
    if start is None:
        raise _EventError("", "the event has no DTSTART")
    end, lasts = _moment(event, "DTEND"), event.get("DURATION")
    if end is None and lasts is not None:
        end = start + lasts.dt
    if not isinstance(start, datetime):
        end = start + _DAY if end is None else end
        if isinstance(end, datetime):
            raise _EventError("DTEND", "a date and time, while DTSTART is a date (expected two of a kind)")
        return _Times(datetime.combine(start, time()), datetime.combine(end, time()), where, whole_days=True)
    if not isinstance(end, datetime):
        raise _EventError("DTEND" if end else "", "the event does not say at what time it ends")
    where = start.tzinfo or where
    end = end if end.tzinfo is None else end.astimezone(where)
    return _Times(start.replace(tzinfo=None), end.replace(tzinfo=None, fold=0), where, whole_days=False, fold=end.fold)


def _moment(event: Event, name: str) -> datetime | date | None:
    given = event.get(name)
    if given is None:
        return None
    if isinstance(given, list):
        raise _EventError(name, f"is given {len(given)} times (expected once)")
    moment, zone_name = given.dt, given.params.get("TZID")
    if not isinstance(moment, date):
        raise _EventError(name, "not a date, nor a date and time")
    if isinstance(moment, datetime) and moment.tzinfo is None and zone_name is not None:
        raise _EventError(name, f"unknown time zone {shorten(str(zone_name))}")
    return moment


def _starts(event: Event, times: _Times, moved: Collection[tuple[str, datetime | date]]) -> Iterator[datetime]:
    """When it begins, each time that it does."""
    if event.get("RDATE") is not None:
        raise _EventError("RDATE", "further dates are not read (expected RRULE, or an event each)")
    rule = event.get("RRULE")
    if rule is None:
        yield times.start
        return
    if isinstance(rule, list) or rule.get("FREQ") not in [[one] for one in _REPEATS]:
        raise _EventError("RRULE", f"not a repeat that can be followed (expected one of {', '.join(_REPEATS)})")
    from dateutil.rrule import rrulestr

    try:
        limit = {"UNTIL": [_shown(until, times) for until in rule["UNTIL"]]} if "UNTIL" in rule else {}
        occurrences = rrulestr(type(rule)({**rule, **limit}).to_ical().decode(), dtstart=times.start)
    except (ValueError, TypeError) as error:
        raise _EventError("RRULE", f"cannot be followed: {_short(error)}") from error
    identity = str(event.get("UID"))
    replaced = {_key(value) for value in event.exdates} | {when for who, when in moved if who == identity}
    for starts in itertools.takewhile(lambda start: start < times.start + _FOLLOWED, occurrences):
        if not replaced & {starts.date() if times.whole_days else starts, times.instant(starts)}:
            yield starts


def _shown(until: datetime | date, times: _Times) -> datetime:
    """The last moment of a repeat as the event's own clock shows it; of a date, its midnight, as starts are there."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time() if times.whole_days else time(23, 59, 59))
    return until.replace(tzinfo=None) if until.tzinfo is None else until.astimezone(times.where).replace(tzinfo=None)


def _key(moment: datetime | date) -> datetime | date:
    """A moment in a form in which it equals itself written in another zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        with suppress(OverflowError):  # then it is no shift's
            return moment.astimezone(UTC)
    return moment


def _short(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else f"{text[:119]}…"
