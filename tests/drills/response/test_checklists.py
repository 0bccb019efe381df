"""Checklists: what opens them, what ticks their items, and what happens when their time is over."""

from __future__ import annotations

import pytest

from drills.response.states import ActionRefused
from scenarios.procedure import Checklist, ChecklistItem, Proof
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed


def item(name: str, *proofs: Proof) -> ChecklistItem:
    return ChecklistItem(id=name, says=name, owner="commander", proof=proofs)


CHECKLISTS = {
    "first": Checklist(
        title="First",
        phase="detection",
        from_="detected",
        within=5 * MINUTE,
        items=(
            item("answer", Proof(event="page_acknowledged")),
            item("ticket", Proof(event="delivered", where={"tool": "tracker"})),
            item("look", Proof(event="investigation_started"), Proof(event="cause_identified", where={"cause": "api"})),
            item("think"),
        ),
    ),
    "verify": Checklist(
        title="Verify",
        phase="resolution",
        from_="monitoring",
        items=(item("cleared", Proof(event="verification_finished", where={"technical.alerts_cleared": "true"})),),
    ),
    "follow_up": Checklist(
        title="Follow up", phase="follow_up", from_="resolved", within=60 * MINUTE, items=(item("publish"),)
    ),
}


def bench() -> Bench:
    return Bench(changed(SMALL, checklists=CHECKLISTS))


def test_an_item_ticks_itself_by_the_record_that_proves_it() -> None:
    played = bench().declared("P1")
    assert played.times("checklist_opened", checklist="first") == [0]
    ticks = [(record.at_ms / MINUTE, *record.fields["items"]) for record in played.of("items_ticked")]
    assert ticks == [(1, "answer"), (2, "ticket")]
    proof = played.records[played.of("items_ticked")[1].because - 1]
    assert (proof.kind, proof.fields["tool"]) == ("delivered", "tracker")


def test_an_item_with_several_proofs_waits_for_them_all_whatever_their_order() -> None:
    played = bench().declared("P1")
    played.act(3 * MINUTE, "ann", "investigate")
    played.act(4 * MINUTE, "ann", "identify", cause="vendor")
    assert played.times("items_ticked", items=["look"]) == []
    played.act(5 * MINUTE, "ann", "identify", cause="api")
    assert played.times("items_ticked", items=["look"]) == [5]


def test_a_seat_ticks_what_nothing_proves() -> None:
    played = bench().declared("P1")
    played.act(3 * MINUTE, "ben", "tick", items=["think"])
    assert played.times("items_ticked", checklist="first", items=["think"], person="ben") == [3]


@pytest.mark.parametrize("items", [["answer"], ["publish"], ["dream"], [], None])
def test_what_is_done_or_not_open_or_unknown_cannot_be_ticked(items: list[str] | None) -> None:
    played = bench().declared("P1")
    before = len(played.records)
    with pytest.raises(ActionRefused, match="of look, think"):
        played.act(3 * MINUTE, "ben", "tick", items=items)
    assert len(played.records) == before


def test_when_its_time_is_over_what_is_missing_is_told_once() -> None:
    played = bench().declared("P1")
    played.run_until(30 * MINUTE)
    assert played.times("checklist_due", checklist="first", missing=["look", "think"]) == [5]
    assert len(played.of("checklist_due")) == 1


def test_a_checklist_that_is_done_is_not_reminded_of() -> None:
    played = bench().declared("P1")
    played.act(3 * MINUTE, "ann", "investigate")
    played.act(3 * MINUTE, "ann", "identify", cause="api")
    played.act(4 * MINUTE, "ann", "tick", items=["think"])
    played.run_until(30 * MINUTE)
    assert played.of("checklist_due") == []


def test_a_proof_is_found_inside_a_field_and_only_where_it_says_so() -> None:
    played = Bench(changed(SMALL, checklists=CHECKLISTS)).monitoring("P1")
    played.act(5 * MINUTE, "ann", "verify", passed=True, technical={"alerts_cleared": False})
    assert played.times("items_ticked", checklist="verify") == []
    played.act(6 * MINUTE, "ann", "verify", passed=True, technical={"alerts_cleared": True})
    assert played.times("items_ticked", checklist="verify") == [6]


def test_a_checklist_begins_anew_when_what_opens_it_comes_again() -> None:
    played = Bench(changed(SMALL, checklists=CHECKLISTS)).monitoring("P1")
    played.act(5 * MINUTE, "ann", "verify", passed=True, technical={"alerts_cleared": True})
    played.act(6 * MINUTE, "ann", "investigate")
    played.act(7 * MINUTE, "ann", "monitor")
    assert "cleared" in played.workflow._checklists.items_left


def test_follow_up_falls_due_after_the_resolution_and_ends_with_the_closure() -> None:
    played = Bench(changed(SMALL, checklists=CHECKLISTS)).monitoring("P1")
    played.act(9 * MINUTE, "ann", "resolve", override="Enough")
    played.run_until(300 * MINUTE)
    assert played.times("checklist_due", checklist="follow_up", missing=["publish"]) == [69]
    assert played.times("incident_closed") == [129]
    assert played.workflow.allowed_actions() == ()
    assert played.workflow.next_deadline() is None
