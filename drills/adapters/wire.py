"""The wire of a virtual drill: commands go out in the tools' real formats, and the world decides what comes back.

`VirtualWire` sends each over HTTP to tools that respx plays; `DirectWire` leaves HTTP out. Both give the same outcomes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from drills.adapters import chat, email, in_app, pager, status_page, tracker, vendors
from drills.adapters.exchange import PLACEHOLDER_TOKEN, Context, HttpRequest, HttpResponse, Mail, Result, SmtpResponse
from drills.adapters.vendors import Reply
from drills.response.messages import Outcome
from scenarios.organization import Organization, Tool

if TYPE_CHECKING:
    import httpx

TOOL_OF = {
    "page": "pager",
    "post": "chat",
    "open_ticket": "tracker",
    "publish": "status_page",
    "send_email": "email",
    "notify_in_app": "in_app",
}
"""Which tool a kind of command goes to."""

_RESET_EVERY = 100
"""respx keeps every call until it is told to forget them."""


class Adapter(Protocol):
    """What speaks a tool's format: two pure functions."""

    def request(self, fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest: ...

    def outcome(self, response: HttpResponse) -> Result: ...


ADAPTERS: dict[str, Adapter] = {
    "pager": pager,
    "chat": chat,
    "tracker": tracker,
    "status_page": status_page,
    "in_app": in_app,
}


class DirectWire:
    """Asks the tools' vendors without any HTTP between. `scope` tells this drill's idempotency keys from others'."""

    def __init__(self, organization: Organization, scope: str = "drill") -> None:
        self._title = organization.title
        self._scope = scope
        self._severities = tuple(organization.severities)
        tools = {name: getattr(organization.tools, name) for name in ADAPTERS}
        self._tools: dict[str, Tool] = {name: tool for name, tool in tools.items() if tool is not None}
        self._email = organization.tools.email
        self._publication = ""

    def send(self, kind: str, fields: Mapping[str, Any], reply: Reply, because: int = 0) -> Outcome:
        """Send a command once. `kind` is a key of `TOOL_OF`; `fields` are the command's, with its key and attempt;
        `reply` is what the world decided; `because` is the number of the command's record.
        """
        name = TOOL_OF[kind]
        delivered, status, error, reference = (
            self._mail(fields, reply) if name == "email" else self._ask(name, fields, reply)
        )
        if name == "status_page" and delivered:
            self._publication = reference
        return Outcome(fields["key"], fields["attempt"], delivered, name, status, error, reference, because)

    def close(self) -> None:
        """Let go of whatever is open."""

    def _ask(self, name: str, fields: Mapping[str, Any], reply: Reply) -> Result:
        tool, adapter = self._tools[name], ADAPTERS[name]
        request = adapter.request(fields, tool, self._context(tool.options.get("token", PLACEHOLDER_TOKEN)))
        return adapter.outcome(self._exchange(name, request, reply))

    def _mail(self, fields: Mapping[str, Any], reply: Reply) -> Result:
        assert self._email is not None, "a letter, and no tool for letters"
        mail = email.request(fields, self._email, self._context(PLACEHOLDER_TOKEN))
        return email.outcome(self._hand_in(mail, reply))

    def _context(self, token: str) -> Context:
        return Context(token, self._scope, self._title, self._severities, self._publication)

    def _exchange(self, tool: str, request: HttpRequest, reply: Reply) -> HttpResponse:
        return vendors.answer(tool, request, reply)

    def _hand_in(self, mail: Mail, reply: Reply) -> SmtpResponse:
        return vendors.take_mail(mail, reply)


class VirtualWire(DirectWire):
    """Sends every command through a real HTTP client, whose transport is a respx router that plays the tools; letters
    as the bytes of a MIME message, which the played mail server reads back.
    """

    def __init__(self, organization: Organization, scope: str = "drill") -> None:
        super().__init__(organization, scope)
        import httpx
        import respx

        from drills.adapters.sender import Sender

        self._asked = "", Reply(0)
        """The tool that is being asked, and what it is to answer."""
        self._sent = 0
        self._router = respx.MockRouter(assert_all_called=False)
        for tool in self._tools.values():
            route = self._router.route(method__in=["POST", "PATCH"], url__startswith=tool.url)
            route.mock(side_effect=self._respond)
        self._sender = Sender(httpx.MockTransport(self._router.handler))

    def close(self) -> None:
        """Close the HTTP client."""
        self._sender.close()

    def _exchange(self, tool: str, request: HttpRequest, reply: Reply) -> HttpResponse:
        self._asked = tool, reply
        self._sent += 1
        if self._sent % _RESET_EVERY == 0:
            self._router.reset()
        return self._sender.send(request)

    def _hand_in(self, mail: Mail, reply: Reply) -> SmtpResponse:
        return vendors.take_mail(email.parse(email.message(mail).as_bytes()), reply)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        import httpx

        tool, reply = self._asked
        received = HttpRequest(request.method, str(request.url), dict(request.headers), json.loads(request.content))
        response = vendors.answer(tool, received, reply)
        if response.status == 0:
            raise httpx.ReadTimeout(response.body, request=request)
        content = response.body.encode("utf-8", "replace")
        return httpx.Response(response.status, headers=dict(response.headers), content=content)
