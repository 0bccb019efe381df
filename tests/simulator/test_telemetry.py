"""Telemetry by stretches: the counts that the world's rates ask for, however the history is cut."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.fault import Fault
from scenarios.monitoring import Metric, Monitoring, ScrapeJob
from simulator.counting import exp_minus, poisson_count, poisson_shares
from simulator.course import Course
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.flow import Flow, Modifications
from simulator.promql.series import Labels, Selector
from simulator.randomness import Draws
from simulator.telemetry import Telemetry
from tests.builders import fault, organization

BURSTS = fault(
    "burst_errors", BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.0, bad=0.5))
)
FROM_MS, END_MS = -300_000, 1_800_000


def everything(labels: Labels) -> bool:
    return bool(labels)


def telemetry(*faults: Fault, wanted: Callable[[Labels], bool] = everything) -> tuple[Telemetry, Course]:
    course = Course(Flow(organization()), faults, Draws(1))
    return Telemetry(organization(), course, Draws(1), wanted=wanted, from_ms=FROM_MS), course


def snapshot(made: Telemetry) -> dict[Labels, tuple[list[int], list[float], list[int]]]:
    return {
        one.labels: (list(one.times), list(one.values), list(one.stale_ms)) for one in made.store.select(Selector(()))
    }


@settings(max_examples=30)
@given(st.lists(st.integers(FROM_MS, END_MS), max_size=12), st.integers(0, END_MS))
def test_stretches_and_rewinding_leave_no_trace(cuts: list[int], back_to: int) -> None:
    whole, _ = telemetry(BURSTS)
    whole.extend(END_MS)
    pieces, _ = telemetry(BURSTS)
    for cut in sorted(cuts):
        pieces.extend(cut)
    pieces.extend(END_MS)
    pieces.rewind(back_to)
    pieces.extend(END_MS)
    assert snapshot(pieces) == snapshot(whole)


def test_only_series_that_something_reads_are_made() -> None:
    made, _ = telemetry(wanted=lambda labels: ("__name__", "up") in labels)
    made.extend(END_MS)
    assert [dict(labels)["__name__"] for labels in snapshot(made)] == ["up"]


def test_a_counter_does_not_exist_before_its_first_event_unless_it_stands_at_zero_from_the_start() -> None:
    made, _ = telemetry(BURSTS)
    made.extend(END_MS)
    [errors] = [columns for labels, columns in snapshot(made).items() if ("status", "502") in labels]
    assert errors[0] == []  # The shop's own errors never happen: the fault's are 503.
    [bursts] = [columns for labels, columns in snapshot(made).items() if ("status", "503") in labels]
    assert bursts[0][0] > BURSTS.at
    assert bursts[1][0] > 0


def test_the_buckets_of_a_histogram_begin_to_exist_together() -> None:
    made, _ = telemetry()
    made.extend(END_MS)
    buckets = [columns for labels, columns in snapshot(made).items() if "le" in dict(labels)]
    assert len({tuple(times) for times, _, _ in buckets}) == 1


def test_counts_follow_the_rates_of_each_piece() -> None:
    made, course = telemetry(BURSTS)
    made.extend(END_MS)
    [errors] = [columns for labels, columns in snapshot(made).items() if ("status", "503") in labels]
    expected = math.fsum(
        course.at(at_ms)["shop"].error_ratio * course.at(at_ms)["shop"].requests_per_s
        for at_ms in range(0, END_MS, 1000)
    )
    assert errors[1][-1] == pytest.approx(expected, abs=5 * math.sqrt(expected))


def test_buckets_are_cumulative_and_end_with_every_request() -> None:
    made, _ = telemetry()
    made.extend(END_MS)
    by_bound = {
        dict(labels)["le"]: columns[1][-1] for labels, columns in snapshot(made).items() if "le" in dict(labels)
    }
    assert list(by_bound) == ["0.05", "0.1", "0.5", "+Inf"]
    assert sorted(by_bound.values()) == list(by_bound.values())
    assert by_bound["0.05"] / by_bound["+Inf"] == pytest.approx(0.5, abs=0.02)
    assert by_bound["0.1"] / by_bound["+Inf"] == pytest.approx(0.95, abs=0.01)


def test_a_service_that_is_down_leaves_up_at_zero_and_stale_markers() -> None:
    made, _ = telemetry(fault("down", Down()))
    made.extend(END_MS)
    columns = snapshot(made)
    [up] = [columns for labels, columns in columns.items() if ("__name__", "up") in labels]
    assert {value for at_ms, value in zip(up[0], up[1], strict=True) if 60_000 < at_ms < 660_000} == {0.0}
    assert {value for at_ms, value in zip(up[0], up[1], strict=True) if not 60_000 < at_ms < 661_000} == {1.0}
    [good] = [columns for labels, columns in columns.items() if ("status", "200") in labels]
    assert len(good[2]) == 40


def test_an_intervention_changes_what_is_scraped_after_it_only() -> None:
    made, course = telemetry(BURSTS)
    made.extend(END_MS)
    before = snapshot(made)
    course.modify(400_000, Modifications(), frozenset({"burst_errors"}))
    made.rewind(400_000)
    made.extend(END_MS)
    for labels, (times, values, _) in snapshot(made).items():
        kept = sum(at_ms <= 400_000 for at_ms in before[labels][0])
        assert (times[:kept], values[:kept]) == (before[labels][0][:kept], before[labels][1][:kept])
        if ("status", "503") in labels:
            assert values[-1] == values[kept + 1]


@pytest.mark.parametrize("per_tick", [0.05, 0.7, 3.0, 7.9, 8.1, 40.0])
def test_counts_have_the_mean_and_variance_of_a_poisson_number(per_tick: float) -> None:
    small = organization()
    shop = replace(small.services["shop"], requests_per_s=per_tick / 15)
    small = replace(small, services={**small.services, "shop": shop})
    made = Telemetry(small, Course(Flow(small), (), Draws(1)), Draws(1), wanted=everything, from_ms=0)
    made.extend(6000 * 15_000)
    [(_, totals, _)] = [columns for labels, columns in snapshot(made).items() if ("status", "200") in labels]
    counts = [later - sooner for sooner, later in pairwise(totals)]
    assert statistics.mean(counts) == pytest.approx(per_tick, rel=0.1, abs=0.01)
    assert statistics.variance(counts) == pytest.approx(per_tick, rel=0.12, abs=0.02)


@given(st.floats(0, 8))
def test_the_exponential_by_series_is_the_exponential(x: float) -> None:
    assert exp_minus(x) == pytest.approx(math.exp(-x), rel=1e-10)


@given(st.floats(0.001, 7.999), st.floats(0, 1, exclude_max=True))
def test_one_count_is_the_one_that_the_table_of_shares_gives(mean: float, u: float) -> None:
    assert poisson_count(mean, u) == bisect_left(poisson_shares(mean), u)


def test_targets_of_a_job_share_its_traffic() -> None:
    job = ScrapeJob(
        job="shop",
        service="shop",
        instances=("a", "b", "c", "d"),
        metrics=(Metric(name="http_requests_total", kind="requests"),),
    )
    four = organization(
        monitoring=Monitoring(scrape_interval=15_000, evaluation_interval=15_000, rule_files=(), jobs=(job,))
    )
    made = Telemetry(four, Course(Flow(four), (), Draws(1)), Draws(1), wanted=everything, from_ms=FROM_MS)
    made.extend(END_MS)
    totals = [columns[1][-1] for labels, columns in snapshot(made).items() if ("status", "200") in labels]
    assert len(totals) == 4
    assert sum(totals) == pytest.approx(20 * (END_MS - FROM_MS) / 1000, rel=0.02)


# Metrics under the organisation's own names.


def exposed(*metrics: Metric, faults: tuple[Fault, ...] = (), **job: object) -> dict[Labels, list[float]]:
    """The values of every series of a job with these metrics."""
    stated = {"job": "shop", "service": "shop", "instances": ("shop-1",), "metrics": metrics, **job}
    jobs = (ScrapeJob(**stated),)  # type: ignore[arg-type]
    own = organization(
        monitoring=Monitoring(scrape_interval=15_000, evaluation_interval=15_000, rule_files=(), jobs=jobs)
    )
    made = Telemetry(own, Course(Flow(own), faults, Draws(1)), Draws(1), wanted=everything, from_ms=FROM_MS)
    made.extend(END_MS)
    return {labels: values for labels, (_, values, _) in snapshot(made).items()}


def named(name: str, series: dict[Labels, list[float]]) -> dict[Labels, list[float]]:
    return {labels: values for labels, values in series.items() if ("__name__", name) in labels}


def test_statuses_of_one_name_are_counted_together() -> None:
    plain = exposed(Metric(name="requests", kind="requests"), faults=(BURSTS,))
    classes = {"200": "ok", "502": "failed", "503": "failed"}
    metric = Metric(name="requests", kind="requests", status_label="outcome", status_names=classes)
    grouped = exposed(metric, faults=(BURSTS,))
    assert {dict(labels)["outcome"] for labels in named("requests", grouped)} == {"ok", "failed"}
    [failed] = [values for labels, values in grouped.items() if ("outcome", "failed") in labels]
    [alone] = [values for labels, values in plain.items() if ("status", "503") in labels]
    assert failed[-1] == pytest.approx(alone[-1], rel=0.05)


def test_a_counter_of_failures_counts_what_fails() -> None:
    series = exposed(Metric(name="errors", kind="failures"), faults=(BURSTS,))
    [(labels, values)] = named("errors", series).items()
    assert set(dict(labels)) == {"__name__", "job", "instance"}
    assert 0 < values[-1] < 20 * (END_MS - FROM_MS) / 1000


def test_a_histogram_tells_the_number_and_the_sum_of_its_observations() -> None:
    series = exposed(Metric(name="seconds", kind="latency", buckets=(0.05, 0.1, 0.5)))
    [count], [total] = named("seconds_count", series).values(), named("seconds_sum", series).values()
    [everything] = [values for labels, values in series.items() if ("le", "+Inf") in labels]
    assert count == everything
    assert 0.02 < total[-1] / count[-1] < 0.2  # Half of the shop's requests take less than 50 ms, all less than 400.


DOWN = fault("down", Down(), at=600_000, lasts=300_000)


def test_an_exporter_answers_for_a_service_that_is_down() -> None:
    metrics = (Metric(name="probe_success", kind="available"), Metric(name="size", kind="constant", value=3.0))
    beside = exposed(*metrics, faults=(DOWN,), exporter=True)
    [up], [works], [size] = (named(name, beside).values() for name in ("up", "probe_success", "size"))
    assert set(up) == {1.0} and works.count(0.0) == 20 and set(size) == {3.0}
    inside = exposed(*metrics, faults=(DOWN,))
    [up], [works] = (named(name, inside).values() for name in ("up", "probe_success"))
    assert up.count(0.0) == 20 and len(works) == len(up) - 20 and set(works) == {1.0}


def test_labels_of_a_job_are_on_everything_that_is_scraped() -> None:
    series = exposed(Metric(name="requests", kind="requests"), labels={"namespace": "web"}, instance_labels=("pod",))
    assert len(series) > 1
    for labels in series:
        assert {("namespace", "web"), ("pod", "shop-1"), ("instance", "shop-1")} <= set(labels)


def test_two_metrics_that_claim_a_series_do_not_count_it_twice() -> None:
    metric = Metric(name="seconds_count", kind="failures")
    series = exposed(Metric(name="seconds", kind="latency", buckets=(1.0,)), metric)
    assert len(named("seconds_count", series)) == 1
