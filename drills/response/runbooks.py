"""Runbooks: the one of the alert that fired is opened, and its own conditions fetch people beside the escalation."""

from __future__ import annotations

from drills.response.escalation import Chain
from drills.response.incident import Incident
from drills.response.messages import Signal
from drills.response.on_call import on_call
from scenarios.fields import format_duration
from scenarios.organization import Runbook, RunbookEscalation

SUSPICIONS = {"database": "database_suspected", "infrastructure": "infrastructure_suspected"}
"""Which condition holds when a service of this kind has been named as the cause."""


class Runbooks:
    """The runbooks that apply to the incident, and whom they still may fetch."""

    def __init__(self, incident: Incident, chain: Chain) -> None:
        self._incident = incident
        self._chain = chain
        self._opened: dict[str, Runbook] = {}
        self._waiting: dict[str, tuple[int, RunbookEscalation]] = {}
        """Steps that wait for their time, by the name of their deadline, and when each falls due."""

    def signal(self, signal: Signal) -> None:
        """Open the runbooks of an alert that was told of for the first time."""
        if signal.kind != "alert":
            return
        for name, runbook in self._incident.organization.runbooks.items():
            if signal.name in runbook.alerts and name not in self._opened:
                self._opened[name] = runbook
                self._incident.emit("runbook_opened", runbook=name, alert=signal.name)
                self._begin(name, "not_restored")

    def cause_identified(self, cause: str) -> None:
        """A service was named as the cause: fetch whoever knows its kind."""
        service = self._incident.organization.services.get(cause)
        condition = SUSPICIONS.get(service.kind) if service is not None else None
        if condition is not None:
            for name in self._opened:
                self._begin(name, condition)

    def pause(self) -> None:
        """The incident is resolved: fetch nobody."""
        for name in self._waiting:
            self._incident.deadlines.cancel(name)

    def resume(self) -> None:
        """The incident is open again: what fell due meanwhile is due now."""
        for name, (due_ms, _) in self._waiting.items():
            self._incident.set_deadline(name, due_ms, lambda name=name: self._due(name))  # type: ignore[misc]

    def _begin(self, name: str, condition: str) -> None:
        for number, step in enumerate(self._opened[name].escalation, start=1):
            if step.when == condition:
                waiting = f"runbook {name} {number}"
                self._waiting[waiting] = (self._incident.now_ms + (step.after or 0), step)
                if step.after:
                    self._incident.set_deadline(waiting, self._waiting[waiting][0], lambda at=waiting: self._due(at))  # type: ignore[misc]
                else:
                    self._due(waiting)

    def _due(self, name: str) -> None:
        _, step = self._waiting.pop(name)
        incident = self._incident
        if incident.low_urgency or (step.when == "not_restored" and incident.state == "monitoring"):
            return
        reason = step.when.replace("_", " ") + (f" for {format_duration(step.after)}" if step.after else "")
        for person in on_call(incident.organization, step.target, incident.calendar):
            self._chain.reach(person, reason)
