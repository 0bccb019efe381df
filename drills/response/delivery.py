"""Getting commands delivered: each attempt's outcome, retries under the same key, and giving up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drills.response.incident import Incident
from drills.response.messages import Outcome
from scenarios.fields import format_duration


def nothing() -> None:
    """What follows from the fate of a command on which nothing else hangs."""


class Command:
    """A command that was given, and how far it got. `key` is its idempotency key, the same in every attempt."""

    __slots__ = ("attempt", "delivered", "dropped", "fields", "first_ms", "key", "kind", "on_delivered", "on_refused")

    def __init__(self, key: str, kind: str, fields: Mapping[str, Any], first_ms: int) -> None:
        self.key = key
        self.kind = kind
        self.fields = fields
        self.first_ms = first_ms
        self.on_delivered = nothing
        self.on_refused = nothing
        self.attempt = 0
        self.delivered = False
        self.dropped = False
        """Whether there will be no further attempt, although it was never delivered."""


class Delivery:
    """Every command of the workflow goes out through here, and every outcome comes back."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._commands: dict[str, Command] = {}
        self._counts: dict[str, int] = {}

    def send(
        self,
        kind: str,
        fields: Mapping[str, Any],
        on_delivered: Callable[[], None] = nothing,
        on_refused: Callable[[], None] = nothing,
    ) -> str:
        """Give a command and return its key. At most one of the callbacks is called, later and once; neither after the
        command was dropped.
        """
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        key = f"{kind}-{count}"
        command = self._commands[key] = Command(key, kind, fields, self._incident.now_ms)
        command.on_delivered, command.on_refused = on_delivered, on_refused
        self._attempt(command)
        return key

    def drop(self, key: str, reason: str) -> None:
        """Stop trying to deliver a command that nobody needs any more; nothing for one that is settled."""
        command = self._commands[key]
        if not command.delivered and not command.dropped:
            command.dropped = True
            self._incident.deadlines.cancel(f"retry {key}")
            self._incident.note("delivery_abandoned", key=key, reason=reason)

    def receive(self, outcome: Outcome) -> None:
        """Take note of what became of an attempt, and decide whether there is to be another."""
        command = self._commands.get(outcome.key)
        assert command is not None, f"an outcome for {outcome.key}, which was never sent"
        assert outcome.attempt <= command.attempt, f"an outcome for attempt {outcome.attempt}, which was never made"
        if outcome.delivered:
            self._delivered(command, outcome)
        else:
            self._failed(command, outcome)

    def _attempt(self, command: Command) -> None:
        command.attempt += 1
        self._incident.command(command.kind, key=command.key, attempt=command.attempt, **command.fields)

    def _delivered(self, command: Command, outcome: Outcome) -> None:
        reference = {"reference": outcome.reference} if outcome.reference else {}
        self._incident.note("delivered", key=outcome.key, tool=outcome.tool, status=outcome.status, **reference)
        if command.delivered:
            return
        command.delivered = True
        self._incident.deadlines.cancel(f"retry {command.key}")
        if not command.dropped:
            command.on_delivered()

    def _failed(self, command: Command, outcome: Outcome) -> None:
        settled = command.delivered or command.dropped or outcome.attempt < command.attempt
        # The vendor understood the request and will not have it: asking again cannot help. 429 only says "later".
        refused = 400 <= outcome.status < 500 and outcome.status != 429
        policy = self._incident.organization.delivery
        retry_at_ms = self._incident.now_ms + policy.retry_every
        # A page is the one thing that must get through, so it is tried for as long as anybody needs it.
        late = command.kind != "page" and retry_at_ms - command.first_ms > policy.give_up_after
        again = not (settled or refused or late)
        self._incident.note(
            "delivery_failed",
            key=outcome.key,
            tool=outcome.tool,
            status=outcome.status,
            error=outcome.error,
            retry_at_ms=retry_at_ms if again else None,
        )
        if again:
            self._incident.set_deadline(f"retry {command.key}", retry_at_ms, lambda: self._attempt(command))
        elif not settled:
            self.drop(command.key, "refused" if refused else f"not taken for {format_duration(policy.give_up_after)}")
            command.on_refused()
