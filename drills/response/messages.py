"""What goes into the workflow (signals, acts, outcomes) and what comes out of it (events and commands)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple


class Signal(NamedTuple):
    """Word of trouble that reached the response process."""

    kind: Literal["alert", "probe", "customer", "team"]
    name: str
    """Of the alert, the probe, the service that a customer complains of, or the person who noticed."""
    summary: str
    severity: str | None
    """What the signal itself claims, as alerts do; a severity's name."""
    because: int
    """Number of the journal's record of it."""
    policy: str = "default"
    """The escalation policy of the receiver that an alert went to."""


class Act(NamedTuple):
    """What a seat does; a model, a person and a file all look the same here."""

    action: str
    """One of `drills.response.states`' actions."""
    person: str
    fields: Mapping[str, Any]
    because: int


class Outcome(NamedTuple):
    """What became of one attempt to send a command."""

    key: str
    attempt: int
    delivered: bool
    tool: str
    """pager, chat, tracker or status_page."""
    status: int
    """HTTP status; 0 when there was no answer."""
    error: str
    """Empty when delivered."""
    reference: str
    """The tool's own name for what it made (an issue's key, a message's timestamp); empty when it gave none."""
    because: int


Message = Signal | Act | Outcome


class Emission(NamedTuple):
    """A record for the journal: an event that happened, or a command to carry out."""

    kind: str
    """A row of `simulator.events.EVENT_TYPES`."""
    fields: dict[str, Any]
    because: int
    """Number of the record that led to it: the message's, or that of the message that set the deadline. When negative,
    -n is the n-th emission of the same list, whose number only the journal can give.
    """
