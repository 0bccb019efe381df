"""The other side of the adapters: the tools as their vendors run them, for drills in which nothing is really sent.

Each refuses what its vendor would refuse, and otherwise answers in the vendor's words what the world decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from zlib import crc32

from drills.adapters.exchange import HttpRequest, HttpResponse, Mail, SmtpResponse

RETRY_AFTER_S = 30
"""What a tool that limits the rate asks for."""


class Reply(NamedTuple):
    """What the world decided about one attempt."""

    status: int
    """2xx: the tool takes it; 0: nothing answers; else the HTTP status of its refusal."""


def answer(tool: str, request: HttpRequest, reply: Reply) -> HttpResponse:
    """What a tool (pager, chat, tracker, status_page or in_app) answers."""
    status = reply.status
    if status == 0:
        return HttpResponse(0, {}, "timed out")
    if status >= 500:
        # Load balancers answer for a service that is down, and they do not speak its API.
        return HttpResponse(status, {"content-type": "text/html"}, f"<html>{status} {_phrase(status)}</html>")
    if not _ENDPOINTS[tool].search(f"{request.method} {request.url}"):
        return HttpResponse(404, {"content-type": "text/html"}, "<html>404 Not Found</html>")
    return _VENDORS[tool](request, status)


def take_mail(mail: Mail, reply: Reply) -> SmtpResponse:
    """What a mail server answers once it has the whole letter."""
    status = reply.status
    if status == 0:
        return SmtpResponse(0, "timed out")
    if status >= 500:
        return SmtpResponse(451, f"4.3.0 {_phrase(status)}, try again later")
    if status == 429:
        return SmtpResponse(450, f"4.7.1 too many messages, try again in {RETRY_AFTER_S} s")
    if not all(_MAILBOX.match(address) for address in (mail.sender, mail.to)):
        return SmtpResponse(553, "5.1.3 the address is not one")
    if not _taken(status):
        return SmtpResponse(554, f"5.7.1 {_phrase(status)}")
    return SmtpResponse(250, f"2.0.0 Ok: queued as {_number(mail.message_id):08X}")


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "error"


_encode = json.JSONEncoder().encode


def _json(status: int, body: dict[str, Any]) -> HttpResponse:
    headers = {"content-type": "application/json"}
    if status == 429:
        headers["retry-after"] = str(RETRY_AFTER_S)
    return HttpResponse(status, headers, _encode(body))


def _number(key: object) -> int:
    """A vendor's number for a thing, always the same for one idempotency key."""
    return crc32(str(key).encode("utf-8", "replace"))


def _taken(status: int) -> bool:
    return 200 <= status < 300


def _is_text(value: object, limit: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limit


def _pager(request: HttpRequest, status: int) -> HttpResponse:
    event = request.json
    payload = event.get("payload", {})
    errors = []
    if not isinstance(event.get("routing_key"), str) or len(event["routing_key"]) != 32:
        errors.append("'routing_key' must be 32 characters long")
    if not _is_text(event.get("dedup_key"), 255):
        errors.append("Length of 'dedup_key' is incorrect (should be at most 255 characters)")
    if not _is_text(payload.get("summary"), 1024):
        errors.append("'payload.summary' is missing or too long (1024 characters)")
    if not _is_text(payload.get("source"), 1024):
        errors.append("'payload.source' is missing or blank")
    if payload.get("severity") not in {"critical", "error", "warning", "info"}:
        errors.append("'payload.severity' is invalid (must be one of critical, warning, error or info)")
    if errors:
        return _json(400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors})
    if _taken(status):
        return _json(202, {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]})
    return _json(status, {"status": "error", "message": _phrase(status), "errors": []})


