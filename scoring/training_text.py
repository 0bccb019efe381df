"""The training record as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.training import STATUSES
from scoring.wording import harmless, listed, plain

TITLES = {"expired": "Expired", "due": "Due", "valid": "Valid"}


def training_text(document: Mapping[str, Any]) -> str:
    """The whole record, ending in a newline: first what is to be done, then each person."""
    return "\n".join([*map(str.rstrip, map(harmless, _lines(document))), ""])


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    people = document["people"]
    yield f"{document['title']} · training as of {document['on']}"
    for name, program in document["programs"].items():
        yield f"  {plain(name):<24} {program['title']}; {_terms(program)}"
    for status in STATUSES[:2]:
        states = [state for person in people for state in person["programs"] if state["status"] == status]
        yield ""
        yield f"{TITLES[status]}: {len(states) or 'nothing'}"
        for name in document["programs"]:
            those = [
                _called(person)
                for person in people
                for state in person["programs"]
                if (state["program"], state["status"]) == (name, status)
            ]
            if those:
                yield f"  {plain(name)}: {listed(those)}"
    for person in people:
        yield ""
        yield f"{_called(person)}{' · ' + person['title'] if person['title'] else ''}"
        for state in person["programs"]:
            yield f"  {plain(state['program']):<24} {_standing(state)}"
        for drill in person["drills"]:
            verdict = "proved nothing" if not drill["valid"] else "met" if drill["met"] else "missed"
            yield f"  {drill['on']}  {listed(drill['roles'])}, {drill['title']}: {verdict}"


def _called(person: Mapping[str, Any]) -> str:
    return str(person["name"] or person["person"])


def _terms(program: Mapping[str, Any]) -> str:
    takes = program["takes_minutes"]
    length = f"{takes // 60} h" if takes % 60 == 0 else f"{takes} min"
    often = "once" if program["every_days"] is None else f"every {program['every_days']} days"
    return f"{length}, {often}, {'for everyone' if program['for'] == 'everyone' else 'for people on call'}"


def _standing(state: Mapping[str, Any]) -> str:
    if state["last_on"] is None:
        return "due: never had"
    last = f"last {state['last_on']}"
    if state["expires_on"] is None:
        return f"{state['status']}: {last}"
    verb = "expired" if state["status"] == "expired" else "expires"
    return f"{state['status']}: {last}, {verb} {state['expires_on']}"
