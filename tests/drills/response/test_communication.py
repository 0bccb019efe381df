from __future__ import annotations

import pytest

from drills.response.communication import INTERNAL_FIELDS
from drills.response.states import ActionRefused
from scenarios.organization import Organization
from tests.drills.response.bench import CUSTOMERS, INTERNAL, MINUTE, SECOND, SMALL, WITH_EVERY_CHANNEL, Bench, changed


def test_silence_inside_is_overdue_from_the_declaration_and_again_each_interval() -> None:
    bench = Bench().declared("P1")
    bench.run_until(50 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [17, 32, 47]


def test_a_delivered_update_starts_the_interval_anew_and_says_when_the_next_is_due() -> None:
    bench = Bench().declared("P1")
    bench.tell(10 * MINUTE, "eve", "internal")
    assert bench.workflow.next_internal_update_due_ms == 25 * MINUTE
    bench.run_until(26 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [25]


def test_an_update_that_chat_did_not_take_breaks_no_silence() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "post" and at_ms > 5 * MINUTE else 200).declared("P1")
    bench.tell(10 * MINUTE, "eve", "internal")
    bench.run_until(18 * MINUTE)
    assert bench.times("update_overdue", audience="internal") == [17]


def test_customers_are_overdue_until_the_status_page_has_taken_an_update() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "publish" and at_ms < 35 * MINUTE else 200).declared("P1")
    bench.tell(34 * MINUTE, "eve", "customers")
    assert bench.times("update_overdue", audience="customers") == [32]
    assert bench.workflow.customers_due_ms == 62 * MINUTE
    bench.run_until(200 * MINUTE)
    assert bench.times("delivered", tool="status_page") == [35]
    assert bench.workflow.customers_due_ms is None
    assert bench.times("update_overdue", audience="customers") == [32]


def test_the_status_page_says_what_the_state_of_the_incident_is() -> None:
    bench = Bench().declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers", "investigating")
    bench.act(4 * MINUTE, "ben", "investigate")
    bench.act(5 * MINUTE, "ben", "identify", cause="vendor")
    bench.tell(6 * MINUTE, "eve", "customers", "identified")
    bench.act(7 * MINUTE, "ben", "monitor")
    bench.tell(8 * MINUTE, "eve", "customers", "monitoring")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    statuses = [record.fields["status"] for record in bench.of("publish")]
    assert statuses == ["investigating", "identified", "monitoring", "resolved"]
    assert {record.fields["impact"] for record in bench.of("publish")} == {"major"}
    assert "Status: monitoring" not in bench.of("post")[-1].fields["text"]


def test_a_later_word_to_customers_replaces_one_that_never_got_through() -> None:
    bench = Bench(status=lambda kind, at_ms: 503 if kind == "publish" and at_ms < 5 * MINUTE else 200).declared("P1")
    bench.tell(4 * MINUTE, "eve", "customers")
    bench.tell(4 * MINUTE + 1, "eve", "customers")
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
    bench.tell(5 * MINUTE, "eve", "internal", next_update_by_ms=20 * MINUTE)
    assert bench.of("update_posted")[0].fields["next_update_by_ms"] == 20 * MINUTE


def test_every_message_is_because_of_the_event_that_called_for_it() -> None:
    bench = Bench().declared("P1")
    bench.tell(5 * MINUTE, "eve", "internal")
    origins = [bench.records[record.because - 1].kind for record in bench.of("post")]
    assert origins == ["incident_declared", "update_posted"]
    taken = [record for record in bench.of("delivered") if record.fields["tool"] == "chat"]
    assert [bench.records[record.because - 1].kind for record in taken] == ["post", "post"]


def test_the_impact_shown_is_the_severitys_place_in_the_table() -> None:
    many = {name: changed(SMALL.severities["P1"], title=name) for name in "abcdef"}
    bench = Bench(changed(SMALL, severities=many))
    bench.signal()
    bench.act(1, "ann", "declare", severity="f", title="Cosmetic")
    bench.tell(2, "ann", "customers")
    assert bench.of("publish")[0].fields["impact"] == "none"


# What an update has to say.


