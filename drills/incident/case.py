"""A real incident in memory: its workflow, and the journal of what came in and what followed. Pure: time is given.

Three types of record are inputs (`INPUTS`); every other record follows from them and from the deadlines that they set.
So a journal's inputs are enough to build the rest of it again, record for record.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from drills.response.messages import Act, Emission, Message, Outcome, Signal
from drills.response.states import ActionRefused
from drills.response.templates import Templates
from drills.response.workflow import Workflow
from scenarios.organization import Organization
from simulator.events import EVENT_TYPES
from simulator.journal import Journal, Record

INPUTS = frozenset({"declaration_received", "act_received", "outcome_received"})

DRY_RUN = "dry run"
"""The reference of a command that was shown and not sent."""

_OWN = ("record", "at_ms", "type", "because")
"""What a record carries beside the fields of its type."""


class Order(NamedTuple):
    """A command that has gone to nobody yet, or whose answer nobody has seen."""

    record: int
    """Number of the command's record."""
    kind: str
    fields: Mapping[str, Any]
    """The command's own, with its `key` and `attempt`."""


class HistoryDiffers(Exception):  # noqa: N818 (it says what was found)
    """The inputs of a journal do not lead to the records that it holds."""

    def __init__(self, record: int) -> None:
        self.record = record
        """Number of the first record that comes out otherwise."""
        super().__init__(f"record {record} comes out otherwise")


class Case:
    """One incident. `starts_at` is time zero and has a UTC offset; all other times are milliseconds since then."""

    def __init__(self, organization: Organization, starts_at: datetime, templates: Templates | None = None) -> None:
        self.organization = organization
        self.starts_at = starts_at
        self.workflow = Workflow(organization, starts_at, templates)
        self.journal = Journal({})
        self._orders: dict[tuple[str, int], Order] = {}

    @classmethod
    def replayed(
        cls,
        organization: Organization,
        starts_at: datetime,
        records: Iterable[Record],
        templates: Templates | None = None,
    ) -> Case:
        """The incident whose journal begins with these records; it may hold more than them, which follow from them.
        HistoryDiffers where their inputs lead elsewhere.
        """
        case = cls(organization, starts_at, templates)
        held = list(records)
        for record in held:
            if record["type"] in INPUTS:
                fields = {name: value for name, value in record.items() if name not in _OWN}
                try:
                    case.admit(record["type"], fields, record["because"], record["at_ms"])
                except (ActionRefused, AssertionError, KeyError, TypeError) as error:
                    raise HistoryDiffers(record["record"]) from error
        if held:
            case.advance(held[-1]["at_ms"])
        for ours, theirs in itertools.zip_longest(case.journal.records, held):
            if theirs is None:
                break
            if ours != theirs:
                raise HistoryDiffers(theirs["record"])
        return case

    @property
    def now_ms(self) -> int:
        """When the latest record was made."""
        return int(self.journal.records[-1]["at_ms"]) if self.journal.records else 0

    @property
    def publication(self) -> str:
        """The status page's own name for this incident; empty before it has one."""
        answers = (record for record in reversed(self.journal.records) if record["type"] == "outcome_received")
        named = (one["reference"] for one in answers if one["tool"] == "status_page" and one["delivered"])
        return next((str(name) for name in named if name != DRY_RUN), "")

    def orders(self) -> tuple[Order, ...]:
        """Commands that still have to be sent, in the order in which they were given."""
        return tuple(self._orders.values())

    def advance(self, to_ms: int) -> None:
        """Let every deadline up to and at a time pass, each at the moment at which it was due."""
        while (due_ms := self.workflow.next_deadline()) is not None and due_ms <= to_ms:
            self._record(due_ms, self.workflow.fire_deadline())

    def admit(self, kind: str, fields: Mapping[str, Any], because: int, at_ms: int) -> None:
        """Take an input, one of `INPUTS`, after all that was due before it. ActionRefused, and no record of it, when it
        is not possible now.
        """
        self.advance(at_ms)
        number = len(self.journal.records) + 1
        first, *others = _messages(kind, fields, number)
        emissions = self.workflow.receive(first, at_ms)
        self.journal.append(at_ms, kind, because, fields)
        if kind == "outcome_received":
            self._orders.pop((fields["key"], fields["attempt"]), None)
        self._record(at_ms, emissions)
        for message in others:
            self._record(at_ms, self.workflow.receive(message, at_ms))
        self.advance(at_ms)

    def _record(self, at_ms: int, emissions: Iterable[Emission]) -> None:
        numbers: list[int] = []
        for kind, fields, because in emissions:
            cause = numbers[-because - 1] if because < 0 else because
            number = self.journal.append(at_ms, kind, cause, fields)
            numbers.append(number)
            if EVENT_TYPES[kind].command:
                self._orders[fields["key"], fields["attempt"]] = Order(number, kind, fields)
            elif kind == "delivery_abandoned":
                for key in [key for key in self._orders if key[0] == fields["key"]]:
                    del self._orders[key]


def _messages(kind: str, fields: Mapping[str, Any], record: int) -> list[Message]:
    """What an input says to the workflow; `record` is its number."""
    if kind == "act_received":
        return [Act(fields["action"], fields["person"], fields["fields"], record)]
    if kind == "outcome_received":
        return [Outcome(**fields, because=record)]
    person, title, severity = fields["person"], fields["title"], fields["severity"]
    stated = {"severity": severity, "title": title, "incident": fields["incident"]}
    messages: list[Message] = [
        Signal("team", person, title, severity, record),
        Act("declare", person, stated, record),
    ]
    if fields["status"] == "investigating":
        messages.append(Act("investigate", person, {}, record))
    return messages
