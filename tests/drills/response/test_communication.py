from __future__ import annotations

from tests.drills.response.bench import MINUTE, SMALL, Bench, changed


def test_silence_inside_is_overdue_from_the_declaration_and_again_each_interval() -> None:
    bench = Bench().declared("P1")
    bench.run_until(50 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [17, 32, 47]


def test_a_delivered_update_starts_the_interval_anew_and_says_when_the_next_is_due() -> None:
    bench = Bench().declared("P1")
    bench.act(10 * MINUTE, "eve", "update", audience="internal", text="Looking at the vendor.")
    assert bench.workflow.next_internal_update_due_ms == 25 * MINUTE
    bench.run_until(26 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [25]


def test_an_update_that_chat_did_not_take_breaks_no_silence() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "post" and at_ms > 5 * MINUTE else 200).declared("P1")
    bench.act(10 * MINUTE, "eve", "update", audience="internal", text="Looking at the vendor.")
    bench.run_until(18 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [17]


def test_customers_are_overdue_until_the_status_page_has_taken_an_update() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "publish" and at_ms < 35 * MINUTE else 200).declared("P1")
    bench.act(34 * MINUTE, "eve", "update", audience="customers", text="We are looking into it.")
    assert bench.times("update_overdue", audience="customers") == [32]
    assert bench.workflow.customers_due_ms == 62 * MINUTE
    bench.run_until(200 * MINUTE)
    assert bench.times("delivered", tool="status_page") == [35]
    assert bench.workflow.customers_due_ms is None
    assert bench.times("update_overdue", audience="customers") == [32]


def test_the_status_page_says_what_the_state_of_the_incident_is() -> None:
    bench = Bench().declared("P1")
    told = {"audience": "customers", "text": "News."}
    bench.act(3 * MINUTE, "eve", "update", **told)
    bench.act(4 * MINUTE, "ben", "investigate")
    bench.act(5 * MINUTE, "ben", "identify", cause="vendor")
    bench.act(6 * MINUTE, "eve", "update", **told)
    bench.act(7 * MINUTE, "ben", "monitor")
    bench.act(8 * MINUTE, "eve", "update", **told)
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    statuses = [record.fields["status"] for record in bench.of("publish")]
    assert statuses == ["investigating", "identified", "monitoring", "resolved"]
    assert {record.fields["impact"] for record in bench.of("publish")} == {"major"}
    assert "Status: monitoring" not in bench.of("post")[-1].fields["text"]


def test_a_later_word_to_customers_replaces_one_that_never_got_through() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "publish" and at_ms < 5 * MINUTE else 200).declared("P1")
    bench.act(4 * MINUTE, "eve", "update", audience="customers", text="Early.")
    bench.act(4 * MINUTE + 1, "eve", "update", audience="customers", text="Late.")
    bench.run_until(20 * MINUTE)
    assert bench.times("delivered", key="publish-1") == []
    assert [record.fields["reason"] for record in bench.of("delivery_abandoned")] == ["superseded by publish-2"]
    assert len(bench.times("delivered", key="publish-2")) == 1


def test_customers_who_never_had_to_hear_of_it_hear_nothing_of_its_end() -> None:
    bench = Bench().monitoring("P2")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    assert bench.of("publish") == []
    assert "RESOLVED" in bench.of("post")[-1].fields["text"]


def test_a_promise_to_say_more_is_recorded_with_the_update() -> None:
    bench = Bench().declared("P1")
    said = {"audience": "internal", "text": "Trying the fallback.", "next_update_by_ms": 20 * MINUTE}
    bench.act(5 * MINUTE, "eve", "update", **said)
    assert bench.of("update_posted")[0].fields["next_update_by_ms"] == 20 * MINUTE


def test_every_message_is_because_of_the_event_that_called_for_it() -> None:
    bench = Bench().declared("P1")
    bench.act(5 * MINUTE, "eve", "update", audience="internal", text="Trying the fallback.")
    origins = [bench.records[record.because - 1].kind for record in bench.of("post")]
    assert origins == ["incident_declared", "update_posted"]
    taken = [record for record in bench.of("delivered") if record.fields["tool"] == "chat"]
    assert [bench.records[record.because - 1].kind for record in taken] == ["post", "post"]


def test_the_impact_shown_is_the_severitys_place_in_the_table() -> None:
    many = {name: changed(SMALL.severities["P1"], title=name) for name in "abcdef"}
    bench = Bench(changed(SMALL, severities=many))
    bench.signal()
    bench.act(1, "ann", "declare", severity="f", title="Cosmetic")
    bench.act(2, "ann", "update", audience="customers", text="A typo.")
    assert bench.of("publish")[0].fields["impact"] == "none"
