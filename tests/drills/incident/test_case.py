"""A journal's inputs are enough to build the rest of it again, wherever it was cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.incident.case import INPUTS, Case, HistoryDiffers
from drills.response.states import TRANSITIONS, ActionRefused
from scenarios.loading import LoadedOrganization
from simulator import events
from tests.drills.incident.conftest import STARTS_AT

ACTIONS = sorted({step.split()[0] for _, step in TRANSITIONS} - {"signal", "close", "declare"})
PEOPLE = ["alice.engineer", "bob.engineer", "charlie.manager", "somebody.else"]
FIELDS = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["commander", "technical_lead", "pilot"]),
        "cause": st.just("elevenlabs"),
        "action": st.sampled_from(["restart", "rollback"]),
        "audience": st.sampled_from(["internal", "customers"]),
        "status": st.just("investigating"),
        "issue_description": st.text(min_size=1, max_size=9),
        "passed": st.booleans(),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("act"), st.sampled_from(ACTIONS), st.sampled_from(PEOPLE), FIELDS),
        st.tuples(st.just("answer"), st.sampled_from([202, 503, 400, 0]), st.just(""), st.just({})),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 40_000, 400_000, 4_000_000]), st.just(""), st.just({})),
    ),
    max_size=25,
)


def answered(case: Case, status: int, at_ms: int) -> None:
    """The oldest command that waits gets an answer."""
    for order in case.orders()[:1]:
        fields = {
            "key": order.fields["key"],
            "attempt": order.fields["attempt"],
            "delivered": status == 202,
            "tool": "pager",
            "status": status,
            "error": "" if status == 202 else "no",
            "reference": "x" if status == 202 else "",
        }
        case.admit("outcome_received", fields, order.record, at_ms)


def played(loaded: LoadedOrganization, severity: str, steps: list[tuple[str, Any, str, dict[str, Any]]]) -> Case:
    case = Case(loaded.organization, STARTS_AT)
    declaration = {
        "person": "alice.engineer",
        "incident": "INC-20250809-140000",
        "severity": severity,
        "title": "Voice is down",
        "status": "investigating",
        "created_at": "2025-08-09T14:00:00Z",
    }
    case.admit("declaration_received", declaration, 0, 0)
    at_ms = 0
    for kind, what, person, fields in steps:
        if kind == "wait":
            at_ms += what
        elif kind == "answer":
            answered(case, what, at_ms)
        else:
            before = list(case.journal.lines())
            case.advance(at_ms)
            due = list(case.journal.lines())
            try:
                case.admit("act_received", {"person": person, "action": what, "fields": fields}, 0, at_ms)
            except ActionRefused:
                assert list(case.journal.lines()) == due, "a refused act leaves nothing"
            assert due[: len(before)] == before
    case.advance(at_ms)
    return case


@settings(max_examples=60, deadline=None)
@given(severity=st.sampled_from(["P0", "P1", "P2", "P3"]), steps=STEPS, data=st.data())
def test_a_journal_cut_after_any_record_comes_out_the_same(
    seiketsu: LoadedOrganization, severity: str, steps: list[tuple[str, Any, str, dict[str, Any]]], data: st.DataObject
) -> None:
    case = played(seiketsu, severity, steps)
    whole = list(case.journal.lines())
    cut = data.draw(st.integers(1, len(whole)))
    again = Case.replayed(seiketsu.organization, STARTS_AT, case.journal.records[:cut])
    lines = list(again.journal.lines())
    assert lines == whole[: len(lines)]
    assert len(lines) >= cut
    if not any(record["type"] in INPUTS for record in case.journal.records[len(lines) :]):
        # Deadlines that said nothing are passed again as soon as anybody looks.
        again.advance(sum(step[1] for step in steps if step[0] == "wait"))
        assert list(again.journal.lines()) == whole
        assert again.orders() == case.orders()
        assert again.workflow.next_deadline() == case.workflow.next_deadline()
    for record in case.journal.records:
        fields = {name: record[name] for name in record if name not in ("record", "at_ms", "type", "because")}
        events.check(record["type"], fields)


def test_a_history_that_does_not_follow_from_its_inputs_is_told_with_its_first_record(
    seiketsu: LoadedOrganization,
) -> None:
    case = played(seiketsu, "P1", [("answer", 202, "", {}), ("wait", 4_000_000, "", {})])
    records = case.journal.records
    for index, record in enumerate(records):
        if record["type"] not in INPUTS:
            changed = [*records[:index], {**record, "because": 99}, *records[index + 1 :]]
            with pytest.raises(HistoryDiffers) as told:
                Case.replayed(seiketsu.organization, STARTS_AT, changed)
            assert told.value.record == record["record"]
    impossible = {**records[-1], "type": "act_received", "person": "x", "action": "resolve", "fields": {}, "because": 0}
    with pytest.raises(HistoryDiffers):
        Case.replayed(seiketsu.organization, STARTS_AT, [*records[:-1], impossible])
