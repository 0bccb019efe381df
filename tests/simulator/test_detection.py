"""Probes, customers and colleagues: what they notice is what going through every check and every moment would find."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.fault import Fault
from scenarios.organization import (
    Action,
    CustomerReports,
    Detection,
    Organization,
    Probe,
    TeamDiscovery,
)
from scenarios.people import Person
from scenarios.scenario import Effect, Mitigation
from simulator.detection import is_day, seen_by
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.journal import Record
from simulator.randomness import Draws
from tests.builders import fault, organization
from tests.simulator.bench import HOUR, MINUTE, SECOND, Bench, with_vendor

DOWN = fault("down", Down())
ACTIONS = ("bypass", "retry", "stop_retrying", "repair")
MITIGATIONS = (
    Mitigation(action="bypass", effect=Effect(service="shop", bypasses="vendor")),
    Mitigation(action="retry", effect=Effect(service="shop", retries=4)),
    Mitigation(action="stop_retrying", effect=Effect(service="shop", retries=0), harmful=True),
    Mitigation(action="repair", effect=Effect(service="vendor", ends_fault="errors")),
)


def errors(good: float, bad: float, **where: Any) -> Fault:
    parameters = BurstErrors(mean_good=40_000, mean_bad=40_000, error_ratio=ErrorRatios(good=good, bad=bad))
    return fault("errors", parameters, **where)


def noticing(retries: int = 0, **ways: Any) -> Organization:
    """The small organisation, its shop depending on a vendor, with these ways to notice."""
    actions = {name: Action(title=name, takes=10 * SECOND, kind="change") for name in ACTIONS}
    return with_vendor(retries, detection=Detection(**ways), actions=actions)


def probe(failures: int, *, interval: int = MINUTE, service: str = "shop", follows: bool = True) -> Probe:
    return Probe(service=service, interval=interval, failures=failures, follows_dependencies=follows)


def bench(*faults: Fault, retries: int = 0, seed: int = 1, detection: dict[str, Any], **scenario: Any) -> Bench:
    made = noticing(retries, **detection)
    return Bench(*faults, seed=seed, organization=made, mitigations=MITIGATIONS, **scenario)


# Probes.


def check_by_check(made: Bench, name: str, watched: Probe, seed: int) -> list[tuple[int, str]]:
    """What a probe tells if every check is gone through, on the course as it went."""
    luck = Draws(seed).stream("probe", name)
    at_ms = int(luck.random() * watched.interval)
    told, failures, failing = [], 0, False
    while at_ms <= made.world.scenario.duration:
        failed = luck.random() < seen_by(watched, made.world.course.at(at_ms)[watched.service])
        failures = failures + 1 if failed else 0
        if failing and not failed:
            told.append((at_ms, "probe_recovered"))
            failing = False
        elif not failing and failures == watched.failures:
            told.append((at_ms, "probe_failed"))
            failing = True
        at_ms += watched.interval
    return told


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 1000),
    failures=st.integers(1, 4),
    follows=st.booleans(),
    begun=st.lists(st.tuples(st.integers(1, HOUR), st.sampled_from(ACTIONS)), max_size=5),
)
def test_looking_ahead_finds_what_check_by_check_finds_whoever_intervenes(
    seed: int, failures: int, follows: bool, begun: list[tuple[int, str]]
) -> None:
    watched = probe(failures, interval=20_000, follows=follows)
    faults = (
        errors(0.2, 0.7, on="vendor", lasts=50 * MINUTE),
        Fault(id="own", on="shop", kind="down", at=20 * MINUTE, for_=3 * MINUTE, parameters=Down()),
    )
    made = bench(*faults, retries=1, seed=seed, detection={"probes": {"shop": watched}})
    for at_ms, action in sorted(begun):
        made.perform(at_ms, action)
    made.run(HOUR)
    told = [(record["at_ms"], record["type"]) for record in made.records("probe_failed", "probe_recovered")]
    assert told == check_by_check(made, "shop", watched, seed)


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_a_probe_tells_after_so_many_failures_in_a_row_and_when_a_check_succeeds_again(failures: int) -> None:
    made = bench(DOWN, detection={"probes": {"shop": probe(failures)}}).run(HOUR)
    [failed], [recovered] = made.records("probe_failed"), made.records("probe_recovered")
    phase_ms = failed["at_ms"] % MINUTE
    first_ms = DOWN.at + (phase_ms - DOWN.at) % MINUTE
    assert failed["at_ms"] == first_ms + (failures - 1) * MINUTE
    assert recovered["at_ms"] == first_ms + 10 * MINUTE
    assert recovered["because"] == failed["record"]


def test_a_cure_is_seen_at_the_next_check() -> None:
    made = bench(errors(1, 1, on="vendor"), detection={"probes": {"shop": probe(2)}})
    made.perform(5 * MINUTE, "bypass").run(HOUR)
    [failed], [recovered] = made.times("probe_failed"), made.times("probe_recovered")
    assert 5 * MINUTE + 10_000 <= recovered < 6 * MINUTE + 10_000
    assert recovered % MINUTE == failed % MINUTE


def test_a_check_due_at_the_very_moment_of_an_intervention_is_not_left_out() -> None:
    alone = bench(errors(1, 1, on="vendor"), detection={"probes": {"shop": probe(1)}}).run(HOUR)
    [failed_ms] = alone.times("probe_failed")
    made = bench(errors(1, 1, on="vendor"), detection={"probes": {"shop": probe(1)}})
    # Each takes ten seconds and changes nothing for the probe. The first has it wait anew, behind the second.
    made.perform(failed_ms - 15 * SECOND, "stop_retrying").perform(failed_ms - 10 * SECOND, "retry")
    assert made.run(HOUR).times("probe_failed") == [failed_ms]


def test_a_health_page_does_not_see_what_its_dependencies_do() -> None:
    made = bench(errors(1, 1, on="vendor"), detection={"probes": {"health": probe(1, follows=False)}}).run(HOUR)
    assert made.times("probe_failed", "probe_recovered") == []


def test_a_check_at_the_very_end_of_the_drill_is_made() -> None:
    watched = probe(1, interval=2, service="shop")
    down = Fault(id="down", on="shop", kind="down", at=10, for_=1, parameters=Down())
    made = bench(down, detection={"probes": {"shop": watched}}, duration=10).run(10)
    assert made.times("probe_failed") in ([10], [])
    assert made.times("probe_failed") == [at_ms for at_ms, _ in check_by_check(made, "shop", watched, 1)]


# Customers.

SEEDS = range(300)


def customers(median_ms: int = 0, sigma: float = 0.5) -> dict[str, Any]:
    return {"customers": CustomerReports(per_failed_request=0.002, support_takes=(median_ms, sigma))}


def reports(made: Bench) -> list[int]:
    return made.run(HOUR).times("customer_reported")


def test_customers_write_as_often_as_requests_fail() -> None:
    """20 requests a second of which half fail, for ten minutes, and 2 of 1,000 customers write: 12 are expected."""
    trouble = errors(0.5, 0.5, on="vendor", lasts=10 * MINUTE)
    counts = [len(reports(bench(trouble, seed=seed, detection=customers()))) for seed in SEEDS]
    assert statistics.mean(counts) == pytest.approx(12, abs=4 * math.sqrt(12 / len(SEEDS)))
    assert statistics.variance(counts) == pytest.approx(12, rel=0.4)  # As a Poisson number has; 4.9 standard errors.


def test_customers_write_while_requests_fail_and_not_before_or_after() -> None:
    trouble = errors(0.5, 0.5, on="vendor", lasts=10 * MINUTE)
    found = [at_ms for seed in range(60) for at_ms in reports(bench(trouble, seed=seed, detection=customers()))]
    assert MINUTE < min(found) < 1.5 * MINUTE
    assert 10.5 * MINUTE < max(found) <= 11 * MINUTE
    assert statistics.mean(found) == pytest.approx(6 * MINUTE, abs=4 * 10 * MINUTE / math.sqrt(12 * len(found)))


def test_an_intervention_changes_how_often_customers_write_from_then_on() -> None:
    """With three retries a sixteenth of the requests fails, without half: 0.0025 and 0.02 reports a second."""
    trouble = errors(0.5, 0.5, on="vendor", lasts=20 * MINUTE)
    before, after = [], []
    for seed in SEEDS:
        made = bench(trouble, retries=3, seed=seed, detection=customers())
        made.perform(11 * MINUTE - 10 * SECOND, "stop_retrying")
        found = reports(made)
        before.append(sum(at_ms <= 11 * MINUTE for at_ms in found))
        after.append(sum(at_ms > 11 * MINUTE for at_ms in found))
    assert statistics.mean(before) == pytest.approx(1.5, abs=4 * math.sqrt(1.5 / len(SEEDS)))
    assert statistics.mean(after) == pytest.approx(12, abs=4 * math.sqrt(12 / len(SEEDS)))


def written(made: Bench, seed: int) -> list[float]:
    """When customers write, on the course as it went: each time that its hazard has used up another draw."""
    luck, found = Draws(seed), list[float]()
    left = -math.log(luck.uniform("customer", 0))
    for since_ms, until_ms, solution in made.world.course.between(0, HOUR):
        at_ms = float(since_ms)
        failing = sum(solution[name].error_ratio * solution[name].requests_per_s for name in solution.broken)
        per_ms = failing * 0.002 / 1000
        while per_ms * (until_ms - at_ms) >= left:
            at_ms += left / per_ms
            found.append(at_ms)
            left = -math.log(luck.uniform("customer", len(found)))
        left -= per_ms * (until_ms - at_ms)
    return found


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    begun=st.lists(st.tuples(st.integers(1, HOUR), st.sampled_from(("bypass", "stop_retrying", "repair"))), max_size=5),
)
def test_customers_write_when_the_hazard_of_the_course_says_so_whoever_intervenes(
    seed: int, begun: list[tuple[int, str]]
) -> None:
    """To whole milliseconds, which at most a hundred messages may add up to a second."""
    made = bench(errors(0.3, 0.6, on="vendor", lasts=50 * MINUTE), retries=1, seed=seed, detection=customers())
    for at_ms, action in sorted(begun):
        made.perform(at_ms, action)
    found, expected = reports(made), written(made, seed)
    assert abs(len(found) - len(expected)) <= 1  # The last one may fall on the end of the trouble.
    assert all(abs(a - b) <= 1_000 for a, b in zip(found, expected, strict=False))


def test_customers_who_are_cured_write_no_more() -> None:
    trouble = errors(0.5, 0.5, on="vendor", lasts=50 * MINUTE)
    for seed in range(30):
        made = bench(trouble, seed=seed, detection=customers()).perform(5 * MINUTE, "bypass")
        assert all(at_ms <= 5 * MINUTE + 10 * SECOND for at_ms in reports(made))


def test_a_cure_at_the_very_moment_at_which_somebody_writes_breaks_nothing() -> None:
    trouble = errors(0.5, 0.5, on="vendor", lasts=50 * MINUTE)
    first_ms = next(at_ms for at_ms in reports(bench(trouble, detection=customers())) if at_ms > 2 * MINUTE)
    made = bench(trouble, detection=customers())
    made.perform(first_ms - 15 * SECOND, "stop_retrying").perform(first_ms - 10 * SECOND, "bypass")
    assert all(at_ms <= first_ms for at_ms in reports(made))


def test_nobody_writes_about_failures_within_the_objective() -> None:
    trouble = errors(0.04, 0.04, on="vendor", lasts=50 * MINUTE)
    assert [reports(bench(trouble, seed=seed, detection=customers())) for seed in range(20)] == [[]] * 20


def test_support_passes_a_message_on_after_its_time_and_names_the_service() -> None:
    trouble = errors(0.5, 0.5, on="vendor", lasts=10 * MINUTE)
    at_once = bench(trouble, detection=customers()).run(HOUR)
    later = bench(trouble, detection=customers(6 * MINUTE, 0.0001)).run(HOUR)
    assert {record["service"] for record in later.records("customer_reported")} == {"shop"}
    delays = [b - a for a, b in zip(reports(at_once), reports(later), strict=True)]
    assert delays
    assert all(delay == pytest.approx(6 * MINUTE, rel=0.001) for delay in delays)


# Colleagues.


def team(notices_above: float = 0.05) -> dict[str, Any]:
    return {"team": TeamDiscovery(looks_every=30 * MINUTE, notices_above=notices_above)}


def noticed(made: Bench, until_ms: int = HOUR) -> list[Record]:
    return made.run(until_ms).records("team_noticed")


def test_a_colleague_who_looks_notices_once() -> None:
    trouble = errors(0.5, 0.5, on="vendor", at=0, lasts=20 * HOUR)
    for seed in range(30):
        found = noticed(bench(trouble, seed=seed, detection=team(), duration=20 * HOUR), 8 * HOUR)
        assert [record["service"] for record in found] == ["shop"]


def test_looks_come_by_chance_with_the_mean_that_is_stated() -> None:
    """Within half an hour somebody has looked with probability 1 - 1/e."""
    trouble = errors(0.5, 0.5, on="vendor", at=0, lasts=HOUR)
    share = sum(bool(noticed(bench(trouble, seed=seed, detection=team()), 30 * MINUTE)) for seed in SEEDS) / len(SEEDS)
    assert share == pytest.approx(1 - 1 / math.e, abs=4 * math.sqrt(0.23 / len(SEEDS)))


def test_nobody_looks_by_night() -> None:
    trouble = errors(0.5, 0.5, on="vendor", at=0, lasts=20 * HOUR)
    night = datetime(2025, 8, 6, 22, tzinfo=UTC)
    for seed in range(30):
        made = bench(trouble, seed=seed, detection=team(), duration=20 * HOUR, starts_at=night)
        [found] = noticed(made, 20 * HOUR)
        assert found["at_ms"] >= 10 * HOUR


def test_a_colleague_overlooks_what_is_below_the_threshold() -> None:
    trouble = errors(0.2, 0.2, on="vendor", at=0, lasts=HOUR)
    assert not any(noticed(bench(trouble, seed=seed, detection=team(0.21))) for seed in range(20))
    assert any(noticed(bench(trouble, seed=seed, detection=team(0.2))) for seed in range(20))


@pytest.mark.parametrize(
    ("profiles", "expected"), [(("executive", "primary"), {"p1"}), (("executive",) * 2, {"p0", "p1"})]
)
def test_executives_look_only_where_there_is_nobody_else(profiles: tuple[Any, ...], expected: set[str]) -> None:
    trouble = errors(0.5, 0.5, on="vendor", at=0, lasts=20 * HOUR)
    people = {f"p{n}": Person(title="", email="", profile=profile) for n, profile in enumerate(profiles)}
    found = set()
    for seed in range(20):
        made = Bench(trouble, seed=seed, organization=replace(noticing(**team()), people=people), duration=20 * HOUR)
        found |= {record["person"] for record in noticed(made, 7 * HOUR)}
    assert found == expected


# Day and night.


@pytest.mark.parametrize(
    ("date", "first_utc", "last_utc"),
    [
        ((2025, 3, 29), 7, 20),  # Winter; the next day begins an hour earlier.
        ((2025, 3, 30), 6, 19),
        ((2025, 10, 25), 6, 19),  # Summer; the next day begins an hour later.
        ((2025, 10, 26), 7, 20),
    ],
)
def test_day_follows_the_clock_of_the_organisation_across_daylight_saving(
    date: tuple[int, int, int], first_utc: int, last_utc: int
) -> None:
    berlin = organization(timezone="Europe/Berlin", day=(8, 22))
    starts_at = datetime(2025, 3, 28, 12, tzinfo=UTC)
    midnight_ms = (datetime(*date, tzinfo=UTC) - starts_at) // timedelta(milliseconds=1)
    day = [hour for hour in range(24) if is_day(berlin, starts_at, midnight_ms + hour * HOUR)]
    assert day == [*range(first_utc, last_utc + 1)]
    assert not is_day(berlin, starts_at, midnight_ms + first_utc * HOUR - 1)
    assert is_day(berlin, starts_at, midnight_ms + (last_utc + 1) * HOUR - 1)
