"""Where a real incident's commands go: shown only, unless the address is this machine or a person confirmed it by name.

Addresses come from the organisation's file. `GAMEDAY_PAGER_URL`, `GAMEDAY_CHAT_URL` and so on, a variable for each of
`TOOLS`, may name others, on loopback only; secrets come from `GAMEDAY_…_TOKEN` and nowhere else.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from drills.adapters.exchange import PLACEHOLDER_TOKEN
from drills.incident.declaration import wrong
from scenarios.organization import EmailTool, Organization, Tool
from scenarios.problems import alternatives, did_you_mean, shorten

TOOLS = ("pager", "chat", "tracker", "status_page", "email", "in_app")

# Plain addresses only: what two readers could take for two different hosts is refused.
_ADDRESS = re.compile(
    r"(?P<scheme>https?|smtp)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[\w./~%-]*)?"
)


class Endpoint(NamedTuple):
    """Where the commands for one tool go."""

    name: str
    """One of `TOOLS`."""
    tool: Tool | EmailTool
    token: str
    """The tool's secret; a placeholder where nothing leaves this machine."""
    host: str
    live: bool
    """Whether commands are sent; else they are shown."""


def endpoint(
    name: str, organization: Organization, environ: Mapping[str, str], confirmed: Mapping[str, str]
) -> Endpoint:
    """The endpoint of a tool that the organisation has. InputError for an address or a confirmation that does not
    hold.
    """
    tool: Tool | EmailTool = getattr(organization.tools, name)
    variable = f"GAMEDAY_{name.upper()}"
    given, token = environ.get(f"{variable}_URL"), environ.get(f"{variable}_TOKEN", "")
    scheme = _address(_url(tool), f"tools.{name}")["scheme"]
    if given:
        address = _address(given, f"{variable}_URL")
        if not is_loopback(_host(address)):
            raise wrong(
                f"{variable}_URL names another machine; only the organisation's file may (got {shorten(given)})"
            )
        if (address["scheme"] == "smtp") != (scheme == "smtp"):
            raise wrong(f"{variable}_URL: {name} is not reached that way (got {shorten(given)})")
        tool = _moved(tool, given, address)
    host = _host(_address(_url(tool), f"tools.{name}"))
    if name in confirmed and confirmed[name] != host:
        raise wrong(f"{name} is at {host}, not at {shorten(confirmed[name])}, which was confirmed; nothing was sent")
    live = is_loopback(host) or name in confirmed
    if live and not is_loopback(host):
        if scheme == "http":
            raise wrong(f"{name}: secrets are sent to another machine by https only (got {shorten(_url(tool))})")
        if not token:
            raise wrong(f"{name}: sending to {host} needs a secret (expected it in {variable}_TOKEN)")
    if isinstance(tool, EmailTool):
        return Endpoint(name, tool, token, host, live)
    if token:  # What the organisation's file holds in the secret's place stands for it in drills only.
        kept = {option: value for option, value in tool.options.items() if option not in {"routing_key", "token"}}
        tool = dataclasses.replace(tool, options=kept)
    return Endpoint(name, tool, token or tool.options.get("token", PLACEHOLDER_TOKEN), host, live)


def endpoints(
    organization: Organization, environ: Mapping[str, str], confirmed: Mapping[str, str]
) -> dict[str, Endpoint]:
    """The endpoints of all tools that the organisation has."""
    had = [name for name in TOOLS if getattr(organization.tools, name) is not None]
    return {name: endpoint(name, organization, environ, confirmed) for name in had}


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


def _url(tool: Tool | EmailTool) -> str:
    if isinstance(tool, Tool):
        return tool.url
    host = f"[{tool.host}]" if ":" in tool.host else tool.host
    return f"smtp://{host}:{tool.port}"


def _moved(tool: Tool | EmailTool, url: str, address: re.Match[str]) -> Tool | EmailTool:
    """The tool at another address."""
    if isinstance(tool, Tool):
        return dataclasses.replace(tool, url=url)
    return dataclasses.replace(tool, host=_host(address), port=int(address["port"] or tool.port))


def _address(url: str, where: str) -> re.Match[str]:
    match = _ADDRESS.fullmatch(url)
    if match is None:
        raise wrong(
            f"{where}: not a plain address (got {shorten(url)}; expected one such as http://127.0.0.1:8080/api)"
        )
    return match


def _host(address: re.Match[str]) -> str:
    return address["host"].strip("[]").lower()
