"""Modelled responders: what people do about what they see, when, how often they err, and on which luck."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.fault import Fault
from scenarios.organization import EmailTool, Service
from simulator.faults.down import Down
from simulator.responders.crew import Intention
from simulator.world import NEVER
from tests.simulator.bench import HOUR, MINUTE, SECOND
from tests.simulator.responders.bench import EVERY, NIGHT, Table, profiles, staffed

SEEDS = range(400)
VENDOR_DOWN = Fault(id="down", on="vendor", kind="down", at=MINUTE, for_=20 * HOUR, parameters=Down())


def figures(purpose: str, hours: Any = "day", training: str = "trained", profile: str = "primary") -> Any:
    return profiles().parameters[purpose].value(profile, hours, training)


def assert_lognormal(durations_ms: list[int], figure: Any) -> None:
    """Median and sigma as stated, within four standard errors."""
    logs = [math.log(duration) for duration in durations_ms]
    error = figure.sigma / math.sqrt(len(logs))
    assert statistics.median(logs) == pytest.approx(math.log(figure.median), abs=4 * 1.2533 * error)
    assert statistics.stdev(logs) == pytest.approx(figure.sigma, abs=4 * error / math.sqrt(2))


def assert_share(count: int, n: int, share: float) -> None:
    assert count / n == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / n))


# Acknowledging.


def test_a_delivered_page_is_acknowledged_after_the_drawn_time_or_never() -> None:
    found = [Table(seed=seed).page(MINUTE).intentions() for seed in SEEDS]
    delays = [one[0].due_ms - MINUTE for one in found if one]
    assert_lognormal(delays, figures("acknowledge"))
    assert_share(len(found) - len(delays), len(found), figures("no_acknowledgement").share)


def test_a_page_that_did_not_arrive_is_not_acknowledged() -> None:
    table = Table().see(MINUTE, "page", key="page", to="ann", summary="Trouble")
    table.see(MINUTE, "delivered", key="another key")
    assert table.crew.next_due() == NEVER


def test_each_page_is_drawn_anew_and_goes_to_whom_it_was_sent() -> None:
    found = Table().page(MINUTE, "ann", "1").page(MINUTE, "bob", "2").page(MINUTE, "ann", "3").intentions()
    assert Counter(one.person for one in found) == {"ann": 2, "bob": 1}
    assert len({one.due_ms for one in found}) == 3


def test_people_are_slower_and_miss_more_by_night() -> None:
    found = [Table(seed=seed, starts_at=NIGHT).page(MINUTE).intentions() for seed in SEEDS]
    assert_lognormal([one[0].due_ms - MINUTE for one in found if one], figures("acknowledge", "night"))
    assert_share(sum(not one for one in found), len(found), figures("no_acknowledgement", "night").share)
    assert figures("acknowledge", "night").median > figures("acknowledge").median


# Declaring and joining.


def acknowledged(at_ms: int, seed: int = 1, person: str = "ann", detected_ms: int = MINUTE) -> Table:
    table = Table(seed=seed).see(detected_ms, "incident_triggered", kind="alert", name="Down")
    table.see(detected_ms, "page", key="page", to=person, summary="The shop is down")
    return table.now(state="acknowledged").see(at_ms, "page_acknowledged", person=person)


def test_whoever_acknowledged_declares_after_a_time_that_counts_from_detection() -> None:
    delays = [acknowledged(MINUTE, seed).due("declare") - MINUTE for seed in SEEDS]
    assert_lognormal(delays, figures("declare"))


def test_nobody_declares_before_somebody_acknowledged() -> None:
    assert Table().see(MINUTE, "incident_triggered", kind="alert", name="Down").crew.next_due() == NEVER
    early, late = acknowledged(MINUTE).due("declare"), acknowledged(15 * HOUR).due("declare")
    assert early < late == 15 * HOUR


def test_a_declaration_states_the_true_severity_and_what_the_page_said() -> None:
    intention = acknowledged(MINUTE).crew.take()
    assert intention.fields == {"severity": "P1", "title": "The shop is down"}
    assert intention.because == 3  # The acknowledgement.


def test_one_person_declares_however_many_acknowledge() -> None:
    table = acknowledged(MINUTE).see(MINUTE, "page", key="second", to="bob", summary="The shop is down")
    table.see(MINUTE + 1, "page_acknowledged", person="bob")
    assert table.intends() == [("ann", "declare")]


def test_those_who_are_awake_and_asked_join_when_it_is_declared() -> None:
    table = acknowledged(MINUTE).now(
        state="declared", severity="P1", offers={"ann": "technical_lead", "bob": "commander"}
    )
    table.crew.take()
    [intention] = table.see(10 * MINUTE, "incident_declared", title="Trouble").intentions()
    assert (intention.person, intention.action, intention.fields) == ("ann", "join", {"role": "technical_lead"})
    assert intention.due_ms > 10 * MINUTE


def test_whoever_answers_a_page_for_a_role_joins_after_a_while() -> None:
    delays = []
    for seed in SEEDS:
        table = Table(seed=seed).now(state="declared", severity="P1", offers={"bob": "commander"})
        delays.append(table.see(MINUTE, "page_acknowledged", person="bob").due("join") - MINUTE)
    assert_lognormal(delays, figures("join"))


def test_nobody_joins_twice_or_without_being_asked() -> None:
    table = Table().now(state="declared", roles={"commander": "bob"}, offers={"bob": "technical_lead"})
    table.see(MINUTE, "page_acknowledged", person="bob").see(MINUTE, "page_acknowledged", person="ann")
    assert table.crew.next_due() == NEVER


# Looking for the cause.


def test_the_technical_lead_begins_to_investigate_on_joining() -> None:
    table = Table().now(state="declared", severity="P1").see(MINUTE, "role_joined", person="ann", role="technical_lead")
    [intention] = table.intentions()
    assert (intention.person, intention.action, intention.due_ms) == ("ann", "investigate", MINUTE)


@pytest.mark.parametrize("state", ["investigating", "identified", "monitoring"])
def test_a_technical_lead_who_joins_later_does_not_begin_anew(state: str) -> None:
    table = Table().now(state=state, severity="P1").see(MINUTE, "role_joined", person="ann", role="technical_lead")
    assert table.crew.next_due() == NEVER


def investigated(seed: int, person: str = "ann", **table: Any) -> Table:
    return Table(VENDOR_DOWN, seed=seed, **table).see(2 * MINUTE, "investigation_started", person=person)


@pytest.mark.parametrize(("person", "training"), [("ann", "trained"), ("new", "novice")])
def test_an_investigation_takes_its_time_and_names_the_right_cause_mostly(person: str, training: str) -> None:
    found = [investigated(seed, person).intentions()[0] for seed in SEEDS]
    assert_lognormal([one.due_ms - 2 * MINUTE for one in found], figures("identify", training=training))
    causes = Counter(one.fields["cause"] for one in found)
    assert set(causes) == {"vendor", "shop"}  # The other service with a playbook.
    assert_share(causes["shop"], len(found), figures("wrong_diagnosis", training=training).share)


def test_the_cause_is_looked_for_at_the_end_of_an_investigation_not_at_its_beginning() -> None:
    first = replace(VENDOR_DOWN, for_=2 * MINUTE)
    second = Fault(id="late", on="pager", kind="down", at=3 * MINUTE, for_=HOUR, parameters=Down())
    found: Counter[str] = Counter()
    for seed in range(40):
        table = Table(first, second, seed=seed).see(2 * MINUTE, "investigation_started", person="ann")
        table.bench.run(30 * MINUTE)
        found[table.crew.take().fields["cause"]] += 1
    assert found["pager"] > 25


def test_somebody_who_finds_nothing_wrong_names_a_service_even_where_there_is_no_playbook() -> None:
    services = {name: Service(title=name) for name in ("shop", "pager", "chat", "tracker", "status_page")}
    table = Table(organization=staffed(services=services)).see(MINUTE, "investigation_started", person="ann")
    assert table.crew.take().fields["cause"] in services


# Trying what the playbook says.


def identified(cause: str = "vendor", treatment: Any = "modelled") -> Table:
    table = Table(VENDOR_DOWN, treatment=treatment).now(state="identified", severity="P1", roles={"commander": "bob"})
    return table.see(2 * MINUTE, "cause_identified", person="ann", cause=cause)


def step(table: Table, at_ms: int, action: str) -> None:
    """The next thing meant is to begin this step; it is begun and finished."""
    intention = table.crew.take()
    assert (intention.action, intention.fields["action"]) == ("start_mitigation", action)
    table.see(at_ms, "mitigation_finished", person="ann", action=action)


def test_the_playbook_of_the_cause_is_followed_step_by_step() -> None:
    table = identified()
    assert table.crew.next_due() == 2 * MINUTE
    step(table, 3 * MINUTE, "look")  # After a look the next step follows at once.
    assert table.crew.next_due() == 3 * MINUTE
    step(table, 4 * MINUTE, "storm")
    watch = table.crew.take()  # After a change somebody watches what it does.
    assert watch.action == "watch"
    assert watch.due_ms == 4 * MINUTE + watch.fields["watch_ms"] > 4 * MINUTE
    table.bench.run(watch.due_ms)
    table.crew.watched(watch, table.response)  # It did not help.
    assert table.crew.take().fields == {"action": "switch", "playbook": "vendor_fails"}
    assert table.crew.next_due() == NEVER


def test_when_the_playbook_is_used_up_the_cause_is_looked_for_anew() -> None:
    table = identified("shop")
    step(table, 3 * MINUTE, "look")
    assert table.intends() == [("ann", "investigate")]


def test_a_cause_without_a_playbook_is_looked_for_anew() -> None:
    assert identified("pager").intends() == [("ann", "investigate")]


def watched(state: str) -> Table:
    """A change was watched after which the trouble was over."""
    table = identified().now(state=state)
    table.intentions()
    table.bench.perform(3 * MINUTE, "switch")
    table.see(5 * MINUTE, "mitigation_finished", person="ann", action="switch")
    watch = table.crew.take()
    table.bench.run(watch.due_ms)
    table.crew.watched(watch, table.response)
    return table


@pytest.mark.parametrize("state", ["investigating", "identified"])
def test_a_change_that_helped_leads_to_monitoring(state: str) -> None:
    assert watched(state).intends() == [("ann", "monitor")]


def test_a_change_that_helped_while_monitoring_leads_to_nothing_more() -> None:
    assert watched("monitoring").intends() == []


# Verifying and resolving.


def monitoring(table: Table, at_ms: int) -> Table:
    table.now(state="monitoring", severity="P1", roles={"commander": "bob", "technical_lead": "ann"})
    return table.see(at_ms, "monitoring_started", person="ann")


def test_the_commander_verifies_once_the_objectives_had_time_to_prove_themselves() -> None:
    [intention] = monitoring(Table(), MINUTE).intentions()
    assert (intention.person, intention.action, intention.due_ms) == ("bob", "verify", 11 * MINUTE)


def test_after_a_passed_verification_it_is_resolved_and_nobody_means_anything_more() -> None:
    table = monitoring(Table(), MINUTE)
    table.crew.take()
    table.see(11 * MINUTE, "verification_finished", person="bob", passed=True)
    table.see(11 * MINUTE, "investigation_started", person="ann")
    [resolve] = [one for one in table.see(11 * MINUTE, "delivered", key="none").intentions() if one.person == "bob"]
    assert resolve.action == "resolve"
    assert resolve.due_ms > 11 * MINUTE
    table.see(12 * MINUTE, "investigation_started", person="ann").see(13 * MINUTE, "incident_resolved", person="bob")
    assert table.crew.next_due() == NEVER


def test_after_a_failed_verification_the_technical_lead_investigates_again() -> None:
    table = monitoring(Table(), MINUTE)
    table.crew.take()
    table.see(11 * MINUTE, "verification_finished", person="bob", passed=False)
    assert table.intends() == [("ann", "investigate")]


# Telling people.


def updates(seed: int, count: int) -> list[int]:
    """How late a person's updates to colleagues are, one after the other, ms."""
    table, late = Table(seed=seed).now(state="investigating", severity="P1"), []
    for _ in range(count):
        table.see(0, "update_posted", person="ann", audience="internal")
        intention = table.crew.take()
        assert intention.fields == {"audience": "internal"}
        late.append(intention.due_ms - EVERY)
    return late


