"""Action items and their issues in the tracker: each is created once, its key is kept, and its state is read back.

From when an item has an issue the tracker says how far it is; the item follows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from drills.adapters import tracker_items
from drills.adapters.exchange import Context, HttpRequest, HttpResponse, Result
from drills.adapters.patience import TRIES, can_help, patience_s
from drills.adapters.tracker_items import Found
from drills.incident.endpoints import Endpoint, endpoint
from scenarios.action_items import TRANSITIONS, ActionItem, Status, moved
from scenarios.organization import Organization, Tool
from scoring.wording import harmless

if TYPE_CHECKING:
    from drills.adapters.sender import Sender

TRACKED: tuple[Status, ...] = ("todo", "in_progress", "done")
"""The states of items that the tracker is to know: accepted, and not dropped."""


class Answer(NamedTuple):
    """What came of asking the tracker about one item."""

    item: ActionItem
    """As it was when it was asked about."""
    found: Found | None
    """Its issue; None where that is not known."""
    made: bool = False
    """Whether the issue is new."""
    error: str = ""
    """Why nothing is known."""


class Tracker:
    """An organisation's tracker. Nothing leaves this machine unless its host was confirmed by name."""

    def __init__(
        self,
        organization: Organization,
        confirmed: Mapping[str, str],
        *,
        environ: Mapping[str, str] = os.environ,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.place: Endpoint = endpoint("tracker", organization, environ, confirmed)
        assert isinstance(self.place.tool, Tool), "the tracker is no mail server"
        self._tool = self.place.tool
        self._context = Context(self.place.token, "actions", organization.title, tuple(organization.severities))
        self._wait = wait
        self._sender: Sender | None = None

    def close(self) -> None:
        """Close the connections."""
        if self._sender is not None:
            self._sender.close()

    def creation(self, item: ActionItem) -> HttpRequest:
        """The request that creates an item's issue."""
        return tracker_items.create(item, self._tool, self._context)

    def ask(self, item: ActionItem) -> Answer:
        """Have an issue for an item, or read its state if it has one. What may help is tried again, a few times."""
        answer, attempt = Answer(item, None, error="not asked"), 0
        while attempt < TRIES:
            attempt += 1
            answer, result, response = self._look(item) if item.ticket else self._create(item)
            if not can_help(result):
                break
            if attempt < TRIES:
                self._wait(patience_s(response, attempt))
        return answer

    def _look(self, item: ActionItem) -> tuple[Answer, Result, HttpResponse]:
        assert item.ticket is not None
        response = self._send(tracker_items.look(item.ticket, self._tool, self._context))
        result, found = tracker_items.seen(response)
        # An issue that was moved to another project answers under its new key.
        return _answer(item, result, found), result, response

    def _create(self, item: ActionItem) -> tuple[Answer, Result, HttpResponse]:
        """A try whose answer was lost may have made the issue: so it is looked for first, every time."""
        response = self._send(tracker_items.find(item, self._tool, self._context))
        result, found = tracker_items.found(response)
        if not result.delivered or found.key:
            return _answer(item, result, found), result, response
        response = self._send(self.creation(item))
        result = tracker_items.created(response)
        answer = _answer(item, result, Found(result.reference, None))
        return answer._replace(made=result.delivered), result, response

    def _send(self, request: HttpRequest) -> HttpResponse:
        assert self.place.live, "nothing is sent to a host that was not confirmed"
        if self._sender is None:
            from drills.adapters.sender import Sender

            self._sender = Sender()
        return self._sender.send(request)


def followed(item: ActionItem, found: Found, today: date) -> ActionItem:
    """The item with its issue's key, in the state that the tracker says; one that was dropped here stays so."""
    item = replace(item, ticket=found.key)
    if found.status is None or item.status not in TRACKED:
        return item
    if found.status != item.status and found.status not in TRANSITIONS[item.status]:
        item = moved(item, "in_progress", today)
    return moved(item, found.status, today)


def to_ask(items: Iterable[ActionItem]) -> list[ActionItem]:
    """The items that the tracker is asked about."""
    return [item for item in items if item.status in TRACKED and (item.ticket or item.status != "done")]


def _answer(item: ActionItem, result: Result, found: Found) -> Answer:
    if result.delivered:
        return Answer(item, found)
    return Answer(item, None, error=f"{result.status or 'no answer'}: {harmless(result.error)}")
