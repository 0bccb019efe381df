"""What responders find in the world and what they do to it: findings, harm, harm that wears off."""

from __future__ import annotations

from scenarios.organization import Action
from scenarios.procedure import Method
from scenarios.scenario import Effect, Finding, Mitigation
from simulator.faults.down import Down
from tests import builders
from tests.simulator.bench import MINUTE, Bench

ORGANIZATION = builders.organization(
    investigation={"logs": Method(title="Logs", takes=4 * MINUTE), "metrics": Method(title="Metrics", takes=MINUTE)},
    actions={"restart": Action(title="Restart", takes=2 * MINUTE, kind="change")},
)
FINDINGS = (
    Finding(id="time-outs", method="logs", says="Every call times out.", decisive=True, points_to="shop"),
    Finding(id="a-warning", method="logs", says="A disk is half full."),
    Finding(id="flat", method="metrics", says="Traffic is as always."),
)


def bench(**scenario) -> Bench:
    # A fault long after everything else, because a scenario needs one.
    late = builders.fault("down", Down(), at=55 * MINUTE, lasts=MINUTE)
    return Bench(late, organization=ORGANIZATION, **scenario)


def test_a_method_takes_its_time_and_then_reveals_what_the_scenario_holds_for_it() -> None:
    played = bench(findings=FINDINGS)
    played.run(10 * MINUTE).world.examine("ann", "logs", 0)
    played.run(20 * MINUTE)
    assert played.times("finding_revealed") == [14 * MINUTE, 14 * MINUTE]
    assert [record["finding"] for record in played.records("finding_revealed")] == ["time-outs", "a-warning"]
    assert played.finished == [(14 * MINUTE, "finish_examination", "ann", {"method": "logs"}, 0)]


def test_what_was_revealed_is_not_revealed_again() -> None:
    played = bench(findings=FINDINGS)
    for minute in (10, 20):
        played.run(minute * MINUTE).world.examine("ann", "metrics", 0)
    played.run(30 * MINUTE)
    assert len(played.records("finding_revealed")) == 1
    assert len(played.finished) == 2


def test_a_useless_action_takes_its_time_and_changes_nothing() -> None:
    played = bench().perform(10 * MINUTE, "restart").run(20 * MINUTE)
    assert played.finished[0][0] == 12 * MINUTE
    assert played.records("mitigation_took_effect", "objective_left") == []


def test_a_harmful_action_hurts_users_for_as_long_as_it_lasts() -> None:
    effect = Effect(service="shop", error_ratio=0.4, added_latency=300, lasts=5 * MINUTE)
    harm = Mitigation(action="restart", effect=effect, harmful=True)
    played = bench(mitigations=(harm,)).perform(10 * MINUTE, "restart").run(30 * MINUTE)
    left = played.records("objective_left")[0]
    assert (left["at_ms"], left["error_ratio"], left["latency_p95_ms"]) == (12 * MINUTE, 0.4, 400)
    assert played.times("mitigation_wore_off") == [17 * MINUTE]
    assert played.times("objective_met") == [17 * MINUTE]
    assert played.times("worst_case_failed", "worst_case_held") == [12 * MINUTE, 17 * MINUTE]
