"""What a declaration script calls: `slack-notify CHANNEL TEXT` and `pagerduty-trigger ID SEVERITY TITLE`.

Each posts to a tool of the organisation (`GAMEDAY_ORGANIZATION`), by the rules of `drills.incident.endpoints`: shown
and not sent unless the address is this machine, or confirmed by name in `GAMEDAY_CONFIRM`. Exit codes: 0 delivered or
shown, 1 not delivered, 2 wrong input, 4 halted.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from scenarios.problems import InputError

if TYPE_CHECKING:
    from scenarios.organization import Organization

DELIVERED, UNDELIVERED, WRONG_INPUT, HALTED = 0, 1, 2, 4

TRIES = 3
WAIT_S = 1.0
"""Before the second try; twice as long before the next."""
LONGEST_WAIT_S = 10.0
"""A script is waiting: a tool that asks for more patience than this gets its next try earlier."""

_wait = time.sleep
_HELP = {"help_option_names": ["-h", "--help"]}


@click.command(context_settings=_HELP)
@click.argument("channel")
@click.argument("text")
def slack_notify(channel: str, text: str) -> None:
    """Post TEXT in CHANNEL, in the format of Slack's chat.postMessage."""
    from drills.incident.declaration import NAME_MAX, checked_text

    key = hashlib.sha256(f"{channel}\n{text}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    fields = {"channel": checked_text("channel", channel, NAME_MAX), "text": checked_text("text", text), "key": key}
    sys.exit(_send("post", fields, "slack-notify", _organization()))


@click.command(context_settings=_HELP)
@click.argument("incident")
@click.argument("severity")
@click.argument("title")
def pagerduty_trigger(incident: str, severity: str, title: str) -> None:
    """Page whoever is on call for INCIDENT (INC-YYYYmmdd-HHMMSS, or without INC-), in the format of PagerDuty's events.

    To trigger the same incident again is the same page.
    """
    from drills.incident.declaration import Declaration
    from drills.incident.desk import now
    from drills.response.on_call import everyone

    organization = _organization()
    name = incident if incident.startswith("INC-") else f"INC-{incident}"
    Declaration(severity, title, "pagerduty-trigger", name).checked(organization.severities)
    to = ", ".join(everyone(organization, organization.escalation.levels[0].targets, now()))
    fields = {"to": to, "summary": title, "severity": severity, "reason": "declared", "key": "page"}
    sys.exit(_send("page", fields, name, organization))


def slack_notify_program() -> None:
    """The console script `slack-notify`."""
    _main(slack_notify)


def pagerduty_trigger_program() -> None:
    """The console script `pagerduty-trigger`."""
    _main(pagerduty_trigger)


def _main(command: click.Command) -> None:
    try:
        command(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(HALTED)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_INPUT)
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_INPUT)


def _organization() -> Organization:
    from scenarios.loading import load_organization
    from simulator.faults import KINDS

    return load_organization(os.environ.get("GAMEDAY_ORGANIZATION") or "seiketsu", KINDS).organization


def _send(kind: str, fields: Mapping[str, Any], scope: str, organization: Organization) -> int:
    """Send one command, again where that can help; the exit code."""
    from drills.adapters.exchange import Context
    from drills.adapters.sender import Sender
    from drills.adapters.wire import ADAPTERS, TOOL_OF
    from drills.incident.endpoints import confirmations, endpoint
    from drills.incident.port import shown
    from scenarios.organization import Tool
    from scoring.wording import harmless

    place = endpoint(TOOL_OF[kind], organization, os.environ, confirmations([os.environ.get("GAMEDAY_CONFIRM", "")]))
    assert isinstance(place.tool, Tool), "pages and posts go to HTTP APIs"
    adapter = ADAPTERS[place.name]
    context = Context(place.token, scope, organization.title, tuple(organization.severities))
    request = adapter.request(fields, place.tool, context)
    if not place.live:
        click.echo(shown(request))
        click.echo(
            f"Not sent (dry run): set GAMEDAY_CONFIRM={place.name}={place.host} to send it there, or "
            f"GAMEDAY_{place.name.upper()}_URL to an address on this machine.",
            err=True,
        )
        return DELIVERED
    sender = Sender()
    try:
        for attempt in range(1, TRIES + 1):
            response = sender.send(request)
            result = adapter.outcome(response)
            if result.delivered:
                click.echo(f"Delivered to {place.name} at {place.host}: {harmless(result.reference)}")
                return DELIVERED
            refused = 400 <= result.status < 500 and result.status != 429
            click.echo(
                f"{place.name} at {place.host} did not take it (try {attempt} of {TRIES}): "
                f"{result.status or 'no answer'}: {harmless(result.error)}",
                err=True,
            )
            if refused or (result.status == 200 and not result.delivered):
                break
            if attempt < TRIES:
                _wait(_patience(response.headers.get("retry-after", ""), attempt))
    finally:
        sender.close()
    return UNDELIVERED


def _patience(asked: str, attempt: int) -> float:
    """Seconds until the next try: as long as the tool asks, within limits."""
    seconds = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else WAIT_S * attempt
    return min(seconds, LONGEST_WAIT_S)
