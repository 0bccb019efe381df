"""The world's truth: what users meet, what faults and actions do to it, how its tools answer, what it hands out."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.organization import Action, Objective, Service
from scenarios.scenario import Effect, Inject, Mitigation, When
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.faults.latency import AddedLatency
from tests.builders import fault, organization
from tests.simulator.bench import MINUTE, SECOND, Bench, with_vendor

BURSTS = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.02, bad=0.6))
STEADY = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.5, bad=0.5))
SLOW = AddedLatency(added=2_000)
ACTIONS = {
    "switch": Action(title="Use another vendor", takes=4 * MINUTE, kind="change"),
    "retry": Action(title="Retry more", takes=2 * MINUTE, kind="change"),
    "repair": Action(title="Repair it", takes=3 * MINUTE, kind="change"),
    "look": Action(title="Look at it", takes=MINUTE, kind="look"),
}
SWITCH = Mitigation(action="switch", effect=Effect(service="shop", bypasses="vendor"))
RETRY = Mitigation(action="retry", effect=Effect(service="shop", retries=5), takes=MINUTE, harmful=True)
REPAIR = Mitigation(action="repair", effect=Effect(service="vendor", ends_fault="burst_errors"))


def vendor_bench(*faults: Any, capacity_per_s: float | None = None, **scenario: Any) -> Bench:
    mitigations = scenario.pop("mitigations", (SWITCH, RETRY, REPAIR))
    return Bench(
        *faults,
        organization=with_vendor(capacity_per_s=capacity_per_s, actions=ACTIONS),
        mitigations=mitigations,
        **scenario,
    )


# What users meet.


def test_what_users_meet_at_zero_is_told_first() -> None:
    [record] = Bench().records("service_changed")
    assert (record["at_ms"], record["service"], record["error_ratio"]) == (0, "shop", 0)
    assert (record["latency_p95_ms"], record["requests_per_s"]) == (100, 20)


def test_a_service_leaves_its_objective_when_a_fault_begins_and_meets_it_again_when_it_ends() -> None:
    bench = Bench(fault("down", Down())).run(20 * MINUTE)
    [left] = bench.records("objective_left")
    assert (left["at_ms"], left["service"], left["error_ratio"]) == (60_000, "shop", 1)
    assert bench.times("objective_met") == [660_000]


def test_a_fault_within_the_objective_changes_the_service_and_leaves_no_objective() -> None:
    mild = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.01, bad=0.05))
    bench = Bench(fault("burst_errors", mild)).run(20 * MINUTE)
    assert len(bench.times("service_changed")) > 3
    assert bench.times("objective_left", "objective_met", "worst_case_failed", "worst_case_held") == []


def test_latency_beyond_the_objective_is_an_impact_too() -> None:
    [left] = Bench(fault("latency", SLOW)).run(20 * MINUTE).records("objective_left")
    assert (left["at_ms"], left["error_ratio"], left["latency_p95_ms"]) == (60_000, 0, 2_100)


def test_only_user_facing_services_are_told_of() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor")).run(20 * MINUTE)
    assert {record["service"] for record in bench.records("service_changed", "objective_left")} == {"shop"}


@given(st.integers(0, 500))
def test_objectives_are_left_and_met_by_turns_at_the_levels_of_the_fault(seed: int) -> None:
    bench = Bench(fault("burst_errors", BURSTS), seed=seed).run(20 * MINUTE)
    told = [record["type"] for record in bench.records("objective_left", "objective_met")]
    assert told == ["objective_left", "objective_met"] * (len(told) // 2)
    bad = [record["at_ms"] for record in bench.records("fault_changed") if record["level"] == "bad"]
    assert bench.times("objective_left") == bad


def test_every_truth_names_what_led_to_it() -> None:
    bench = Bench(fault("down", Down())).run(20 * MINUTE)
    chain, record = [], bench.records("objective_left")[0]
    while record["because"]:
        record = bench.journal.records[record["because"] - 1]
        chain.append(record["type"])
    assert chain == ["service_changed", "fault_changed", "fault_started"]


def test_a_fault_that_begins_at_zero_changes_what_users_met_before() -> None:
    bench = Bench(fault("down", Down(), at=0)).run(MINUTE)
    assert bench.times("objective_left") == [0]
    assert bench.times("fault_took_effect") == [0]


# Whether a fault took effect, and what stands at its worst.


def test_a_fault_takes_effect_when_it_first_changes_its_service() -> None:
    """The errors of its good spells are none, whatever status they would have."""
    delayed = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0, bad=0.6))
    bench = Bench(fault("burst_errors", delayed)).run(20 * MINUTE)
    first_bad = next(record["at_ms"] for record in bench.records("fault_changed") if record["level"] == "bad")
    assert first_bad > 60_000
    assert bench.times("fault_took_effect") == [first_bad]


def test_a_fault_that_changes_nothing_never_takes_effect() -> None:
    idle = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0, bad=0))
    assert Bench(fault("burst_errors", idle)).run(20 * MINUTE).times("fault_took_effect") == []


def test_faults_that_strike_one_service_at_one_moment_each_take_effect() -> None:
    bench = Bench(fault("latency", SLOW), fault("burst_errors", STEADY)).run(20 * MINUTE)
    assert sorted(record["fault"] for record in bench.records("fault_took_effect")) == ["burst_errors", "latency"]


def test_a_fault_that_follows_another_like_it_without_a_gap_takes_effect() -> None:
    first, second = fault("down", Down(), lasts=MINUTE), fault("down_again", Down(), at=2 * MINUTE)
    bench = Bench(first, second).run(20 * MINUTE)
    assert bench.times("fault_took_effect") == [MINUTE, 2 * MINUTE]


def test_a_fault_in_the_shadow_of_another_takes_effect_when_that_one_ends() -> None:
    first, second = fault("down", Down(), lasts=5 * MINUTE), fault("down_longer", Down(), at=2 * MINUTE)
    bench = Bench(first, second).run(20 * MINUTE)
    assert [(record["at_ms"], record["fault"]) for record in bench.records("fault_took_effect")] == [
        (MINUTE, "down"),
        (6 * MINUTE, "down_longer"),
    ]


def test_a_fault_of_no_consequence_gets_no_credit_for_another_at_the_same_moment() -> None:
    idle = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0, bad=0))
    bench = Bench(fault("burst_errors", idle), fault("down", Down())).run(20 * MINUTE)
    assert [record["fault"] for record in bench.records("fault_took_effect")] == ["down"]


def test_the_worst_case_fails_with_the_fault_and_not_with_its_bursts() -> None:
    bench = Bench(fault("burst_errors", BURSTS)).run(20 * MINUTE)
    [failed] = bench.records("worst_case_failed")
    assert (failed["at_ms"], failed["services"]) == (60_000, ["shop"])
    [held] = bench.records("worst_case_held")
    assert (held["at_ms"], held["by"]) == (660_000, "fault_end")


def test_a_cure_holds_the_worst_case_by_mitigation_and_the_end_of_the_fault_says_nothing_new() -> None:
    bench = vendor_bench(fault("burst_errors", BURSTS, on="vendor")).perform(2 * MINUTE, "switch").run(20 * MINUTE)
    [held] = bench.records("worst_case_held")
    assert (held["at_ms"], held["by"]) == (6 * MINUTE, "mitigation")


def test_one_cure_for_two_faults_does_not_hold_the_worst_case() -> None:
    faults = (fault("burst_errors", BURSTS, on="vendor"), fault("latency", SLOW))
    bench = vendor_bench(*faults).perform(2 * MINUTE, "switch").run(10 * MINUTE)
    assert bench.times("worst_case_held") == []


# Actions.


def test_an_action_takes_effect_when_it_is_finished() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor")).perform(2 * MINUTE, "switch").run(20 * MINUTE)
    [effect] = bench.records("mitigation_took_effect")
    assert (effect["at_ms"], effect["service"], effect["harmful"]) == (6 * MINUTE, "shop", False)
    assert bench.finished == [(6 * MINUTE, "ann", "switch", effect["record"])]
    assert bench.times("objective_met") == [6 * MINUTE]


def test_the_scenario_may_say_how_long_an_action_takes() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor")).perform(2 * MINUTE, "retry").run(20 * MINUTE)
    assert bench.times("mitigation_took_effect") == [3 * MINUTE]


def test_an_action_without_an_effect_here_takes_its_time_and_changes_nothing() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor")).perform(2 * MINUTE, "look").run(20 * MINUTE)
    assert bench.finished == [(3 * MINUTE, "ann", "look", 0)]
    assert bench.times("mitigation_took_effect") == []
    assert bench.times("objective_met") == [660_000]


def test_more_retries_towards_a_saturated_dependency_slow_users_down_and_help_nobody() -> None:
    trouble = fault("burst_errors", STEADY, on="vendor")
    bench = vendor_bench(trouble, capacity_per_s=20).perform(2 * MINUTE, "retry").run(5 * MINUTE)
    [effect] = bench.records("mitigation_took_effect")
    assert effect["harmful"]
    before, after = bench.records("service_changed")[-2:]
    assert after["latency_p95_ms"] > before["latency_p95_ms"] + 300
    assert after["error_ratio"] == pytest.approx(before["error_ratio"], abs=1e-5)


def test_an_action_may_end_a_fault() -> None:
    bench = vendor_bench(fault("burst_errors", BURSTS, on="vendor")).perform(2 * MINUTE, "repair").run(20 * MINUTE)
    assert bench.times("fault_ended") == [5 * MINUTE]
    assert [record["by"] for record in bench.records("worst_case_held")] == ["mitigation"]
    assert max(bench.times("service_changed", "fault_changed")) <= 5 * MINUTE
    assert bench.world.causes() == []


@pytest.mark.parametrize("again_ms", [6 * MINUTE, 12 * MINUTE])
def test_a_fault_ends_once_however_often_it_is_ended(again_ms: int) -> None:
    bench = vendor_bench(fault("burst_errors", BURSTS, on="vendor")).perform(2 * MINUTE, "repair")
    bench.perform(again_ms, "repair").run(20 * MINUTE)
    assert bench.times("fault_ended") == [5 * MINUTE]


def test_a_fault_that_ended_by_itself_cannot_be_ended_again() -> None:
    bench = vendor_bench(fault("burst_errors", BURSTS, on="vendor")).perform(15 * MINUTE, "repair").run(20 * MINUTE)
    assert bench.times("fault_ended") == [11 * MINUTE]


def test_a_cause_is_a_service_under_a_fault_that_is_active_now() -> None:
    faults = (fault("burst_errors", BURSTS, on="vendor"), fault("latency", SLOW, at=5 * MINUTE))
    bench = vendor_bench(*faults)
    found = [bench.run(at_ms).world.causes() for at_ms in (0, MINUTE, 5 * MINUTE, 11 * MINUTE, 15 * MINUTE)]
    assert found == [[], ["vendor"], ["vendor", "shop"], ["shop"], []]


def test_the_world_tells_cures_from_what_makes_it_worse() -> None:
    world = vendor_bench().world
    assert (world.effective_actions(), world.harmful_actions()) == (["switch", "repair"], ["retry"])


def test_an_action_begun_between_two_events_takes_its_full_time() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor"))
    assert bench.world.peek() == 0
    bench.run(0)
    begun_ms = 17_123  # Nothing of the world happens then.
    assert bench.world.peek() > begun_ms
    bench.now_ms = begun_ms
    bench.world.advance(begun_ms)
    assert bench.world.now == begun_ms
    bench.perform(begun_ms, "switch").run(10 * MINUTE)
    assert bench.times("mitigation_took_effect") == [begun_ms + 4 * MINUTE]


def test_bringing_time_forward_skips_nothing_and_never_goes_back() -> None:
    bench = vendor_bench(fault("down", Down(), on="vendor")).run(30_000)
    bench.world.advance(60_000)
    assert bench.world.peek() == 60_000  # What is due then is still to happen.
    bench.world.advance(10)
    assert bench.world.now == 60_000


# The past.


@settings(max_examples=40)
@given(
    st.integers(0, 300),
    st.lists(st.tuples(st.integers(0, 15 * MINUTE), st.sampled_from(sorted(ACTIONS))), min_size=1, max_size=3),
)
def test_what_was_told_before_an_action_took_effect_is_as_without_it(seed: int, begun: list[tuple[int, str]]) -> None:
    trouble = fault("burst_errors", BURSTS, on="vendor")
    alone = vendor_bench(trouble, seed=seed, capacity_per_s=25).run(20 * MINUTE)
    bench = vendor_bench(trouble, seed=seed, capacity_per_s=25)
    for at_ms, action in sorted(begun):
        bench.perform(at_ms, action)
    bench.run(20 * MINUTE)
    first_ms = min([*bench.times("mitigation_took_effect"), 20 * MINUTE])
    past = [record for record in bench.journal.records if record["at_ms"] < first_ms]
    assert past == [record for record in alone.journal.records if record["at_ms"] < first_ms]
    assert bench.times("fault_started", "fault_took_effect")[:1] == alone.times("fault_started")[:1]


# What dashboards and checks show.


@settings(max_examples=40)
@given(st.integers(0, 300), st.integers(1, 30 * MINUTE), st.integers(1, 10 * MINUTE))
def test_the_seen_error_ratio_is_the_mean_over_the_window(seed: int, now_ms: int, window_ms: int) -> None:
    bench = Bench(fault("burst_errors", BURSTS), seed=seed).run(now_ms)
    changes = [(record["at_ms"], record["error_ratio"]) for record in bench.records("service_changed")]
    ends = [*(at_ms for at_ms, _ in changes[1:]), now_ms]
    since_ms = now_ms - window_ms
    total = math.fsum(
        ratio * max(0, end_ms - max(at_ms, since_ms)) for (at_ms, ratio), end_ms in zip(changes, ends, strict=True)
    )
    assert bench.world.seen_error_ratio(window_ms) == pytest.approx(total / window_ms, abs=1e-5)


def test_the_worst_service_is_seen() -> None:
    both = organization(
        services={
            **organization().services,
            "web": Service(title="Web", user_facing=True, objective=Objective(error_ratio=0.5, latency_p95=1000)),
        }
    )
    bench = Bench(fault("burst_errors", STEADY, on="web"), organization=both).run(2 * MINUTE)
    assert bench.world.seen_error_ratio(MINUTE) == 0.5
    assert bench.world.seen_error_ratio(2 * MINUTE) == 0.25


def test_objectives_held_for_a_window_counts_from_the_last_moment_outside_them() -> None:
    bench = Bench(fault("down", Down())).run(10 * MINUTE)
    assert not bench.world.objectives_held_for(1)
    bench.run(11 * MINUTE)  # The fault ends at this moment, and is over in it.
    assert not bench.world.objectives_held_for(1)
    bench.run(16 * MINUTE)
    assert bench.world.objectives_held_for(5 * MINUTE)
    assert not bench.world.objectives_held_for(5 * MINUTE + 1)


def test_objectives_do_not_hold_at_the_moment_they_are_left() -> None:
    bench = Bench(fault("down", Down()))
    assert bench.run(MINUTE - 1).world.objectives_held_for(30 * SECOND)
    assert not bench.run(MINUTE).world.objectives_held_for(30 * SECOND)


# Response tools.


def test_a_tool_answers_as_its_service_stands() -> None:
    bench = Bench(fault("down", Down(), on="pager"))
    assert [bench.run(at_ms).world.answer("pager") for at_ms in (0, MINUTE, 10 * MINUTE, 11 * MINUTE)] == [
        200,
        503,
        503,
        200,
    ]


def test_a_broken_tool_leaves_the_others_alone() -> None:
    bench = Bench(fault("down", Down(status=500), on="pager")).run(2 * MINUTE)
    assert [bench.world.answer(tool) for tool in ("pager", "chat", "tracker", "status_page")] == [500, 200, 200, 200]


def test_the_luck_of_a_request_depends_on_its_number_and_its_tool_alone() -> None:
    flaky = [fault("burst_errors", STEADY, on="pager", at=0), fault("chat_errors", STEADY, on="chat", at=0)]
    lone, shared = Bench(*flaky).run(MINUTE), Bench(*flaky).run(MINUTE)
    answers = [lone.world.answer("pager") for _ in range(200)]
    interleaved = [(shared.world.answer("pager"), shared.world.answer("chat")) for _ in range(200)]
    assert [pager for pager, _ in interleaved] == answers
    assert [chat for _, chat in interleaved] != answers
    assert 70 < answers.count(503) < 130


# Injects.


def test_an_inject_is_given_at_its_time() -> None:
    [given_] = (
        Bench(injects=(Inject(id="call", to="technical_lead", says="Hello", at=90_000),))
        .run(5 * MINUTE)
        .records("inject_given")
    )
    assert given_ == {
        "record": given_["record"],
        "at_ms": 90_000,
        "type": "inject_given",
        "because": 0,
        "inject": "call",
        "to": "technical_lead",
        "says": "Hello",
    }


def test_an_inject_that_waits_for_a_milestone_is_given_so_long_after_it_and_only_then() -> None:
    inject = Inject(id="call", to="technical_lead", says="Hello", when=When(milestone="declared", after=2 * MINUTE))
    bench = Bench(injects=(inject,)).run(10_500)
    bench.world.reached("detected", 1)
    bench.world.reached("declared", 1)
    bench.run(30 * MINUTE)
    [given_] = bench.records("inject_given")
    assert (given_["at_ms"], given_["because"]) == (10_500 + 2 * MINUTE, 1)


def test_an_inject_whose_milestone_is_not_reached_is_never_given() -> None:
    inject = Inject(id="call", to="technical_lead", says="Hello", when=When(milestone="declared"))
    assert Bench(injects=(inject,)).run(60 * MINUTE).times("inject_given") == []
