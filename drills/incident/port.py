"""The way out of a real incident: commands to the response tools, each tried once, or shown where nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from drills.adapters import email
from drills.adapters.exchange import Context, HttpRequest, Result
from drills.adapters.sender import Sender
from drills.adapters.wire import ADAPTERS, TOOL_OF
from drills.incident.case import DRY_RUN, Case, Order
from drills.incident.endpoints import Endpoint, is_loopback
from scenarios.organization import EmailTool, Organization
from scoring.wording import harmless

MOST_AT_ONCE = 8
"""Requests under way together."""


class Port:
    """Carries commands to the tools of one organisation. `say` is told what became of each. Close it when done."""

    def __init__(
        self, organization: Organization, endpoints: Mapping[str, Endpoint], say: Callable[[str], None]
    ) -> None:
        self._title = organization.title
        self._severities = tuple(organization.severities)
        self._endpoints = endpoints
        self._say = say
        self._sender: Sender | None = None

    def carry_out(self, case: Case, orders: Sequence[Order]) -> list[dict[str, Any]]:
        """Try each command once; the fields of an `outcome_received` for each, in their order.

        Pages go out side by side, so that a tool that does not answer costs its time-out once; what goes to another
        tool goes one after the other, as it was said.
        """
        queues: dict[str, list[Order]] = {}
        for order in orders:
            tool = TOOL_OF[order.kind]
            queues.setdefault(f"{tool} {order.record}" if tool == "pager" else tool, []).append(order)
        answers: dict[int, Result] = {}
        if any(self._endpoints[TOOL_OF[order.kind]].live for order in orders):
            from concurrent.futures import ThreadPoolExecutor

            self._sender = self._sender or Sender()
            with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
                for found in pool.map(lambda queue: self._one_by_one(case, queue), queues.values()):
                    answers.update(found)
        else:
            for queue in queues.values():
                answers.update(self._one_by_one(case, queue))
        for order in orders:
            self._tell(order, answers[order.record])
        return [_outcome(order, answers[order.record]) for order in orders]

    def close(self) -> None:
        """Close the connections."""
        if self._sender is not None:
            self._sender.close()

    def _one_by_one(self, case: Case, orders: Iterable[Order]) -> dict[int, Result]:
        answers = {}
        publication = case.publication
        for order in orders:
            result = self._try(case, order, publication)
            if TOOL_OF[order.kind] == "status_page" and result.delivered and result.reference != DRY_RUN:
                publication = result.reference
            answers[order.record] = result
        return answers

    def _try(self, case: Case, order: Order, publication: str) -> Result:
        place = self._endpoints[TOOL_OF[order.kind]]
        if not place.live:
            return Result(True, 0, "", DRY_RUN)
        assert self._sender is not None, "there is a sender wherever there is something to send"
        scope = case.workflow.incident_id or "incident"
        context = Context(place.token, scope, self._title, self._severities, publication)
        if isinstance(place.tool, EmailTool):
            from drills.adapters.mailer import hand_in

            mail = email.request(order.fields, place.tool, context)
            password = None if is_loopback(place.host) else place.token
            return email.outcome(hand_in(mail, place.tool.host, place.tool.port, password))
        adapter = ADAPTERS[place.name]
        return adapter.outcome(self._sender.send(adapter.request(order.fields, place.tool, context)))

    def _tell(self, order: Order, result: Result) -> None:
        place = self._endpoints[TOOL_OF[order.kind]]
        what = f"{described(order.kind, order.fields)} ({place.name}, {place.host})"
        if result.reference == DRY_RUN:
            self._say(f"not sent (dry run): {what}")
        elif result.delivered:
            self._say(f"sent: {what}")
        else:
            self._say(f"FAILED: {what}: {result.status or 'no answer'}: {harmless(result.error)}")


def described(kind: str, fields: Mapping[str, Any]) -> str:
    """A command on one line."""
    text = " ".join(harmless(str(fields.get("text", fields.get("summary", "")))).split())
    if kind == "page":
        return f"page {fields['to']} [{fields['severity']}, {fields['reason']}]: {text}"
    if kind == "post":
        return f"post in {fields['channel']}: {text}"
    if kind == "open_ticket":
        return f"open a ticket: {text}"
    if kind == "send_email":
        return f"write to {fields['to']}: {harmless(fields['subject'])}"
    if kind == "notify_in_app":
        return f"show in the product: {text}"
    return f"publish {fields['status']}: {text}"


def shown(request: HttpRequest) -> str:
    """A request as it would be sent, without its secrets."""
    body = {name: "(secret)" if name == "routing_key" else value for name, value in request.json.items()}
    return f"{request.method} {request.url}\n{json.dumps(body, ensure_ascii=False, indent=2)}"


def _outcome(order: Order, result: Result) -> dict[str, Any]:
    return {
        "key": order.fields["key"],
        "attempt": order.fields["attempt"],
        "delivered": result.delivered,
        "tool": TOOL_OF[order.kind],
        "status": result.status,
        "error": result.error,
        "reference": result.reference,
    }
