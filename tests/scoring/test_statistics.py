"""Statistics over many drills: intervals that contain what they should, and sums that do not depend on order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.statistics import RunSummary, quantile, wilson


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_wilson_interval_contains_the_point_estimate_and_stays_within_0_and_1(a: int, b: int) -> None:
    low, high = wilson(min(a, b), max(a, b))
    assert 0 <= low <= high <= 1
    if max(a, b):
        assert low <= min(a, b) / max(a, b) <= high


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_published_values(successes: int, n: int, low: float, high: float) -> None:
    """The worked examples of R. G. Newcombe, Statistics in Medicine 17, 1998, method 3."""
    assert wilson(successes, n) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


@given(st.lists(st.integers(0, 50)), st.integers(0, 20), st.floats(0.01, 1))
def test_at_least_a_share_q_did_not_exceed_the_quantile_and_fewer_were_below_it(
    values: list[int], never: int, q: float
) -> None:
    found = quantile({value: values.count(value) for value in values}, never, q)
    whole = len(values) + never
    if found is None:
        assert len(values) < q * whole or whole == 0
    else:
        assert sum(value <= found for value in values) >= q * whole - 1e-9
        assert sum(value < found for value in values) < q * whole


MEASURE = st.one_of(st.floats(-100, 6000), st.sampled_from(["never", "not_applicable", "unknown"]))
CRITERIA = ["detected", "mitigated"]
MEASURES = ["time_to_detect", "time_to_mitigate"]
OUTCOME = st.fixed_dictionaries(
    {
        "invalid": st.booleans(),
        "criteria": st.dictionaries(st.sampled_from(CRITERIA), st.sampled_from([True, False, None])),
        "measures": st.dictionaries(st.sampled_from(MEASURES), MEASURE),
    }
)


def summary(outcomes: list[dict[str, Any]]) -> RunSummary:
    made = RunSummary()
    for outcome in outcomes:
        made.add(outcome)
    return made


def told(made: RunSummary) -> tuple[object, ...]:
    """Everything that a summary says."""
    rates = [made.rate(), *map(made.rate, CRITERIA)]
    return made.runs, made.invalid, rates, [made.spread(name) for name in MEASURES]


@given(st.lists(OUTCOME), st.integers(0, 30), st.randoms(use_true_random=False))
def test_merging_batches_in_any_order_equals_summarising_at_once(
    outcomes: list[dict[str, Any]], cut: int, luck: random.Random
) -> None:
    whole = told(summary(outcomes))
    luck.shuffle(outcomes)
    merged = summary(outcomes[:cut])
    merged.merge(summary(outcomes[cut:]))
    assert told(merged) == whole


def test_never_counts_as_later_than_every_value() -> None:
    times = [60.0, 120.0, 180.0, "never", "never", "not_applicable"]
    runs = [{"invalid": False, "criteria": {}, "measures": {"time_to_mitigate": time}} for time in times]
    assert summary(runs).spread("time_to_mitigate") == {
        "p50_s": 180,
        "p90_s": None,
        "never": 2,
        "measured": 5,
    }


def test_invalid_drills_are_counted_and_nothing_else() -> None:
    good = {"invalid": False, "criteria": {"detected": True}, "measures": {}}
    made = summary([good, {**good, "invalid": True, "criteria": {"detected": False}}])
    assert (made.runs, made.invalid, made.rate()["pass_rate"]) == (1, 1, 1.0)


def test_a_rate_that_nothing_could_be_judged_for_is_null() -> None:
    made = summary([{"invalid": False, "criteria": {"detected": None}, "measures": {}}])
    assert made.rate("detected") == {"pass_rate": None, "interval_95": [0.0, 1.0], "judged": 0}
    assert made.rate()["pass_rate"] == 0.0


def test_a_summary_does_not_grow_with_the_number_of_drills() -> None:
    runs = [
        {"invalid": False, "criteria": {"detected": True}, "measures": {"time_to_detect": 300 + number % 7 / 10}}
        for number in range(5000)
    ]
    assert len(summary(runs).tallies["time_to_detect"].seconds) <= 2
