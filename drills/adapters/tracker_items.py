"""Action items in the tracker, Jira Cloud's REST API v3: created once, found again, and their state read back."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import quote

from drills.adapters import tracker
from drills.adapters.exchange import (
    Context,
    HttpRequest,
    HttpResponse,
    Result,
    delivered,
    json_object,
    one_line,
    shorten,
)
from scenarios.action_items import ActionItem, Priority, Status
from scenarios.organization import Tool

PRIORITIES: dict[Priority, str] = {"critical": "Highest", "high": "High", "medium": "Medium", "low": "Low"}
"""Jira's names for the priorities."""

STATES: dict[str, Status] = {"new": "todo", "undefined": "todo", "indeterminate": "in_progress", "done": "done"}
"""What the categories of Jira's statuses say of an item. Statuses are every team's own; their categories are Jira's."""


class Found(NamedTuple):
    """An issue that the tracker has: its key and how far it is. Both empty: there is none."""

    key: str
    status: Status | None


def label(item: ActionItem) -> str:
    """By what an item is found again whose key was never seen: Jira has no idempotency key. It follows from what the
    item is, so that the same id in another team's store is another label.
    """
    digest = hashlib.sha256("\n".join((item.id, item.title, item.incident or "")).encode("utf-8", "replace"))
    return f"gameday-{re.sub('[^A-Za-z0-9]+', '-', item.id)[:40]}-{digest.hexdigest()[:12]}"


def create(item: ActionItem, tool: Tool, context: Context) -> HttpRequest:
    """Create an issue. Tool options: `project` (its key, default INC) and `action_issue_type` (default Task)."""
    lines = [
        item.title,
        f"Owner: {item.owner}",
        *([f"From {item.incident}"] if item.incident else []),
        *([f"Tested again by: gameday run {item.scenario}"] if item.scenario else []),
    ]
    paragraphs = [shorten(line, tracker.DESCRIPTION_MAX // 8) for line in lines]
    fields = {
        "project": {"key": tool.options.get("project", "INC")},
        "issuetype": {"name": tool.options.get("action_issue_type", "Task")},
        "summary": one_line(item.title, tracker.SUMMARY_MAX),
        "description": tracker.document(paragraphs),
        "priority": {"name": PRIORITIES[item.priority]},
        "duedate": item.due_date.isoformat(),
        "labels": [label(item)],
    }
    return HttpRequest("POST", f"{_base(tool)}/issue", _headers(context), {"fields": fields})


created = tracker.outcome


def find(item: ActionItem, tool: Tool, context: Context) -> HttpRequest:
    """Look for the issue of an item by its label, as when the answer to its creation was lost."""
    wanted = {"jql": f'labels = "{label(item)}"', "fields": ["status"], "maxResults": 1}
    return HttpRequest("POST", f"{_base(tool)}/search/jql", _headers(context), wanted)


def found(response: HttpResponse) -> tuple[Result, Found]:
    """200 with the issues that fit; there may be none."""
    body = json_object(response) or {}
    issues = body.get("issues")
    if response.status != 200 or not isinstance(issues, list):
        return tracker.refused(response), Found("", None)
    return _issue(response, issues[0]) if issues else (delivered(response, ""), Found("", None))


def look(key: str, tool: Tool, context: Context) -> HttpRequest:
    """Ask for the state of an issue."""
    return HttpRequest("GET", f"{_base(tool)}/issue/{quote(key, safe='')}?fields=status", _headers(context), {})


def seen(response: HttpResponse) -> tuple[Result, Found]:
    """200 with the issue's status, of which the category counts."""
    body = json_object(response)
    if response.status != 200 or body is None:
        return tracker.refused(response), Found("", None)
    return _issue(response, body)


def _issue(response: HttpResponse, issue: object) -> tuple[Result, Found]:
    part: object = issue
    for name in ("fields", "status", "statusCategory", "key"):
        part = part.get(name) if isinstance(part, dict) else None
    key = issue.get("key") if isinstance(issue, dict) else None
    status = STATES.get(part) if isinstance(part, str) else None
    if not isinstance(key, str) or not key or status is None:
        return Result(False, response.status, "the answer names no issue with a status that is known", ""), Found(
            "", None
        )
    return delivered(response, key), Found(key, status)


def _base(tool: Tool) -> str:
    return f"{tool.url.rstrip('/')}/rest/api/3"


def _headers(context: Context) -> dict[str, str]:
    return {"authorization": f"Bearer {context.token}"}
