"""Logs of real incidents: what they may leave out, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scenarios.documents import parse_document
from scenarios.incident_log import read_incident_log
from scenarios.problems import InputError


def test_what_nobody_wrote_down_is_left_out() -> None:
    """Unknown impact is told apart from none, and moments keep their offset."""
    text = """organization: seiketsu
incidents:
  - {id: INC-1, title: Known, severity: P1, created_at: "2025-08-03T04:15:00+02:00", impact: []}
  - {id: INC-2, title: Unknown, severity: P1, created_at: 2025-08-03T02:15:00Z}
"""
    known, unknown = read_incident_log(parse_document(text, "incidents.yaml")).incidents
    assert known.created_at == unknown.created_at == datetime(2025, 8, 3, 2, 15, tzinfo=UTC)
    assert known.created_at.tzinfo == timezone(timedelta(hours=2))
    assert (known.impact, unknown.impact, unknown.resolved_at) == ((), None, None)


def test_times_out_of_order_and_ids_that_come_twice_are_refused_with_their_places() -> None:
    text = """organization: seiketsu
incidents:
  - id: INC-1
    title: A
    severity: P1
    created_at: 2025-08-03T02:15:00Z
    first_response_at: 2025-08-03T02:14:59Z
    resolved_at: 2025-08-02T02:15:00Z
    impact: [{from: 2025-08-03T03:00:00Z, to: 2025-08-03T02:00:00Z}]
  - {id: INC-1, title: B, severity: P1, created_at: 2025-08-03T02:15:00Z}
"""
    with pytest.raises(InputError) as caught:
        read_incident_log(parse_document(text, "incidents.yaml"))
    assert [(problem.line, problem.path, problem.message) for problem in caught.value.problems] == [
        (7, "incidents[0].first_response_at", "earlier than created_at"),
        (8, "incidents[0].resolved_at", "earlier than created_at"),
        (9, "incidents[0].impact[0].to", "earlier than from"),
        (10, "incidents[1].id", '"INC-1" is the id of incident 1 already'),
    ]


def test_a_moment_without_its_offset_is_refused() -> None:
    text = "organization: o\nincidents: [{id: I, title: T, severity: P1, created_at: 2025-08-03T02:15:00}]\n"
    with pytest.raises(InputError, match="with its UTC offset"):
        read_incident_log(parse_document(text, "incidents.yaml"))