def _chat(request: HttpRequest, status: int) -> HttpResponse:
    message = request.json
    error = ""
    if not request.headers.get("authorization", "").startswith("Bearer "):
        error = "not_authed"
    elif not _is_text(message.get("channel"), 80):
        error = "channel_not_found"
    elif not _is_text(message.get("text"), 40_000):
        error = "no_text"
    if error:
        return _json(200, {"ok": False, "error": error})
    if not _taken(status):
        return _json(status, {"ok": False, "error": "ratelimited" if status == 429 else "fatal_error"})
    number = _number(message["metadata"]["event_payload"]["key"])
    return _json(200, {"ok": True, "channel": message["channel"], "ts": f"{number:010d}.000100"})


def _tracker(request: HttpRequest, status: int) -> HttpResponse:
    fields = request.json.get("fields", {})
    errors = {}
    if not _is_text(fields.get("summary"), 255) or "\n" in fields["summary"]:
        errors["summary"] = "You must specify a summary of the issue, on one line of at most 255 characters."
    if not fields.get("project", {}).get("key"):
        errors["project"] = "Specify a valid project ID or key"
    if not fields.get("issuetype", {}).get("name"):
        errors["issuetype"] = "Specify an issue type"
    if fields.get("description", {}).get("type") != "doc":
        errors["description"] = "Operation value must be an Atlassian Document"
    if any(" " in label for label in fields.get("labels", ())):
        errors["labels"] = "The label contains spaces which is invalid."
    if errors:
        return _json(400, {"errorMessages": [], "errors": errors})
    if _taken(status):
        number = _number(fields["labels"])
        key = f"{fields['project']['key']}-{number % 10_000}"
        return _json(201, {"id": str(number), "key": key, "self": f"{request.url}/{number}"})
    return _json(status, {"errorMessages": [_phrase(status)], "errors": {}})


def _status_page(request: HttpRequest, status: int) -> HttpResponse:
    incident = request.json.get("incident", {})
    new = request.method == "POST"
    errors = []
    if not request.headers.get("authorization", "").startswith("OAuth "):
        return _json(401, {"error": "Could not authenticate"})
    if new and not _is_text(incident.get("name"), 255):
        errors.append("Name can't be blank")
    if incident.get("status") not in {"investigating", "identified", "monitoring", "resolved"}:
        errors.append("Status is not included in the list")
    if incident.get("impact_override") not in {"none", "minor", "major", "critical"}:
        errors.append("Impact override is not included in the list")
    if errors:
        return _json(422, {"error": errors})
    if _taken(status):
        made = f"{_number(incident['metadata']['gameday']['key']):012x}"
        name = made if new else request.url.rsplit("/", 1)[1]
        return _json(201 if new else 200, {"id": name, "status": incident["status"]})
    return _json(status, {"error": _phrase(status)})


def _in_app(request: HttpRequest, status: int) -> HttpResponse:
    notice = request.json
    if not request.headers.get("authorization", "").startswith("Bearer "):
        return _json(401, {"error": "unauthorized"})
    for field, limit in (("title", 120), ("text", 4_000), ("status", 20)):
        if not _is_text(notice.get(field), limit):
            return _json(400, {"error": f"{field} must be a text of 1 to {limit} characters"})
    if _taken(status):
        return _json(201, {"id": f"notice-{_number(request.headers['idempotency-key'])}"})
    return _json(status, {"error": _phrase(status)})


_MAILBOX = re.compile(r"[^@\s<>]+@[^@\s<>]+\Z")
_ENDPOINTS = {
    "pager": re.compile(r"^POST \S+/v2/enqueue$"),
    "chat": re.compile(r"^POST \S+/api/chat\.postMessage$"),
    "tracker": re.compile(r"^POST \S+/rest/api/3/issue$"),
    "status_page": re.compile(r"^(POST \S+/v1/pages/[^/\s]+/incidents|PATCH \S+/v1/pages/[^/\s]+/incidents/[^/\s]+)$"),
    "in_app": re.compile(r"^POST \S+/notifications$"),
}
_VENDORS: dict[str, Callable[[HttpRequest, int], HttpResponse]] = {
    "pager": _pager,
    "chat": _chat,
    "tracker": _tracker,
    "status_page": _status_page,
    "in_app": _in_app,
}