def test_updates_are_early_on_time_or_late_in_the_shares_that_were_observed() -> None:
    late = [one for seed in range(10) for one in updates(seed, 200)]
    for within_ms, share in ((0, 0.70), (5 * MINUTE, 0.87), (15 * MINUTE, 0.96)):
        assert_share(sum(one <= within_ms for one in late), len(late), share)
    assert -EVERY // 4 <= min(late) < -EVERY // 5
    assert 20 * MINUTE < max(late) <= 30 * MINUTE


def test_whoever_leads_communication_tells_colleagues_when_it_is_due_and_customers_after_a_while() -> None:
    table = Table().now(state="declared", severity="P1", next_internal_update_due_ms=20 * MINUTE)
    found = table.see(10 * MINUTE, "role_joined", person="bob", role="communication_lead").intentions()
    due = {one.fields["audience"]: one.due_ms for one in found}
    assert set(due) == {"internal", "customers"}
    assert 20 * MINUTE - EVERY // 4 <= due["internal"] <= 50 * MINUTE
    assert due["customers"] > 10 * MINUTE


def test_where_nothing_is_promised_nobody_tells_anything() -> None:
    quiet = replace(staffed().severities["P1"], internal_every=None, customers_within=None)
    table = Table(organization=staffed(severities={"P1": quiet})).now(state="declared", severity="P1")
    table.see(MINUTE, "role_joined", person="bob", role="communication_lead")
    table.see(MINUTE, "update_posted", person="bob", audience="internal")
    assert table.crew.next_due() == NEVER


