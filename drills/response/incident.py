"""The incident as every part of the workflow shares it: its state, the time, what is being said, what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from drills.response.deadlines import Deadlines
from drills.response.messages import Emission
from drills.response.states import State
from scenarios.organization import Organization
from scenarios.people import Escalation, Severity


class Incident:
    """One incident, from before its first signal to its closure. Drill time, in milliseconds, is `now_ms`."""

    def __init__(self, organization: Organization, starts_at: datetime) -> None:
        assert starts_at.tzinfo is not None, "drill time zero needs a UTC offset"
        self.organization = organization
        self.starts_at = starts_at
        self.deadlines = Deadlines()
        self.now_ms = 0
        self.because = 0
        self.state: State | None = None
        self.incident_id: str | None = None
        self.severity: str | None = None
        """As declared."""
        self.claimed_severity: str | None = None
        """As the first signal claims, until somebody declares."""
        self.policy = organization.escalation
        """The escalation policy, as it was when the incident was triggered."""
        self.title = ""
        self._emissions: list[Emission] = []
        self._origin = 0
        """What commands are because of, as `Emission.because` says it; 0: no event has been said yet."""

    def emit(self, kind: str, /, **fields: Any) -> None:
        """Say that something happened because of what is being handled. Commands that follow are because of it."""
        self.note(kind, **fields)
        self._origin = -len(self._emissions)

    def conclude(self, kind: str, /, **fields: Any) -> None:
        """Say that something has come of the latest event of what is being handled."""
        self.command(kind, **fields)
        self._origin = -len(self._emissions)

    def note(self, kind: str, /, **fields: Any) -> None:
        """Say that something happened that no command follows from."""
        self._emissions.append(Emission(kind, fields, self.because))

    def follow_up(self, kind: str, because: int, /, **fields: Any) -> None:
        """Say that something has come of the n-th emission of what is being handled, where `because` is -n."""
        self._emissions.append(Emission(kind, fields, because))

    @property
    def emissions(self) -> tuple[Emission, ...]:
        """Everything said since the last time it was taken."""
        return tuple(self._emissions)

    def command(self, kind: str, /, **fields: Any) -> None:
        """Ask for something, because of the latest event of what is being handled, or because of the message itself."""
        self._emissions.append(Emission(kind, fields, self._origin or self.because))

    def take_emissions(self) -> list[Emission]:
        """Everything said since the last time this was asked."""
        taken, self._emissions, self._origin = self._emissions, [], 0
        return taken

    def set_deadline(self, name: str, at_ms: int, fire: Callable[[], None]) -> None:
        """Have something done at a time, never in the past, because of what is being handled."""
        self.deadlines.set(name, max(at_ms, self.now_ms), self.because, fire)

    def policy_of(self, name: str) -> Escalation:
        """The escalation policy of a name; the organisation's own for any that it has not."""
        return self.organization.escalation_policies.get(name, self.organization.escalation)

    @property
    def calendar(self) -> datetime:
        """Now, on the drill's calendar."""
        return self.starts_at + timedelta(milliseconds=self.now_ms)

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.state not in {None, "resolved", "closed"}

    @property
    def declared(self) -> Severity:
        """The promises of the declared severity; only for an incident that was declared."""
        assert self.severity is not None, "the incident was not declared"
        return self.organization.severities[self.severity]

    @property
    def low_urgency(self) -> bool:
        """Whether it is known to be so minor that it pages nobody beyond the first level."""
        severity = self.organization.severities.get(self.working_severity or "")
        return severity is not None and not severity.pages

    @property
    def working_severity(self) -> str | None:
        """The declared severity, or until then what the first signal claims."""
        return self.severity or self.claimed_severity
