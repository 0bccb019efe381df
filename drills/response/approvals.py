"""Approval: some changes wait until a role has agreed, for a while."""

from __future__ import annotations

from typing import NamedTuple

from drills.response.incident import Incident


class Request(NamedTuple):
    """A change that somebody wants to make and that waits for an answer."""

    person: str
    action: str
    playbook: str | None
    role: str


class Approvals:
    """The requests that wait, by action."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self.waiting: dict[str, Request] = {}

    def role_for(self, action: str) -> str | None:
        """The role that has to agree to an action, if the organisation wants one."""
        known = self._incident.organization.actions.get(action)
        return known.approval if known is not None else None

    def ask(self, person: str, action: str, playbook: str | None, role: str) -> None:
        """Wait for the role's answer; without one the request lapses."""
        incident = self._incident
        self.waiting[action] = Request(person, action, playbook, role)
        incident.emit("approval_asked", person=person, action=action, role=role)
        due_ms = incident.now_ms + incident.organization.actions[action].approve_within
        incident.set_deadline(f"approval {action}", due_ms, lambda: self._lapsed(action))

    def answered(self, action: str) -> Request:
        """The request is settled: take it from those that wait."""
        self._incident.deadlines.cancel(f"approval {action}")
        return self.waiting.pop(action)

    def stop(self) -> None:
        """The incident is over: nothing is to be changed any more."""
        for action in list(self.waiting):
            self.answered(action)

    def _lapsed(self, action: str) -> None:
        request = self.waiting.pop(action)
        self._incident.emit("approval_lapsed", person=request.person, action=action, role=request.role)