@pytest.mark.parametrize("told", [False, True])
def test_customers_hear_of_changes_once_they_have_been_told_of_the_incident(told: bool) -> None:
    table = Table().now(state="investigating", severity="P1", roles={"communication_lead": "bob", "commander": "bob"})
    if told:
        table.see(MINUTE, "update_posted", person="bob", audience="customers")
    table.see(2 * MINUTE, "cause_identified", person="ann", cause="vendor").see(
        9 * MINUTE, "monitoring_started", person="ann"
    )
    updates_ = [one for one in table.intentions() if one.action == "update"]
    assert [(one.person, one.fields) for one in updates_] == [("bob", {"audience": "customers"})] * 2 * told


def test_a_reminder_brings_an_overdue_update_forward() -> None:
    table = Table().now(state="declared", severity="P1", roles={"communication_lead": "bob"})
    table.see(0, "update_posted", person="bob", audience="internal")
    due_ms = table.crew.next_due()
    table.see(10, "update_overdue", audience="internal")  # Long before they meant to post.
    [intention] = table.intentions()
    assert 10 < intention.due_ms < due_ms
    assert intention.fields == {"audience": "internal"}
    assert intention.because == 2


def test_a_reminder_changes_nothing_for_somebody_who_posts_sooner_anyway() -> None:
    table = Table().now(state="declared", severity="P1", roles={"communication_lead": "bob"})
    table.see(0, "update_posted", person="bob", audience="internal")
    due_ms = table.crew.next_due()
    [intention] = table.see(due_ms - 1, "update_overdue", audience="internal").intentions()
    assert (intention.due_ms, intention.because) == (due_ms, 1)


