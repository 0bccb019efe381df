from __future__ import annotations

import pytest

from drills.response.states import ActionRefused
from scenarios.people import ChainStep, Restriction
from tests.drills.response.bench import MINUTE, SMALL, STARTS_AT, Bench, changed


def pager_down_until(minute: float, status: int = 503):
    return lambda kind, at_ms: status if kind == "page" and at_ms < minute * MINUTE else 200


def test_the_first_signal_pages_the_first_level_and_later_ones_page_nobody() -> None:
    bench = Bench()
    triggered = bench.signal(severity="P1")
    assert [record.kind for record in triggered] == ["incident_triggered", "page", "delivered"]
    assert triggered[1].fields["severity"] == "P1"
    assert [record.kind for record in bench.signal(MINUTE)] == ["signal_added"]


def test_unanswered_pages_climb_skip_empty_levels_and_repeat_as_often_as_the_policy_says() -> None:
    bench = Bench()
    bench.signal()
    bench.run_until(50 * MINUTE)
    assert bench.paged() == [
        (0, "ann", "escalation level 1"),
        (5, "ben", "escalation level 3"),
        (5, "cat", "escalation level 3"),
        (15, "ann", "escalation level 1"),
        (20, "ben", "escalation level 3"),
        (20, "cat", "escalation level 3"),
    ]
    assert bench.times("page_timed_out") == [5, 15, 20, 30]


def test_the_time_to_acknowledge_counts_from_the_delivery_of_the_page() -> None:
    bench = Bench(status=pager_down_until(10))
    bench.signal()
    bench.run_until(15 * MINUTE)
    assert bench.times("delivered", tool="pager")[0] == 10
    assert bench.times("page_timed_out") == [15]


def test_a_page_that_the_pager_refuses_for_good_does_not_hold_up_the_next_level() -> None:
    bench = Bench(status=pager_down_until(1, status=400))
    bench.signal()
    bench.run_until(6 * MINUTE)
    assert bench.times("page_timed_out") == [5]
    assert [who for _, who, _ in bench.paged()] == ["ann", "ben", "cat"]


def test_an_acknowledgement_by_anyone_who_was_paged_stops_the_climb_even_after_their_level_timed_out() -> None:
    bench = Bench()
    bench.signal()
    bench.act(7 * MINUTE, "ann", "acknowledge")
    bench.run_until(55 * MINUTE)
    assert bench.workflow.state == "acknowledged"
    assert len(bench.paged()) == 3
    assert bench.times("page_timed_out") == [5]


def test_somebody_who_was_not_paged_cannot_acknowledge() -> None:
    bench = Bench()
    bench.signal()
    with pytest.raises(ActionRefused, match="cat has no page to acknowledge"):
        bench.act(MINUTE, "cat", "acknowledge")
    assert bench.workflow.state == "triggered"


def test_acknowledging_again_says_nothing_new() -> None:
    bench = Bench()
    bench.signal()
    assert [record.kind for record in bench.act(MINUTE, "ann", "acknowledge")] == ["page_acknowledged"]
    assert bench.act(2 * MINUTE, "ann", "acknowledge") == []


def test_a_page_still_on_its_way_is_given_up_once_somebody_else_has_answered() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if 5 * MINUTE <= at_ms < 9 * MINUTE else 200)
    bench.signal()
    bench.act(6 * MINUTE, "ann", "acknowledge")
    bench.run_until(55 * MINUTE)
    assert bench.times("page", key="page-2") == [5, 5.5, 6]
    assert bench.times("delivered", key="page-2") == []
    assert bench.times("delivery_abandoned", key="page-2", reason="no longer needed") == [6]


def test_an_incident_of_major_impact_reaches_the_next_in_the_chain_by_elapsed_time() -> None:
    bench = Bench().declared("P1")
    bench.run_until(61 * MINUTE)
    assert bench.times("incident_escalated", to="dan", reason="not resolved for 1h") == [60]
    assert (60, "dan", "not resolved for 1h") in bench.paged()


def test_a_step_whose_condition_does_not_hold_when_due_is_taken_as_soon_as_it_holds() -> None:
    bench = Bench().declared("P1")
    for minute, person in ((3, "ben"), (3, "cat")):
        role = "technical_lead" if person == "ben" else "communication_lead"
        bench.act(minute * MINUTE, person, "join", role=role)
    bench.run_until(95 * MINUTE)
    assert bench.times("incident_escalated", to="eve") == []
    bench.tell(100 * MINUTE, "cat", "customers")
    assert bench.times("incident_escalated", to="eve") == [100]


def test_a_step_that_was_due_before_anybody_declared_is_taken_at_the_declaration() -> None:
    bench = Bench()
    bench.signal()
    bench.act(65 * MINUTE, "ann", "declare", severity="P1", title="Voice is down")
    assert bench.times("incident_escalated", to="dan") == [65]


def test_the_time_of_a_level_runs_from_the_first_of_its_pages_to_be_delivered() -> None:
    bench = Bench(status=lambda kind, at_ms: None if at_ms == 5 * MINUTE else 200)
    bench.signal()
    bench.run_until(6 * MINUTE)
    to_ben, to_cat = bench.kept
    bench.receive(to_cat)
    bench.run_until(8 * MINUTE)
    bench.receive(to_ben)
    bench.run_until(20 * MINUTE)
    assert bench.times("page_timed_out", level=3) == [16]


