"""What an adapter makes and reads: a request, a response, and what the response means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

PLACEHOLDER_TOKEN = "virtual-" * 4
"""Stands for every secret in a virtual drill; 32 characters, as long as a pager's routing key has to be."""

ERROR_MAX = 300
"""Characters of a tool's error text that are kept."""


class HttpRequest(NamedTuple):
    """A request as a tool's API wants it."""

    method: str
    url: str
    headers: dict[str, str]
    json: dict[str, Any]


class Mail(NamedTuple):
    """A letter, before it is a MIME message (`drills.adapters.email.message`)."""

    sender: str
    to: str
    subject: str
    """One line."""
    html: str
    message_id: str
    """The same for every attempt, so that a reader's program shows one letter; in angle brackets."""


class HttpResponse(NamedTuple):
    """What came back. Status 0: nothing did, and `body` says what went wrong. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


class Result(NamedTuple):
    """What a response means."""

    delivered: bool
    status: int
    error: str
    """Empty when delivered."""
    reference: str
    """The tool's name for what it made or took; empty when not delivered."""


class SmtpResponse(NamedTuple):
    """What a mail server said at the end. Code 0: nothing, and `text` says what went wrong."""

    code: int
    text: str


class Context(NamedTuple):
    """What an adapter needs beside the command and the tool."""

    token: str
    """The tool's secret."""
    scope: str
    """Put before a command's key, so that two drills never share an idempotency key."""
    source: str
    """Who speaks: the organisation's title."""
    severities: Sequence[str]
    """The organisation's severities, the gravest first."""
    publication: str = ""
    """The status page's id of this incident, once it has one."""

    def idempotency_key(self, fields: Mapping[str, Any]) -> str:
        """The same for every attempt of a command, at most 255 characters."""
        return f"{self.scope}-{fields['key']}"[-255:]

    def rank(self, severity: str | None) -> int:
        """A severity's place in the table, 0 the gravest; 1 when it is unknown."""
        return self.severities.index(severity) if severity is not None and severity in self.severities else 1


def shorten(text: str, limit: int) -> str:
    """The text, cut to at most `limit` characters; an ellipsis is the last of them where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, limit: int) -> str:
    """The text on one line, never empty, at most `limit` characters."""
    return shorten(" ".join(text.split()) or "(no text)", limit)


def delivered(response: HttpResponse, reference: object) -> Result:
    """The tool took it."""
    return Result(True, response.status, "", str(reference))


def failed(response: HttpResponse, error: str = "") -> Result:
    """The tool did not take it; the error is the tool's own words, or the start of its answer."""
    error = error or response.body
    if response.status == 429 and "retry-after" in response.headers:
        error = f"{error} (retry after {response.headers['retry-after']} s)"
    return Result(False, response.status, one_line(error, ERROR_MAX), "")


def json_object(response: HttpResponse) -> dict[str, Any] | None:
    """The body as a JSON object; None when it is anything else, such as a proxy's HTML page."""
    try:
        found = json.loads(response.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