@pytest.mark.parametrize("field", INTERNAL_FIELDS)
@pytest.mark.parametrize("value", ["", "  \n", None, 7])
def test_an_unfilled_field_of_an_internal_update_is_named_and_nothing_is_sent(field: str, value: object) -> None:
    bench = Bench(WITH_EVERY_CHANNEL).declared("P1")
    before = len(bench.records)
    with pytest.raises(ActionRefused, match=field):
        bench.tell(3 * MINUTE, "eve", "internal", **{field: value})
    assert len(bench.records) == before


@pytest.mark.parametrize(("status", "field"), [(status, field) for status, said in CUSTOMERS.items() for field in said])
def test_an_unfilled_field_of_an_update_to_customers_is_named_and_nothing_is_sent(status: str, field: str) -> None:
    bench = resolved() if status == "resolved" else Bench(WITH_EVERY_CHANNEL).declared("P1")
    before = len(bench.records)
    with pytest.raises(ActionRefused, match=f"needs {field} filled in"):
        bench.tell(bench.now_ms, "eve", "customers", status, **{field: " "})
    assert len(bench.records) == before


def test_every_unfilled_field_is_named_at_once() -> None:
    bench = Bench().declared("P1")
    with pytest.raises(ActionRefused) as caught:
        bench.act(3 * MINUTE, "eve", "update", audience="internal", status="identified", eta="soon")
    assert caught.value.reason.endswith("needs impact, progress, next_steps, need_help filled in")


def test_a_field_that_no_update_has_is_refused() -> None:
    with pytest.raises(ActionRefused, match="that says investigating has no component"):
        Bench().declared("P1").tell(3 * MINUTE, "eve", "customers", "investigating", component="the vendor")


def test_customers_are_told_that_it_is_resolved_once_it_is_and_nothing_else_then() -> None:
    with pytest.raises(ActionRefused, match="one of investigating, identified, monitoring \\(got resolved\\)"):
        Bench(WITH_EVERY_CHANNEL).declared("P1").tell(3 * MINUTE, "eve", "customers", "resolved")
    with pytest.raises(ActionRefused, match="one of resolved \\(got monitoring\\)"):
        resolved().tell(11 * MINUTE, "eve", "customers", "monitoring")


def test_the_procedures_six_lines_stand_in_the_teams_channel_as_they_were_filled_in() -> None:
    bench = Bench().declared("P1")
    bench.tell(5 * MINUTE, "eve", "internal", next_update_by_ms=20 * MINUTE)
    text = bench.of("post")[-1].fields["text"]
    for said in (*INTERNAL.values(), "INC-20250806-140200", "eve", "Next update by 14:20 UTC"):
        assert said in text


def test_the_announcement_says_what_those_who_join_need_to_know() -> None:
    bench = Bench(changed(SMALL, war_room_url="https://chat.example.org/war-room")).declared("P1")
    text = bench.of("post")[0].fields["text"]
    known = ["INC-20250806-140200", "P1", "much", "investigating", "https://meet.example.org/war-room", "Voice is down"]
    for said in (*known, "https://chat.example.org/war-room", "every 15 minutes for P0 and P1", "ann"):
        assert said in text


# By which ways customers hear.


def resolved(organization: Organization = WITH_EVERY_CHANNEL) -> Bench:
    """Customers told at 3:00, watched from 4:00, resolved at 10:00."""
    bench = Bench(organization).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers")
    bench.act(3 * MINUTE, "ann", "investigate")
    bench.act(4 * MINUTE, "ann", "monitor")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    return bench


def test_customers_hear_by_status_page_letter_and_notice() -> None:
    bench = Bench(WITH_EVERY_CHANNEL).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers")
    for kind, field in (("publish", "text"), ("send_email", "html"), ("notify_in_app", "text")):
        (command,) = bench.of(kind)
        assert "failing calls" in command.fields[field]
    assert bench.of("send_email")[0].fields["to"] == "customers@example.org"
    assert bench.of("send_email")[0].fields["subject"] == "Small Service Update"


@pytest.mark.parametrize("broken", ["publish", "send_email", "notify_in_app"])
def test_customers_are_owed_word_until_every_channel_has_taken_some(broken: str) -> None:
    bench = Bench(WITH_EVERY_CHANNEL, status=lambda kind, at_ms: 503 if kind == broken else 200).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers")
    bench.run_until(33 * MINUTE)
    assert bench.times("update_overdue", audience="customers") == [32]
    assert len(bench.of("delivery_abandoned")) == 1


