"""Which service of an organisation plays a part that a scenario names by what it is, so that scenarios fit others.

Read from raw data: the first service, in the organisation's order, that is what the part asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scenarios.documents import Document
from scenarios.problems import Problem, Steps

PARTS = {"on", "service", "bypasses", "points_to"}
"""The keys under which a file names services."""

CORE_BROKEN = "core_broken"
"""What a scenario with parts may state as its severity: that of core features that do not work."""

Services = dict[str, dict[str, Any]]


def cast(scenario: Document, organization: Document) -> tuple[Document, list[Problem]]:
    """The scenario with every part replaced by the service that plays it, and the parts for which there is none."""
    wanted = scenario.at("cast")
    listed = organization.at("services")
    if not isinstance(wanted, dict) or not isinstance(listed, dict):
        return scenario, []
    services: Services = {name: one for name, one in listed.items() if isinstance(one, dict)}
    players: dict[str, str] = {}
    problems: list[Problem] = []
    for part, role in wanted.items():
        found = next(_players(str(role), services), None)
        if part in services:
            problems.append(scenario.problem(("cast", part), f'"{part}" is also a service', at_key=True))
        elif found is not None:
            players[part] = found
        elif role in _ROLES or role in _TAGS:
            problems.append(scenario.problem(("cast", part), f"the organisation has no {str(role).replace('_', ' ')}"))
    for path, name in _named(scenario.data, ()):
        if name in players:
            scenario = scenario.replaced(path, players[name])
    return _with_severity(scenario, organization), problems


def _with_severity(scenario: Document, organization: Document) -> Document:
    """The scenario with the organisation's own word for the severity of core features that do not work."""
    matrix = organization.at("impact_matrix")
    rows = [row for row in matrix if isinstance(row, dict)] if isinstance(matrix, list) else []
    found = next((row.get("severity") for row in rows if row.get("core_features_work") is False), None)
    if scenario.at("severity") == CORE_BROKEN and found is not None:
        return scenario.replaced(("severity",), found)
    return scenario


def _named(data: Any, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Every place that names a service, with the name."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        if key in PARTS and isinstance(value, str):
            yield (*path, key), value
        elif isinstance(value, dict | list):
            yield from _named(value, (*path, key))


def _players(role: str, services: Services) -> Iterator[str]:
    if role in _ROLES:
        yield from _ROLES[role](services)
    else:
        yield from (name for name, one in services.items() if role in (one.get("roles") or ()))


def _facing(services: Services) -> Iterator[str]:
    """Core services first."""
    facing = [name for name, one in services.items() if one.get("user_facing") is True]
    yield from sorted(facing, key=lambda name: services[name].get("core") is not True)


def _used(kind: str) -> Callable[[Services], Iterator[tuple[str, str]]]:
    """Pairs of a service that users meet, or one that it needs, and a dependency of this kind."""

    def pairs(services: Services) -> Iterator[tuple[str, str]]:
        for caller in [*_facing(services), *services]:
            for to in services[caller].get("depends_on") or ():
                if services.get(to, {}).get("kind") == kind:
                    yield caller, to

    return pairs


def _is(kind: str) -> Callable[[Services], Iterator[str]]:
    return lambda services: (name for name, one in services.items() if one.get("kind") == kind)


_ROLES: dict[str, Callable[[Services], Iterator[str]]] = {
    "user_facing": _facing,
    "third_party_api": lambda services: (to for _, to in _used("vendor")(services)),
    "user_of_third_party_api": lambda services: (caller for caller, _ in _used("vendor")(services)),
    "database": lambda services: (to for _, to in _used("database")(services)),
    "user_of_database": lambda services: (caller for caller, _ in _used("database")(services)),
    "infrastructure": _is("infrastructure"),
    "cached": lambda services: (name for name, one in services.items() if one.get("cache") is not None),
}
_TAGS = ("login", "search", "payment", "message_queue", "object_store", "deploy_tool")
