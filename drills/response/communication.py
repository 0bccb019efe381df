"""Telling people: the announcement, updates to colleagues and customers, and the promises of how often they come.

Whoever writes an update fills in its fields; the organisation's templates make the texts of them. A field that is left
out is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from drills.response.channels import Channels
from drills.response.delivery import Delivery
from drills.response.incident import Incident
from drills.response.templates import (
    CHAT_ALERT,
    CHAT_RESOLVED,
    CHAT_UPDATE,
    CUSTOMER_EMAIL,
    CUSTOMER_NOTICE,
    IN_APP,
    Templates,
    subject,
)
from scenarios.fields import format_duration

Audience = Literal["internal", "customers"]

IMPACTS = ("critical", "major", "minor", "none")
"""What the status page shows, by the severity's place in the organisation's table; the last for all beyond."""

STATUSES: tuple[str, ...] = ("investigating", "identified", "monitoring", "resolved")
"""The four states that are told; the last is told of an incident that was resolved, and only of such a one."""

INTERNAL_FIELDS: tuple[str, ...] = ("status", "impact", "progress", "next_steps", "eta", "need_help")
"""What an update to colleagues has to say."""

CUSTOMER_FIELDS: dict[str, tuple[str, ...]] = {
    "investigating": ("issue_description",),
    "identified": ("component", "eta"),
    "monitoring": (),
    "resolved": (
        "non_technical_explanation",
        "customer_impact_description",
        "resolution_summary",
        "prevention_measure_1",
        "prevention_measure_2",
        "prevention_measure_3",
    ),
}
"""What an update to customers has to say beside its status, by that; the last is the letter after the resolution."""


class Communication:
    """What is said to whom, and when something is to be said again."""

    def __init__(
        self,
        incident: Incident,
        delivery: Delivery,
        templates: Templates,
        on_customers_told: Callable[[], None],
    ) -> None:
        self._incident = incident
        self._delivery = delivery
        self._templates = templates
        self._on_customers_told = on_customers_told
        self._channels = Channels(incident, delivery, self._told)
        self.customers_told = False
        """Whether customers have been told anything, on any channel."""
        self._began_ms = 0
        self._resolved_ms = 0

    def begin(self) -> None:
        """The first word of trouble has come: what customers are told later to have begun now."""
        self._began_ms = self._incident.now_ms

    def announce(self, person: str, offers: Mapping[str, str]) -> None:
        """Open the ticket and tell the channel, with the way into the war room and who is asked to take which role."""
        incident, organization = self._incident, self._incident.organization
        headline = f"{incident.incident_id} ({incident.severity}): {incident.title}"
        place = f"War room: {organization.incident_channel}. Meeting: {organization.meeting_url}"
        text = f"{headline}\nDeclared by {person}. {place}"
        self._delivery.send("open_ticket", {"title": incident.title, "severity": incident.severity, "text": text})
        fields = {
            **self._incident_fields(),
            "impact_description": incident.declared.impact,
            "current_status": "investigating",
            "incident_commander": offers.get("commander", "not named yet"),
            "meeting_link": organization.meeting_url,
            "war_room_link": organization.war_room_url or organization.meeting_url,
            "update_cadence": self._cadence(),
            "declared_by": person,
            "requests": "\n".join(f"{asked}: please join as {role}." for role, asked in offers.items()),
        }
        self._post(CHAT_ALERT, fields)

    def promise(self) -> None:
        """Start counting towards the next update for each audience, as the severity promises."""
        self._channels.begin()
        self._remind("internal", self._incident.declared.internal_every)
        self._remind("customers", self._incident.declared.customers_within)

    def severity_changed(self) -> None:
        """Count towards what the new severity promises; what was due sooner and is still promised stays due then."""
        incident = self._incident
        promises: list[tuple[Audience, int | None]] = [("internal", incident.declared.internal_every)]
        promises.append(("customers", None if self.customers_told else incident.declared.customers_within))
        for audience, every_ms in promises:
            due_ms = incident.deadlines.due_ms(f"update {audience}")
            incident.deadlines.cancel(f"update {audience}")
            self._remind(audience, every_ms, incident.now_ms if due_ms is None else due_ms - (every_ms or 0))

    def stop(self) -> None:
        """Nothing more is owed to anybody."""
        self._incident.deadlines.cancel("update internal")
        self._incident.deadlines.cancel("update customers")

    def why_not(self, fields: Mapping[str, Any]) -> str | None:
        """What is missing or wrong in an update, if anything; its audience is one of the two."""
        audience, status = fields["audience"], fields.get("status")
        allowed = STATUSES
        if audience == "customers":
            allowed = STATUSES[-1:] if self._incident.state == "resolved" else STATUSES[:-1]
        if status not in allowed:
            return f"an update for {audience} needs a status, one of {', '.join(allowed)} (got {status})"
        wanted = INTERNAL_FIELDS if audience == "internal" else ("status", *CUSTOMER_FIELDS[str(status)])
        missing = [name for name in wanted if not _is_filled(fields.get(name))]
        if missing:
            return f"an update for {audience} that says {status} needs {', '.join(missing)} filled in"
        unknown = [name for name in fields if name not in {*wanted, "audience", "next_update_by_ms"}]
        if unknown:
            return f"an update for {audience} that says {status} has no {', '.join(unknown)}"
        if audience == "customers" and status == "resolved" and self._incident.organization.tools.email is None:
            return "there is no email by which customers could be told after the resolution"
        promised = fields.get("next_update_by_ms")
        if promised is not None and type(promised) is not int:
            return f"next_update_by_ms is a drill time in milliseconds (got {promised})"
        return None

    def update(self, person: str, fields: Mapping[str, Any]) -> None:
        """Say something to an audience; nothing may speak against it (`why_not`)."""
        audience, status, promised_ms = fields["audience"], fields["status"], fields.get("next_update_by_ms")
        promised = {} if promised_ms is None else {"next_update_by_ms": promised_ms}
        self._incident.emit("update_posted", person=person, audience=audience, status=status, **promised)
        wanted = INTERNAL_FIELDS if audience == "internal" else CUSTOMER_FIELDS[status]
        said = {name: fields[name] for name in wanted}
        next_update = "" if promised_ms is None else f"{self._instant(promised_ms):%H:%M %Z}"
        if audience == "internal":
            said |= {"next_update": next_update, "posted_by": person}
            self._post(CHAT_UPDATE, {**self._incident_fields(), **said}, self._posted)
        elif status == "resolved":
            self._write(said)
        else:
            self._tell(status, {**said, "next_update": next_update})

    def resolve(self, person: str) -> None:
        """Tell the channel that it is over, and customers too if they knew of it or should have."""
        incident = self._incident
        self._resolved_ms = incident.now_ms
        self._post(CHAT_RESOLVED, {**self._incident_fields(), "resolved_by": person})
        if self._channels.used or incident.declared.customers_within is not None:
            self._tell("resolved", {"report_within": _in_words(incident.organization.closure.report_within)})

    # How it is said.

    def _post(self, template: str, fields: Mapping[str, str], on_delivered: Callable[[], None] = lambda: None) -> None:
        text = self._templates.render(template, fields)
        command = {"channel": self._incident.organization.incident_channel, "text": text}
        self._delivery.send("post", command, on_delivered)

    def _tell(self, status: str, said: Mapping[str, str]) -> None:
        """Tell customers how it stands, on every channel that carries it. The letter after the resolution comes later,
        when somebody has written what happened.
        """
        organization = self._incident.organization
        at = f"{self._instant():%Y-%m-%d %H:%M %Z}"
        text = self._templates.render(f"status_{status}.j2", {**said, "timestamp": at})
        self._channels.send("status_page", {"status": status, "text": text, "impact": self._impact()})
        known = {
            "organization": organization.title,
            "status": status,
            "text": text,
            "status_url": organization.status_url,
        }
        email = organization.tools.email
        first = email is not None and not self._channels.has_reached("email")
        if email is not None and status != "resolved" and (first or email.carries == "every_update"):
            html = self._templates.render(CUSTOMER_NOTICE, {**known, "date": f"{self._instant():%Y-%m-%d}"})
            self._channels.send("email", {"to": email.customers, "subject": subject(html), "html": html})
        if organization.tools.in_app is not None:
            notice = {"status": status, "title": self._headline(), "text": self._templates.render(IN_APP, known)}
            self._channels.send("in_app", notice)

    def _write(self, said: Mapping[str, str]) -> None:
        """Write to customers what happened, once it is over."""
        email = self._incident.organization.tools.email
        assert email is not None, "somebody writes where nobody can"
        began, ended = self._instant(self._began_ms), self._instant(self._resolved_ms)
        fields = {
            **said,
            "organization": self._incident.organization.title,
            "date": f"{began:%Y-%m-%d}",
            "start_time": f"{began:%H:%M %Z}",
            "end_time": f"{ended:%H:%M %Z}" if began.date() == ended.date() else f"{ended:%Y-%m-%d %H:%M %Z}",
        }
        html = self._templates.render(CUSTOMER_EMAIL, fields)
        self._channels.send("email", {"to": email.customers, "subject": subject(html), "html": html})

    def _incident_fields(self) -> dict[str, str]:
        incident = self._incident
        assert incident.incident_id is not None
        assert incident.severity is not None
        return {"incident_id": incident.incident_id, "severity": incident.severity, "title": incident.title}

    def _headline(self) -> str:
        return f"{self._incident.organization.title} service update"

    def _impact(self) -> str:
        severities = list(self._incident.organization.severities)
        rank = severities.index(self._incident.severity) if self._incident.severity else 0
        return IMPACTS[min(rank, len(IMPACTS) - 1)]

    def _instant(self, at_ms: int | None = None) -> datetime:
        """A drill time, by default now, on the calendar in UTC, as customers anywhere can read it."""
        incident = self._incident
        at_ms = incident.now_ms if at_ms is None else at_ms
        return (incident.starts_at + timedelta(milliseconds=at_ms)).astimezone(UTC)

    def _cadence(self) -> str:
        """How often colleagues hear something: `every 15 minutes for P0 and P1, every 30 minutes for P2`."""
        severities: dict[int, list[str]] = {}
        for name, severity in self._incident.organization.severities.items():
            if severity.internal_every is not None:
                severities.setdefault(severity.internal_every, []).append(name)
        told = [f"every {_in_words(every)} for {' and '.join(names)}" for every, names in severities.items()]
        return ", ".join(told) or "whenever there is something to say"

    # What is owed to whom.

    def _posted(self) -> None:
        if self._incident.open:
            self._remind("internal", self._incident.declared.internal_every)

    def _told(self) -> None:
        if not self._incident.open:
            return
        self.customers_told = True
        if self._channels.all_reached:
            self._incident.deadlines.cancel("update customers")
            self._remind("customers", self._incident.declared.customers_every)
        self._on_customers_told()

    def _remind(self, audience: Audience, every_ms: int | None, since_ms: int | None = None) -> None:
        if every_ms is not None:
            now_ms = self._incident.now_ms
            due_ms = every_ms + (now_ms if since_ms is None else min(since_ms, now_ms))
            self._incident.set_deadline(f"update {audience}", due_ms, lambda: self._overdue(audience, every_ms))

    def _overdue(self, audience: Audience, every_ms: int) -> None:
        self._incident.emit("update_overdue", audience=audience)
        self._remind(audience, every_ms)


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _in_words(duration_ms: int) -> str:
    """`24 hours`, `15 minutes`, `1 minute`; what is no whole number of minutes as it is written in files."""
    for unit_ms, unit in ((3_600_000, "hour"), (60_000, "minute")):
        count, rest = divmod(duration_ms, unit_ms)
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return format_duration(duration_ms)