def test_once_they_were_told_customers_are_told_again_as_often_as_the_severity_promises() -> None:
    bench = Bench(WITH_EVERY_CHANNEL).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers")
    assert bench.workflow.customers_due_ms == 63 * MINUTE
    bench.tell(40 * MINUTE, "eve", "customers")
    assert bench.workflow.customers_due_ms == 100 * MINUTE
    bench.run_until(101 * MINUTE)
    assert bench.times("update_overdue", audience="customers") == [100]


def test_letters_carry_the_first_word_and_the_last_unless_the_organisation_wants_all() -> None:
    for carries, letters in (("first_and_resolution", [3]), ("every_update", [3, 5])):
        tools = changed(WITH_EVERY_CHANNEL.tools, email=changed(WITH_EVERY_CHANNEL.tools.email, carries=carries))
        bench = Bench(changed(WITH_EVERY_CHANNEL, tools=tools)).declared("P1")
        bench.tell(3 * MINUTE, "eve", "customers")
        bench.tell(5 * MINUTE, "eve", "customers", "monitoring")
        assert bench.times("send_email") == letters
        assert bench.times("notify_in_app") == [3, 5]


def test_a_first_letter_that_never_got_through_gives_way_to_what_holds_now() -> None:
    bench = Bench(
        WITH_EVERY_CHANNEL, status=lambda kind, at_ms: 503 if kind == "send_email" and at_ms < 4 * MINUTE else 200
    ).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers")
    bench.tell(3 * MINUTE + 45 * SECOND, "eve", "customers", "monitoring")
    bench.run_until(30 * MINUTE)
    assert bench.times("delivered", key="send_email-1") == []
    assert bench.times("delivered", key="send_email-2") == [4.25]


def test_the_end_is_told_at_once_and_what_happened_when_somebody_has_written_it() -> None:
    bench = resolved()
    assert [record.fields["status"] for record in bench.of("publish")] == ["investigating", "resolved"]
    assert "within 24 hours" in bench.of("publish")[-1].fields["text"]
    assert bench.times("notify_in_app", status="resolved") == [10]
    assert bench.times("send_email") == [3]
    bench.tell(30 * MINUTE, "eve", "customers", "resolved")
    letter = bench.of("send_email")[-1]
    for said in (*CUSTOMERS["resolved"].values(), "2025-08-06", "from 14:00 UTC to 14:10 UTC", "Small"):
        assert said in letter.fields["html"]
    assert len(bench.of("publish")) == 2


def test_without_a_tool_for_letters_there_is_none_after_the_end() -> None:
    with pytest.raises(ActionRefused, match="there is no email"):
        resolved(SMALL).tell(11 * MINUTE, "eve", "customers", "resolved")


def test_reopened_it_is_owed_to_customers_on_every_channel_again() -> None:
    bench = resolved()
    bench.act(20 * MINUTE, "ann", "reopen")
    assert bench.workflow.customers_due_ms == 50 * MINUTE
    bench.tell(25 * MINUTE, "eve", "customers")
    assert bench.times("send_email") == [3, 25]
    assert bench.workflow.customers_due_ms == 85 * MINUTE


@pytest.mark.parametrize("kind", ["publish", "send_email", "notify_in_app", "post"])
@pytest.mark.parametrize("status", [0, 400, 429, 500, 503])
def test_every_message_is_delivered_once_in_the_end_or_shown_as_failed(kind: str, status: int) -> None:
    bench = Bench(
        WITH_EVERY_CHANNEL, status=lambda sent, at_ms: status if sent == kind and at_ms < 4 * MINUTE else 200
    ).declared("P1")
    bench.tell(3 * MINUTE, "eve", "customers" if kind != "post" else "internal")
    bench.run_until(20 * MINUTE)
    keys = {record.fields["key"] for record in bench.of(kind)}
    for key in keys:
        delivered, failed = bench.times("delivered", key=key), bench.times("delivery_abandoned", key=key)
        assert (len(delivered), len(failed)) in {(1, 0), (0, 1)}
        assert bool(failed) == (status == 400)
    assert keys
