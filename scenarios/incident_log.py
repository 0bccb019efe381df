"""Real incidents as people write them down: a file with one row an incident, for those that have no journal.

What nobody wrote down is left out, and counts as unknown wherever figures are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import MinLen

from scenarios.documents import Document
from scenarios.fields import Instant, model
from scenarios.problems import InputError, Problem
from scenarios.validation import check_schema

Text = Annotated[str, MinLen(1)]


@model
class Stretch:
    """A stretch of time in which customers were hurt."""

    from_: Instant
    """When it began."""
    to: Instant
    """When it ended."""


@model
class LoggedIncident:
    """A real incident."""

    id: Text
    """Its id, unique in its organisation."""
    title: Text
    """What it was."""
    severity: Text
    """The level at which it ended up."""
    created_at: Instant
    """When it became known."""
    first_response_at: Instant | None = None
    """When somebody first took it up."""
    resolved_at: Instant | None = None
    """When it was over; none: it still lasts."""
    impact: tuple[Stretch, ...] | None = None
    """When customers were hurt; an empty list: never. None: nobody knows."""
    root_cause: Text | None = None
    """Why it happened."""


@model
class IncidentLog:
    """A file of real incidents."""

    organization: Text
    """The organisation's id."""
    incidents: tuple[LoggedIncident, ...]
    """The incidents, in any order."""


def read_incident_log(document: Document) -> IncidentLog:
    """The incidents of a file; InputError with every problem: types, keys, ids that come twice, times out of order."""
    made, problems = check_schema(IncidentLog, document)
    if made is not None:
        problems += _between(document, made)
    if problems:
        raise InputError(problems)
    assert made is not None
    return made


def _between(document: Document, log: IncidentLog) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, one in enumerate(log.incidents):
        at = ("incidents", index)
        if one.id in first:
            message = f'"{one.id}" is the id of incident {first[one.id] + 1} already'
            yield document.problem((*at, "id"), message)
        first.setdefault(one.id, index)
        for name, value in (("first_response_at", one.first_response_at), ("resolved_at", one.resolved_at)):
            if value is not None and value < one.created_at:
                yield document.problem((*at, name), "earlier than created_at")
        for number, stretch in enumerate(one.impact or ()):
            if stretch.to < stretch.from_:
                yield document.problem((*at, "impact", number, "to"), "earlier than from")
