"""What follows when an open incident is classified anew."""

from __future__ import annotations

import pytest

from drills.response.states import ActionRefused
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed


def test_a_higher_severity_fetches_its_roles_and_whom_it_names() -> None:
    escalating = changed(SMALL.severities["P1"], escalates_to=("dan",))
    bench = Bench(changed(SMALL, severities={**SMALL.severities, "P1": escalating})).declared("P2")
    assert [person for _, person, _ in bench.paged()] == ["ann"]
    bench.act(3 * MINUTE, "ann", "change_severity", severity="P1", reason="Calls fail everywhere")
    assert bench.times("severity_changed", before="P2", after="P1", reason="Calls fail everywhere") == [3]
    assert {(person, reason) for minute, person, reason in bench.paged() if minute == 3} == {
        ("dan", "severity P1"),
        ("cat", "role commander"),
        ("eve", "role communication_lead"),
    }


def test_a_lower_severity_stops_the_search_for_roles_that_it_does_not_need() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ann", "change_severity", severity="P2", reason="Only the dashboard")
    bench.run_until(60 * MINUTE)
    assert [page for page in bench.paged() if page[0] > 3] == []


def test_the_team_is_assembled_when_those_whom_a_lower_severity_still_needs_are_there() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ann", "join", role="technical_lead")
    bench.act(4 * MINUTE, "ann", "change_severity", severity="P2", reason="Only the dashboard")
    assert bench.times("team_assembled", roles=["technical_lead"]) == [4]


def test_updates_follow_the_cadence_of_the_new_severity_and_nothing_falls_due_later_for_it() -> None:
    severities = {**SMALL.severities, "P2": changed(SMALL.severities["P2"], internal_every=30 * MINUTE)}
    bench = Bench(changed(SMALL, severities=severities)).declared("P2")
    bench.act(10 * MINUTE, "ann", "change_severity", severity="P1", reason="More than we thought")
    assert bench.workflow.next_internal_update_due_ms == 25 * MINUTE
    assert bench.workflow.customers_due_ms == 40 * MINUTE
    bench.act(12 * MINUTE, "ann", "change_severity", severity="P2", reason="Less than we thought")
    assert bench.workflow.next_internal_update_due_ms == 25 * MINUTE
    assert bench.workflow.customers_due_ms is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"severity": "P1", "reason": "again"}, "the severity is P1 already"),
        ({"severity": "P9", "reason": "worse"}, "one of P0, P1, P2"),
        ({"severity": "P0", "reason": " "}, "needs a reason"),
    ],
)
def test_a_change_of_severity_that_is_none_is_refused(fields: dict[str, str], reason: str) -> None:
    bench = Bench().declared("P1")
    with pytest.raises(ActionRefused, match=reason):
        bench.act(3 * MINUTE, "ann", "change_severity", **fields)
    assert bench.workflow.severity == "P1"
    assert bench.of("severity_changed") == []


def test_the_severity_cannot_be_changed_before_anybody_declared() -> None:
    bench = Bench()
    bench.signal()
    with pytest.raises(ActionRefused, match="allowed now: acknowledge, declare"):
        bench.act(MINUTE, "ann", "change_severity", severity="P0", reason="Everything is down")