def test_somebody_who_is_being_paged_is_not_escalated_to_as_well() -> None:
    chain = (ChainStep(after=2 * MINUTE, target="ann"), ChainStep(after=7 * MINUTE, target="ann"))
    bench = Bench(changed(SMALL, escalation=changed(SMALL.escalation, chain=chain)))
    bench.signal()
    bench.run_until(8 * MINUTE)
    assert bench.times("incident_escalated", to="ann") == [7]


def test_a_minor_incident_never_escalates_by_impact() -> None:
    bench = Bench().declared("P2")
    bench.run_until(300 * MINUTE)
    assert bench.of("incident_escalated") == []


def test_somebody_who_is_at_work_on_it_already_is_not_escalated_to() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "dan", "join", role="scribe")
    bench.run_until(61 * MINUTE)
    assert bench.of("incident_escalated") == []


def test_in_a_gap_of_a_schedule_the_page_goes_to_the_next_level_and_back_when_the_gap_is_over() -> None:
    late = Restriction(from_="14:04")  # The drill begins at 14:00.
    first = changed(SMALL.schedules["primary"], restrictions=(late,))
    organization = changed(SMALL, schedules={**SMALL.schedules, "primary": first})
    bench = Bench(organization)
    bench.signal()
    bench.run_until(12 * MINUTE)
    levels = [page for page in bench.paged() if page[2].startswith("escalation level")]
    assert levels == [
        (0, "ben", "escalation level 3"),
        (0, "cat", "escalation level 3"),
        (10, "ann", "escalation level 1"),
    ]


def test_when_nobody_at_all_is_on_call_the_incident_is_still_brought_to_mind_every_hour() -> None:
    empty = changed(SMALL.escalation, levels=SMALL.escalation.levels[1:2], chain=())
    bench = Bench(changed(SMALL, escalation=empty), starts_at=STARTS_AT)
    bench.signal()
    bench.run_until(130 * MINUTE)
    assert bench.paged() == []
    assert bench.times("incident_still_open", state="triggered") == [60, 120]


def with_ack_timeout(minutes: int) -> Bench:
    return Bench(changed(SMALL, escalation=changed(SMALL.escalation, ack_timeout=minutes * MINUTE, chain=())))


def test_what_was_taken_and_then_left_is_triggered_again_and_pages_whoever_took_it_and_whoever_is_on_call() -> None:
    bench = with_ack_timeout(20)
    bench.signal()
    bench.run_until(6 * MINUTE)
    bench.act(6 * MINUTE, "cat", "acknowledge")
    bench.run_until(26 * MINUTE)
    assert bench.workflow.state == "triggered"
    assert bench.times("acknowledgement_expired", person="cat") == [26]
    assert [who for minute, who, _ in bench.paged() if minute == 26] == ["cat", "ann"]
    bench.run_until(31 * MINUTE)
    assert [who for minute, who, _ in bench.paged() if minute == 31] == ["ben", "cat"]


def test_any_activity_postpones_the_acknowledgement_timeout() -> None:
    bench = with_ack_timeout(20).declared("P1")
    bench.act(15 * MINUTE, "ann", "join", role="technical_lead")
    bench.act(30 * MINUTE, "ann", "investigate")
    bench.run_until(49 * MINUTE)
    assert bench.of("acknowledgement_expired") == []
    bench.run_until(50 * MINUTE)
    assert bench.times("acknowledgement_expired", person="ann") == [50]
    assert bench.workflow.state == "investigating"


def test_activity_after_the_timeout_stops_the_climb_like_an_answer() -> None:
    bench = with_ack_timeout(20).declared("P0")
    bench.act(3 * MINUTE, "ann", "investigate")
    bench.run_until(23 * MINUTE)
    bench.act(24 * MINUTE, "ann", "identify", cause="api")
    bench.run_until(43 * MINUTE)
    assert bench.times("page_timed_out") == []
    assert len(bench.times("acknowledgement_expired")) == 1


def test_nobody_is_paged_again_once_it_is_resolved() -> None:
    bench = with_ack_timeout(20).monitoring("P1")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    bench.run_until(60 * MINUTE)
    assert bench.of("acknowledgement_expired") == []


def test_what_claims_low_urgency_pages_the_first_level_and_never_escalates() -> None:
    chain = (ChainStep(after=15 * MINUTE, target="dan"),)
    bench = Bench(changed(SMALL, escalation=changed(SMALL.escalation, chain=chain)))
    bench.signal(severity="P2")
    bench.run_until(600 * MINUTE)
    assert bench.paged() == [(0, "ann", "escalation level 1")]
    assert bench.of("page_timed_out") == []


def test_a_further_signal_that_claims_more_sets_the_escalation_going() -> None:
    chain = (ChainStep(after=15 * MINUTE, target="dan"),)
    bench = Bench(changed(SMALL, escalation=changed(SMALL.escalation, chain=chain)))
    bench.signal(severity="P2")
    bench.signal(30 * MINUTE, severity="P1")
    bench.run_until(35 * MINUTE)
    assert bench.times("incident_escalated", to="dan") == [30]
    assert bench.times("page_timed_out") == [35]


def test_an_escalation_keeps_the_policy_under_which_it_was_triggered() -> None:
    bench = Bench()
    bench.signal()
    levels = (changed(SMALL.escalation.levels[0], targets=("eve",), timeout=MINUTE),)
    bench.workflow.adopt(changed(SMALL, escalation=changed(SMALL.escalation, levels=levels, chain=())))
    bench.run_until(6 * MINUTE)
    assert [who for _, who, _ in bench.paged()] == ["ann", "ben", "cat"]
    assert bench.times("page_timed_out") == [5]
