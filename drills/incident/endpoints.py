"""Where a real incident's commands go: shown only, unless the address is this machine or a person confirmed it by name.

Addresses come from the organisation's file. `GAMEDAY_PAGER_URL`, `GAMEDAY_CHAT_URL`, `GAMEDAY_TRACKER_URL` and
`GAMEDAY_STATUS_PAGE_URL` may name others, on loopback only; secrets come from `GAMEDAY_…_TOKEN` and nowhere else.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from drills.adapters.exchange import PLACEHOLDER_TOKEN
from drills.incident.declaration import wrong
from scenarios.organization import Organization, Tool
from scenarios.problems import alternatives, did_you_mean, shorten

TOOLS = ("pager", "chat", "tracker", "status_page")

# Plain addresses only: what two readers could take for two different hosts is refused.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[\w./~%-]*)?"
)


class Endpoint(NamedTuple):
    """Where the commands for one tool go."""

    name: str
    """One of `TOOLS`."""
    tool: Tool
    token: str
    """The tool's secret; a placeholder where nothing leaves this machine."""
    host: str
    live: bool
    """Whether commands are sent; else they are shown."""


def endpoint(
    name: str, organization: Organization, environ: Mapping[str, str], confirmed: Mapping[str, str]
) -> Endpoint:
    """The endpoint of a tool. InputError for an address or a confirmation that does not hold."""
    tool: Tool = getattr(organization.tools, name)
    variable = f"GAMEDAY_{name.upper()}"
    given, token = environ.get(f"{variable}_URL"), environ.get(f"{variable}_TOKEN", "")
    if given:
        if not is_loopback(_host(given, f"{variable}_URL")):
            raise wrong(
                f"{variable}_URL names another machine; only the organisation's file may (got {shorten(given)})"
            )
        tool = dataclasses.replace(tool, url=given)
    host = _host(tool.url, f"tools.{name}.url")
    if name in confirmed and confirmed[name] != host:
        raise wrong(f"{name} is at {host}, not at {shorten(confirmed[name])}, which was confirmed; nothing was sent")
    live = is_loopback(host) or name in confirmed
    if live and not is_loopback(host):
        if not tool.url.startswith("https://"):
            raise wrong(f"{name}: secrets are sent to another machine by https only (got {shorten(tool.url)})")
        if not token:
            raise wrong(f"{name}: sending to {host} needs a secret (expected it in {variable}_TOKEN)")
    if token:  # What the organisation's file holds in the secret's place stands for it in drills only.
        kept = {option: value for option, value in tool.options.items() if option not in {"routing_key", "token"}}
        tool = dataclasses.replace(tool, options=kept)
    return Endpoint(name, tool, token or tool.options.get("token", PLACEHOLDER_TOKEN), host, live)


def endpoints(
    organization: Organization, environ: Mapping[str, str], confirmed: Mapping[str, str]
) -> dict[str, Endpoint]:
    """The endpoints of all tools."""
    return {name: endpoint(name, organization, environ, confirmed) for name in TOOLS}


def confirmations(words: Iterable[str]) -> dict[str, str]:
    """Hosts by tool, from ``pager=events.pagerduty.com``; several may stand in one word, with commas between."""
    confirmed = {}
    for word in (part.strip() for several in words for part in several.split(",")):
        name, separator, host = word.partition("=")
        if word and (name not in TOOLS or not separator or not host):
            near = did_you_mean(name, TOOLS)
            raise wrong(f"cannot confirm {shorten(word)} (expected TOOL=HOST, TOOL one of {alternatives(TOOLS)}){near}")
        if word:
            confirmed[name] = host
    return confirmed


def is_loopback(host: str) -> bool:
    """Whether a host, by name or number, is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str, where: str) -> str:
    match = _ADDRESS.fullmatch(url)
    if match is None:
        raise wrong(
            f"{where}: not a plain address (got {shorten(url)}; expected one such as http://127.0.0.1:8080/api)"
        )
    return match["host"].strip("[]").lower()
