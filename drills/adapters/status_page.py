"""The status page: Statuspage's API, `POST /v1/pages/{page}/incidents`, then `PATCH …/incidents/{id}`."""

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

NAME_MAX = 255
BODY_MAX = 25_000


def request(fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest:
    """Open the incident on the page, or add an update once it is there (`context.publication`). Tool option: `page_id`.
    Statuspage has no idempotency key: ours goes along as metadata.
    """
    incident = {
        "status": fields["status"],
        "body": shorten(fields["text"], BODY_MAX),
        "impact_override": fields["impact"],
        "deliver_notifications": True,
        "metadata": {"gameday": {"key": context.idempotency_key(fields)}},
    }
    url = f"{tool.url.rstrip('/')}/v1/pages/{tool.options.get('page_id', 'page')}/incidents"
    headers = {"authorization": f"OAuth {context.token}"}
    if context.publication:
        return HttpRequest("PATCH", f"{url}/{context.publication}", headers, {"incident": incident})
    incident["name"] = one_line(fields["text"], NAME_MAX)
    return HttpRequest("POST", url, headers, {"incident": incident})


def outcome(response: HttpResponse) -> Result:
    """201 for a new incident, 200 for an update, both with the incident's id."""
    body = json_object(response)
    if body is None:
        return failed(response)
    if response.status in {200, 201} and body.get("id"):
        return delivered(response, body["id"])
    error = body.get("error")
    return failed(response, "; ".join(map(str, error)) if isinstance(error, list) else str(error or ""))
