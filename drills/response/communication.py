"""Telling people: the announcement, updates to colleagues and customers, and the promises of how often they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from drills.response.delivery import Delivery
from drills.response.incident import Incident

Audience = Literal["internal", "customers"]

IMPACTS = ("critical", "major", "minor", "none")
"""What the status page shows, by the severity's place in the organisation's table; the last for all beyond."""


class Communication:
    """What is said to whom, and when something is to be said again."""

    def __init__(self, incident: Incident, delivery: Delivery, on_customers_told: Callable[[], None]) -> None:
        self._incident = incident
        self._delivery = delivery
        self._on_customers_told = on_customers_told
        self._publication: str | None = None
        """Key of the latest command to the status page."""
        self.customers_told = False
        """Whether customers have been told anything."""

    @property
    def status(self) -> str:
        """The state in the status page's words."""
        state = self._incident.state
        if state in {"identified", "monitoring"}:
            return str(state)
        return "resolved" if state in {"resolved", "closed"} else "investigating"

    def announce(self, person: str, offers: dict[str, str]) -> None:
        """Open the ticket and tell the channel, with the way into the war room and who is asked to take which role."""
        incident, organization = self._incident, self._incident.organization
        headline = f"{incident.incident_id} ({incident.severity}): {incident.title}"
        place = f"War room: {organization.incident_channel}. Meeting: {organization.meeting_url}"
        text = f"{headline}\nDeclared by {person}. {place}"
        self._delivery.send("open_ticket", {"title": incident.title, "severity": incident.severity, "text": text})
        asked = "".join(f"\n{asked}: please join as {role}." for role, asked in offers.items())
        self._post(f"INCIDENT DECLARED {text}{asked}")

    def promise(self) -> None:
        """Start counting towards the next update for each audience, as the severity promises."""
        self._remind("internal", self._incident.declared.internal_every)
        self._remind("customers", self._incident.declared.customers_within)

    def stop(self) -> None:
        """Nothing more is owed to anybody."""
        self._incident.deadlines.cancel("update internal")
        self._incident.deadlines.cancel("update customers")

    def update(self, person: str, audience: Audience, text: str, next_update_by_ms: int | None) -> None:
        """Say something to an audience, with the status that the state of the incident gives."""
        promised = {} if next_update_by_ms is None else {"next_update_by_ms": next_update_by_ms}
        self._incident.emit("update_posted", person=person, audience=audience, status=self.status, **promised)
        if audience == "internal":
            self._post(f"INCIDENT UPDATE {self._incident.incident_id}\nStatus: {self.status}\n{text}", self._posted)
        else:
            self._publish(text)

    def resolve(self, person: str) -> None:
        """Tell the channel that it is over, and customers too if they knew of it or should have."""
        incident = self._incident
        self._post(f"INCIDENT RESOLVED {incident.incident_id} ({incident.severity}): {incident.title}\nBy {person}.")
        if self._publication is not None or incident.declared.customers_within is not None:
            self._publish("This incident has been resolved.")

    def _post(self, text: str, on_delivered: Callable[[], None] = lambda: None) -> None:
        fields = {"channel": self._incident.organization.incident_channel, "text": text}
        self._delivery.send("post", fields, on_delivered)

    def _publish(self, text: str) -> None:
        severities = list(self._incident.organization.severities)
        rank = severities.index(self._incident.severity) if self._incident.severity else 0
        impact = IMPACTS[min(rank, len(IMPACTS) - 1)]
        earlier = self._publication
        self._publication = self._delivery.send(
            "publish", {"status": self.status, "text": text, "impact": impact}, self._published
        )
        if earlier is not None:
            # A retry of the earlier one would put the page back to what no longer holds.
            self._delivery.drop(earlier, f"superseded by {self._publication}")

    def _posted(self) -> None:
        if self._incident.open:
            self._remind("internal", self._incident.declared.internal_every)

    def _published(self) -> None:
        if self._incident.open:
            self.customers_told = True
            self._incident.deadlines.cancel("update customers")
            self._on_customers_told()

    def _remind(self, audience: Audience, every_ms: int | None) -> None:
        if every_ms is not None:
            due_ms = self._incident.now_ms + every_ms
            self._incident.set_deadline(f"update {audience}", due_ms, lambda: self._overdue(audience, every_ms))

    def _overdue(self, audience: Audience, every_ms: int) -> None:
        self._incident.emit("update_overdue", audience=audience)
        self._remind(audience, every_ms)
