"""The tracker: Jira Cloud's REST API v3, `POST /rest/api/3/issue`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

SUMMARY_MAX = 255
DESCRIPTION_MAX = 32_767
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")


def request(fields: Mapping[str, Any], tool: Tool, context: Context) -> HttpRequest:
    """Create an issue. Tool options: `project` (its key, default INC) and `issue_type` (default Incident). Jira has no
    idempotency key: ours goes along as a label, by which a twin can be found.
    """
    paragraphs = [line for line in shorten(fields["text"], DESCRIPTION_MAX).splitlines() if line]
    return HttpRequest(
        "POST",
        f"{tool.url.rstrip('/')}/rest/api/3/issue",
        {"authorization": f"Bearer {context.token}"},
        {
            "fields": {
                "project": {"key": tool.options.get("project", "INC")},
                "issuetype": {"name": tool.options.get("issue_type", "Incident")},
                "summary": one_line(fields["title"], SUMMARY_MAX),
                "description": document(paragraphs),
                "priority": {"name": PRIORITIES[min(context.rank(fields["severity"]), len(PRIORITIES) - 1)]},
                "labels": ["-".join(context.idempotency_key(fields).split())],
            }
        },
    )


def document(paragraphs: Iterable[str]) -> dict[str, Any]:
    """Text in Atlassian's document format; no paragraph is empty."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in paragraphs]
    return {"type": "doc", "version": 1, "content": content}


def outcome(response: HttpResponse) -> Result:
    """201 with the issue's key."""
    body = json_object(response)
    if response.status == 201 and body is not None and body.get("key"):
        return delivered(response, body["key"])
    return refused(response)


def refused(response: HttpResponse) -> Result:
    """Any other answer; the error is what Jira says of it."""
    body = json_object(response) or {}
    messages, errors = body.get("errorMessages"), body.get("errors")
    words = [str(message) for message in messages] if isinstance(messages, list) else []
    words += [f"{field}: {error}" for field, error in errors.items()] if isinstance(errors, dict) else []
    return failed(response, "; ".join(words))
