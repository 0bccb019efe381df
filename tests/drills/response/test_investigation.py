"""Looking for the cause by methods, and changes to which a role has to agree."""

from __future__ import annotations

import pytest

from drills.response.states import ActionRefused
from scenarios.organization import Action
from scenarios.procedure import Method
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed

ORGANIZATION = changed(
    SMALL,
    investigation={name: Method(title=name, takes=3 * MINUTE) for name in ("logs", "metrics")},
    actions={
        "restart": Action(title="Restart", takes=MINUTE, kind="change"),
        "roll_back": Action(
            title="Roll back", takes=MINUTE, kind="change", approval="commander", approve_within=5 * MINUTE
        ),
    },
)


def investigating() -> Bench:
    """Declared; cat commands and ben leads technically, who began to investigate at 3:00."""
    bench = Bench(ORGANIZATION).declared("P0")
    bench.act(2 * MINUTE, "cat", "join", role="commander")
    bench.act(2 * MINUTE, "ben", "join", role="technical_lead")
    bench.act(3 * MINUTE, "ben", "investigate")
    return bench


def test_a_method_is_followed_by_one_person_at_a_time_and_may_be_followed_again() -> None:
    bench = investigating()
    bench.act(3 * MINUTE, "ben", "examine", method="logs")
    with pytest.raises(ActionRefused, match="logs is being looked at already"):
        bench.act(4 * MINUTE, "cat", "examine", method="logs")
    bench.act(4 * MINUTE, "cat", "examine", method="metrics")
    bench.act(6 * MINUTE, "ben", "finish_examination", method="logs")
    bench.act(7 * MINUTE, "ben", "examine", method="logs")
    assert bench.times("examination_started", method="logs") == [3, 7]
    assert bench.times("examination_finished", method="logs") == [6]


@pytest.mark.parametrize("method", ["stars", None])
def test_a_method_that_the_organisation_does_not_have_is_refused_with_those_that_it_has(method: str | None) -> None:
    bench = investigating()
    with pytest.raises(ActionRefused, match="one of logs, metrics"):
        bench.act(4 * MINUTE, "ben", "examine", method=method)


def test_what_nobody_looks_at_cannot_be_finished() -> None:
    bench = investigating()
    assert "finish_examination" not in bench.workflow.allowed_actions()
    with pytest.raises(ActionRefused, match="logs is not being looked at"):
        bench.act(4 * MINUTE, "ben", "finish_examination", method="logs")


def test_a_change_that_needs_approval_begins_when_the_role_agrees_and_is_the_askers() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="roll_back", playbook="errors")
    assert bench.times("approval_asked", person="ben", action="roll_back", role="commander") == [4]
    assert bench.of("mitigation_started") == []
    bench.act(6 * MINUTE, "cat", "approve", action="roll_back")
    assert bench.times("approval_given", person="cat") == [6]
    assert bench.times("mitigation_started", person="ben", action="roll_back", playbook="errors") == [6]


def test_a_change_that_needs_no_approval_begins_at_once_and_so_does_one_of_whoever_would_have_to_agree() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="restart")
    bench.act(4 * MINUTE, "cat", "start_mitigation", action="roll_back")
    assert bench.times("mitigation_started") == [4, 4]
    assert bench.of("approval_asked") == []


def test_a_request_that_nobody_answers_lapses_and_may_be_made_again() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="roll_back")
    bench.run_until(9 * MINUTE)
    assert bench.times("approval_lapsed", person="ben", action="roll_back") == [9]
    with pytest.raises(ActionRefused):
        bench.act(10 * MINUTE, "cat", "approve", action="roll_back")
    bench.act(10 * MINUTE, "ben", "start_mitigation", action="roll_back")
    assert len(bench.of("approval_asked")) == 2


def test_a_request_that_is_declined_is_settled_with_the_reason() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="roll_back")
    with pytest.raises(ActionRefused, match="needs a reason"):
        bench.act(5 * MINUTE, "cat", "decline", action="roll_back")
    bench.act(5 * MINUTE, "cat", "decline", action="roll_back", reason="nothing was released")
    bench.run_until(20 * MINUTE)
    assert bench.times("approval_declined", reason="nothing was released", asked_by="ben") == [5]
    assert bench.of("approval_lapsed") == []
    assert bench.of("mitigation_started") == []


def test_only_the_holder_of_the_role_can_agree() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="roll_back")
    with pytest.raises(ActionRefused, match="is for the commander to approve, which is cat"):
        bench.act(5 * MINUTE, "ben", "approve", action="roll_back")
    with pytest.raises(ActionRefused, match="waits for approval already"):
        bench.act(5 * MINUTE, "ben", "start_mitigation", action="roll_back")


def test_nothing_is_approved_or_lapses_once_the_incident_is_resolved() -> None:
    bench = investigating()
    bench.act(4 * MINUTE, "ben", "start_mitigation", action="roll_back")
    bench.act(5 * MINUTE, "ben", "monitor")
    bench.act(6 * MINUTE, "cat", "verify", passed=True)
    bench.act(7 * MINUTE, "cat", "resolve")
    bench.run_until(30 * MINUTE)
    assert bench.of("approval_lapsed") == []