def test_a_reminder_of_something_that_nobody_meant_to_post_makes_them_post_it() -> None:
    table = Table().now(state="declared", severity="P1", roles={"communication_lead": "bob"})
    table.see(0, "update_posted", person="bob", audience="internal")
    table.see(1, "update_overdue", audience="customers")
    assert Counter(one.fields["audience"] for one in table.intentions()) == {"internal": 1, "customers": 1}


def test_without_a_communication_lead_a_reminder_reaches_nobody() -> None:
    table = Table().now(state="declared", severity="P1").see(1, "update_overdue", audience="internal")
    assert table.crew.next_due() == NEVER


def promising(**every: Any) -> Any:
    """A staffed organisation in which a P1 promises customers updates, and letters can be written."""
    made = staffed()
    letters = EmailTool(service="email", host="smtp.example.org", sender="a@example.org", customers="b@example.org")
    return replace(
        made,
        severities={"P1": replace(made.severities["P1"], **every)},
        tools=replace(made.tools, email=letters),
    )


def test_customers_who_were_promised_updates_get_the_next_one_counted_from_the_last() -> None:
    table = Table(organization=promising(customers_every=EVERY))
    table.now(state="investigating", severity="P1", roles={"communication_lead": "bob"})
    for at_ms in (0, MINUTE):
        table.see(at_ms, "update_posted", person="bob", audience="customers", status="investigating")
    [intention] = table.intentions()
    assert intention.fields == {"audience": "customers", "regular": True}
    assert MINUTE + EVERY * 3 // 4 <= intention.due_ms <= MINUTE + EVERY + 30 * MINUTE


