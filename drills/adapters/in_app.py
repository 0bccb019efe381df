"""Notices in the product: a small JSON document for the organisation's own API, `POST /notifications`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drills.adapters.exchange import (
    Context,
    HttpRequest,
    HttpResponse,
    Result,
    delivered,
    failed,
    json_object,
    one_line,
    shorten,
)
from scenarios.organization import Tool

TITLE_MAX = 120
TEXT_MAX = 4_000


def request(fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest:
    """Show a notice to every customer who is logged in. The command's key is the `Idempotency-Key`, so that a repeated
    attempt is one notice.
    """
    return HttpRequest(
        "POST",
        f"{tool.url.rstrip('/')}/notifications",
        {
            "authorization": f"Bearer {context.token}",
            "idempotency-key": "".join(
                mark if mark.isascii() and mark.isprintable() else "-" for mark in context.idempotency_key(fields)
            ),
        },
        {
            "audience": "customers",
            "status": fields["status"],
            "title": one_line(fields["title"], TITLE_MAX),
            "text": shorten(fields["text"], TEXT_MAX),
        },
    )


def outcome(response: HttpResponse) -> Result:
    """200, 201 or 202 with the notice's id."""
    body = json_object(response)
    if body is None:
        return failed(response)
    if response.status in {200, 201, 202} and body.get("id"):
        return delivered(response, body["id"])
    return failed(response, str(body.get("error") or ""))
