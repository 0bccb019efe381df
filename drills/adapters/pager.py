"""The pager: PagerDuty's Events API v2, `POST /v2/enqueue`."""

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

SUMMARY_MAX = 1024
SEVERITIES = ("critical", "error", "warning", "info")


def request(fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest:
    """Trigger an event for one person. The command's key is the `dedup_key`, so that a repeated attempt is one page.
    Tool option: `routing_key`; none: the tool's secret.
    """
    return HttpRequest(
        "POST",
        f"{tool.url.rstrip('/')}/v2/enqueue",
        {},
        {
            "routing_key": tool.options.get("routing_key", context.token),
            "event_action": "trigger",
            "dedup_key": context.idempotency_key(fields),
            "payload": {
                "summary": one_line(fields["summary"], SUMMARY_MAX),
                "source": one_line(context.source, SUMMARY_MAX),
                "severity": SEVERITIES[min(context.rank(fields["severity"]), len(SEVERITIES) - 1)],
                "custom_details": {
                    "to": fields["to"],
                    "severity": fields["severity"],
                    "reason": shorten(fields["reason"], SUMMARY_MAX),
                },
            },
        },
    )


def outcome(response: HttpResponse) -> Result:
    """202 with status `success`: queued under the `dedup_key`."""
    body = json_object(response)
    if body is None:
        return failed(response)
    if response.status == 202 and body.get("status") == "success":
        return delivered(response, body.get("dedup_key", ""))
    errors = body.get("errors")
    words = [body.get("message"), *(errors if isinstance(errors, list) else [])]
    return failed(response, "; ".join(str(word) for word in words if word))
