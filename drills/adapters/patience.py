"""How long to wait before a tool is asked again, where somebody waits at a terminal."""

from __future__ import annotations

from drills.adapters.exchange import HttpResponse, Result

TRIES = 3
WAIT_S = 1.0
"""Before the second try; twice as long before the next."""
LONGEST_WAIT_S = 10.0
"""Somebody is waiting: a tool that asks for more patience than this gets its next try earlier."""


def can_help(result: Result) -> bool:
    """Whether to ask again may help: not what was taken, and not what the tool itself refused (4xx, or 200 with an
    error in it), other than that it was asked too often.
    """
    refused = result.status == 200 or (400 <= result.status < 500 and result.status != 429)
    return not result.delivered and not refused


def patience_s(response: HttpResponse, attempt: int) -> float:
    """Seconds until the next try: as long as the tool asks, within limits. The first attempt is 1."""
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else WAIT_S * attempt
    return min(seconds, LONGEST_WAIT_S)