def test_an_update_promises_the_next_as_the_severity_does_and_nothing_after_the_end() -> None:
    table = Table(organization=promising(customers_every=2 * EVERY)).now(state="investigating", severity="P1")
    due = {"internal": EVERY, "customers": 2 * EVERY}
    for audience, every_ms in due.items():
        intention = Intention(MINUTE, 1, "bob", "update", {"audience": audience}, 0)
        assert table.crew.words_of(intention, table.response)["next_update_by_ms"] == MINUTE + every_ms
    table.now(state="resolved")
    assert "next_update_by_ms" not in table.crew.words_of(intention, table.response)


def test_after_the_end_nothing_is_meant_any_more_but_a_letter_to_the_customers() -> None:
    table = Table(organization=promising()).now(state="resolved", severity="P1", roles={"communication_lead": "bob"})
    table.see(0, "update_posted", person="bob", audience="internal", status="monitoring")
    [letter] = table.see(MINUTE, "incident_resolved", person="ann").intentions()
    assert (letter.person, letter.action, letter.fields) == ("bob", "update", {"audience": "customers"})
    quiet = Table().now(state="resolved", severity="P1", roles={"communication_lead": "bob"})
    assert quiet.see(MINUTE, "incident_resolved", person="ann").crew.next_due() == NEVER


# Changing seats.


def test_when_somebody_takes_over_a_seat_only_that_persons_intentions_are_dropped() -> None:
    table = Table().now(state="declared", severity="P1")
    for number in range(8):
        table.see(MINUTE, "investigation_started", person=("ann", "bob", "new")[number % 3])
    table.crew.cancel("bob")
    found = table.intentions()
    assert Counter(one.person for one in found) == {"ann": 3, "new": 2}
    assert [one.due_ms for one in found] == sorted(one.due_ms for one in found)


# Luck.


@given(st.integers(0, 10_000), st.integers(0, 4), st.integers(0, 4))
def test_one_more_draw_of_somebody_else_or_for_another_purpose_moves_nothing(seed: int, others: int, own: int) -> None:
    alone, busy = Table(seed=seed), Table(seed=seed).now(state="declared", offers={"bob": "commander"})
    for number in range(others):
        busy.see(MINUTE, "page_acknowledged", person="bob").page(MINUTE, "bob", f"other {number}")
    for _ in range(own):
        busy.see(MINUTE, "mitigation_finished", person="ann", action="switch")
    busy.intentions()
    assert alone.page(2 * MINUTE).intentions() == [
        one._replace(number=number, because=2) for number, one in enumerate(busy.page(2 * MINUTE).intentions(), start=1)
    ]


def test_training_changes_how_long_it_takes_and_not_the_luck() -> None:
    trained, novice = figures("identify"), figures("identify", training="novice")
    retrained = {**staffed().people, "ann": replace(staffed().people["ann"], training="novice")}
    for seed in range(50):
        quick = investigated(seed).due("identify") - 2 * MINUTE
        slow = investigated(seed, organization=staffed(people=retrained)).due("identify") - 2 * MINUTE
        assert math.log(slow / novice.median) / novice.sigma == pytest.approx(
            math.log(quick / trained.median) / trained.sigma, abs=1e-3
        )
        assert slow > quick


# Sleep.


@pytest.mark.parametrize(("awake_ms", "slower"), [(0, 1.54), (7 * MINUTE, 1.32), (14 * MINUTE, 1.21), (3 * HOUR, 1.1)])
def test_thinking_is_slow_after_waking_by_night_and_gets_better(awake_ms: int, slower: float) -> None:
    def takes(starts_at: Any) -> int:
        table = Table(starts_at=starts_at).now(state="declared").see(SECOND, "page_acknowledged", person="ann")
        return table.see(SECOND + awake_ms, "investigation_started", person="ann").due("identify") - SECOND - awake_ms

    assert takes(NIGHT) / takes(NIGHT.replace(hour=12)) == pytest.approx(slower, rel=1e-4)


def test_only_thinking_is_slowed_by_sleep() -> None:
    by_night, by_day = (
        Table(starts_at=start).see(MINUTE, "mitigation_finished", person="ann", action="switch").due("watch")
        for start in (NIGHT, NIGHT.replace(hour=12))
    )
    assert by_night == by_day
