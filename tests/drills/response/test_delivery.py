from __future__ import annotations

import pytest

from drills.response.messages import Outcome
from tests.drills.response.bench import MINUTE, SECOND, SMALL, Bench, changed


def attempts(bench: Bench, key: str) -> list[tuple[float, int]]:
    sent = [record for record in bench.records if "attempt" in record.fields and record.fields["key"] == key]
    return [(record.at_ms / SECOND, record.fields["attempt"]) for record in sent]


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_what_may_pass_is_tried_again_under_the_same_key_until_it_is_given_up(status: int) -> None:
    bench = Bench(status=lambda kind, at_ms: status if kind == "open_ticket" else 200).declared("P2")
    bench.run_until(60 * MINUTE)
    assert attempts(bench, "open_ticket-1") == [(120, 1), (150, 2), (180, 3), (210, 4), (240, 5)]
    failures = [record.fields for record in bench.of("delivery_failed")]
    assert [failure["retry_at_ms"] for failure in failures] == [150_000, 180_000, 210_000, 240_000, None]
    assert [record.fields["reason"] for record in bench.of("delivery_abandoned")] == ["not taken for 2m"]


def test_what_a_tool_refuses_for_good_is_not_tried_again() -> None:
    bench = Bench(status=lambda kind, at_ms: 400 if kind == "open_ticket" else 200).declared("P2")
    bench.run_until(60 * MINUTE)
    assert attempts(bench, "open_ticket-1") == [(120, 1)]
    assert [record.fields["reason"] for record in bench.of("delivery_abandoned")] == ["refused"]


def test_a_page_is_tried_for_as_long_as_anybody_needs_it() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "page" else 200)
    bench.signal()
    bench.run_until(50 * MINUTE)
    assert attempts(bench, "page-1") == [(30 * number, number + 1) for number in range(101)]


def test_nothing_is_sent_again_once_it_was_delivered_even_if_an_earlier_attempt_turns_out_to_have_failed() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind == "page" else 200)
    bench.signal()
    [first] = bench.kept
    bench.receive(first._replace(delivered=False, status=0, error="timed out"))
    bench.run_until(30 * SECOND)
    bench.receive(bench.kept[1])
    late = bench.receive(first._replace(delivered=False, status=503, error="late"))
    assert [(record.kind, record.fields["retry_at_ms"]) for record in late] == [("delivery_failed", None)]
    bench.run_until(4 * MINUTE)
    assert attempts(bench, "page-1") == [(0, 1), (30, 2)]


def test_an_earlier_attempt_that_fails_late_starts_no_further_attempt() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind == "page" else 200)
    bench.signal()
    [first] = bench.kept
    bench.receive(first._replace(delivered=False, status=0, error="timed out"))
    bench.run_until(30 * SECOND)
    bench.receive(first._replace(delivered=False, status=503, error="late"))
    bench.run_until(4 * MINUTE)
    assert attempts(bench, "page-1") == [(0, 1), (30, 2)], "the second attempt is still under way"


def test_what_turns_out_to_have_arrived_twice_counts_from_the_first_time() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind == "post" else 200).declared("P1")
    bench.tell(3 * MINUTE, "eve", "internal")
    update = bench.kept[-1]
    bench.receive(update)
    bench.run_until(10 * MINUTE)
    bench.receive(update)
    assert bench.workflow.next_internal_update_due_ms == 18 * MINUTE


def test_an_earlier_attempt_that_got_through_after_all_cancels_the_retry() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind == "page" else 200)
    bench.signal()
    [first] = bench.kept
    bench.receive(first._replace(delivered=False, status=0, error="timed out"))
    bench.run_until(10 * SECOND)
    bench.receive(first)
    bench.run_until(6 * MINUTE)
    assert attempts(bench, "page-1") == [(0, 1)]
    assert bench.times("page_timed_out") == [5 + 10 / 60], "its time counts from the delivery"


def test_a_late_outcome_of_something_no_longer_needed_is_recorded_and_changes_nothing() -> None:
    bench = Bench(status=lambda kind, at_ms: None if kind == "page" else 200)
    bench.signal()
    bench.act(MINUTE, "ann", "acknowledge")
    due_ms = bench.workflow.next_deadline()
    late = bench.receive(bench.kept[0])
    assert [record.kind for record in late] == ["delivered"]
    assert bench.workflow.next_deadline() == due_ms
    assert bench.workflow.state == "acknowledged"


def test_the_tools_own_name_for_what_it_made_is_recorded_when_it_gave_one() -> None:
    bench = Bench().declared("P2")
    assert bench.of("delivered")[0].fields["reference"] == "page-reference"
    bench = Bench(changed(SMALL), status=lambda kind, at_ms: None)
    bench.signal()
    [taken] = bench.receive(bench.kept[0]._replace(reference=""))
    assert "reference" not in taken.fields


def test_an_outcome_of_what_was_never_sent_is_a_defect_of_the_driver() -> None:
    bench = Bench()
    bench.signal()
    with pytest.raises(AssertionError, match="never sent"):
        bench.receive(Outcome("post-9", 1, True, "chat", 200, "", "", 1))
