"""The calendars that an organisation's schedules name: read with the file, and put where the rota is looked up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from scenarios.calendars import Reader, read_calendar
from scenarios.documents import Document
from scenarios.fields import parse_timezone
from scenarios.organization import Organization
from scenarios.people import Layer, Shift
from scenarios.problems import Problem, Steps

L = TypeVar("L", bound=Layer)
Shifts = dict[Steps, tuple[Shift, ...]]
"""What calendars hold, by the path of the layer that names one."""


def read_calendars(
    document: Document, folder: Path, read: Callable[[Path, Steps], bytes | None]
) -> tuple[Shifts, list[Problem]]:
    """The shifts of every calendar of an organisation's file, and what is wrong with them; however malformed other
    parts of the file are. `read` gives the bytes of the file that a path of the document names.
    """
    found: Shifts = {}
    problems: list[Problem] = []
    people = {
        name: (str(_mapping(person).get("title")), str(_mapping(person).get("email")))
        for name, person in _mapping(document.at("people")).items()
    }
    schedules = _mapping(document.at("schedules"))
    for name in schedules:
        timezone = _timezone(document.at("schedules", name, "timezone"), document.at("timezone"))
        for path in _layers(document, name):
            calendar = document.at(*path, "ical")
            file = folder / calendar if isinstance(calendar, str) else None
            content = None if file is None or timezone is None else read(file, (*path, "ical"))
            if content is not None and timezone is not None:
                shifts, wrong = read_calendar(content, Reader(str(file), people, name, schedules, timezone))
                found[path] = tuple(shifts)
                problems += wrong
    return found, problems


def with_shifts(organization: Organization, shifts: Shifts) -> Organization:
    """The organisation with the shifts of calendars in the layers that name them."""

    def filled(layer: L, path: Steps) -> L:
        return dataclasses.replace(layer, shifts=shifts[path]) if path in shifts else layer

    schedules = dict(organization.schedules)
    for name, schedule in schedules.items():
        whole = filled(schedule, ("schedules", name))
        layers = (filled(layer, ("schedules", name, "layers", at)) for at, layer in enumerate(schedule.layers))
        schedules[name] = dataclasses.replace(whole, layers=tuple(layers))
    return dataclasses.replace(organization, schedules=schedules)


def _layers(document: Document, name: str) -> Iterator[Steps]:
    """The paths of a schedule's layers, its own first."""
    yield "schedules", name
    listed = document.at("schedules", name, "layers")
    for index in range(len(listed) if isinstance(listed, list) else 0):
        yield "schedules", name, "layers", index


def _timezone(*stated: object) -> str | None:
    """The first that is stated; None if it is none, as the schema says."""
    try:
        return parse_timezone(next((value for value in stated if value is not None), "UTC"))
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
