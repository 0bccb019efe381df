"""Chat: Slack's Web API, `POST /api/chat.postMessage`; the tool's URL ends in `/api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drills.adapters.exchange import Context, HttpRequest, HttpResponse, Result, delivered, failed, json_object, shorten
from scenarios.organization import Tool

TEXT_MAX = 40_000


def request(fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest:
    """Post a message to a channel. Slack has no idempotency key: ours goes along as the message's metadata."""
    return HttpRequest(
        "POST",
        f"{tool.url.rstrip('/')}/chat.postMessage",
        {"authorization": f"Bearer {context.token}"},
        {
            "channel": fields["channel"],
            "text": shorten(fields["text"], TEXT_MAX),
            "metadata": {"event_type": "gameday_post", "event_payload": {"key": context.idempotency_key(fields)}},
        },
    )


def outcome(response: HttpResponse) -> Result:
    """200 with `ok: true`; a logical error comes with HTTP 200 too, and `ok: false`. The reference is the `ts`."""
    body = json_object(response)
    if body is None:
        return failed(response)
    if response.status == 200 and body.get("ok") is True:
        return delivered(response, body.get("ts", ""))
    return failed(response, str(body.get("error") or ""))
