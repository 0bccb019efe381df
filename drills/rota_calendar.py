"""The rota as an iCalendar file (RFC 5545): an event a shift, in the schedule's own time zone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from drills.response.on_call import Duty, zone_of
from scenarios.local_time import changes, instant, reading
from scenarios.organization import Organization

if TYPE_CHECKING:
    from icalendar import Event, Timezone


def calendar_of(organization: Organization, rota: Mapping[str, Sequence[Duty]], stamp: datetime) -> bytes:
    """The file's bytes: an event for every duty of each schedule, in a category called like the schedule.

    A shift has the same identity in every file that holds it whole, so that importing a newer one replaces it. `stamp`
    is when the file is made.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//gameday//rota//EN")
    calendar.add("version", "2.0")
    calendar.calendar_name = f"On call at {organization.title}"
    spans: dict[tzinfo, tuple[datetime, datetime]] = {}
    events = []
    for name, duties in rota.items():
        where = zone_of(organization, organization.schedules[name])
        for duty in duties:
            if duty.person is not None:
                events.append(_event(organization, name, duty, where, stamp))
                first, last = spans.get(where, (duty.start, duty.end))
                spans[where] = min(first, duty.start), max(last, duty.end)
    for where, (first, last) in spans.items():
        if where is not UTC:
            calendar.add_component(_timezone(where, first, last))
    for event in events:
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _event(organization: Organization, name: str, duty: Duty, where: tzinfo, stamp: datetime) -> Event:
    from icalendar import Event, vCalAddress

    assert duty.person is not None
    person = organization.people[duty.person]
    identity = f"{organization.organization}/{name}/{duty.person}/{duty.start.isoformat()}"
    event = Event()
    event.add("uid", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@gameday")
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", _written(duty.start, where))
    event.add("dtend", _written(duty.end, where))
    event.add("summary", duty.person)
    event.add("categories", [name])
    attendee = vCalAddress(f"mailto:{person.email}")
    attendee.params["CN"] = person.title
    event.add("attendee", attendee)
    return event


def _written(at: datetime, where: tzinfo) -> datetime:
    """A moment in its zone, or in UTC if local time shows it twice: a calendar can then only mean the first."""
    at = at.replace(microsecond=0)
    shown = reading(at, where)
    return shown.replace(tzinfo=where) if instant(shown, where) == at else at


def _timezone(where: tzinfo, first: datetime, last: datetime) -> Timezone:
    """A zone's definition for a period: what its offset is at first, and each time that it changes.

    Onsets are told by the clock as it was before, as the standard wants; the package's own definitions tell those of
    summer time by the clock as it is afterwards, an hour late.
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    definition = Timezone()
    definition.add("tzid", str(where))
    start = first - timedelta(days=1)
    offset = start.astimezone(where).utcoffset()
    assert offset is not None
    onsets = [(start, offset, offset), *changes(where, start, last + timedelta(days=1))]
    for at, before, after in onsets:
        local = at.astimezone(where)
        part = TimezoneDaylight() if local.dst() else TimezoneStandard()
        part.add("dtstart", (at + before).replace(tzinfo=None))
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", local.tzname() or str(where))
        definition.add_component(part)
    return definition
