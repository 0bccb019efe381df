"""Comparing two versions: the tests, what is minded, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.comparison import Least, holm, judge, pages_question, sign_test, surely_same
from scoring.comparison_text import comparison_markdown, comparison_text


def outcome(met: bool | None = True, took: float | str = 100.0, invalid: bool = False) -> dict[str, Any]:
    return {"invalid": invalid, "criteria": {"detected": met}, "measures": {"time_to_detect": took}}


def flagged(pairs: list[tuple[Any, Any]], **changes: Any) -> list[str]:
    return [one["name"] for one in judge({"s": pairs}, {}, Least(**changes))["worse"]]


@pytest.mark.parametrize(("worse", "better", "p"), [(0, 0, 1), (1, 0, 0.5), (5, 0, 1 / 32), (3, 1, 5 / 16), (0, 4, 1)])
def test_the_sign_test_is_the_exact_binomial_tail(worse: int, better: int, p: float) -> None:
    assert sign_test(worse, better) == pytest.approx(p)


def test_holm_is_as_its_author_wrote_it() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_value_nor_changes_an_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(before <= after <= 1 for before, after in zip(values, adjusted, strict=True))
    order = sorted(range(len(values)), key=lambda index: values[index])
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_equal_versions_are_never_worse() -> None:
    pairs = [(outcome(n % 3 == 0, n), outcome(n % 3 == 0, n)) for n in range(75)]
    assert flagged(pairs) == []
    assert surely_same(pairs, Least())


def test_worse_has_to_be_significant_and_large() -> None:
    later = [(outcome(took=100.0), outcome(took=170.0)) for _ in range(75)]
    slightly = [(outcome(took=100.0), outcome(took=101.0)) for _ in range(75)]
    few = [(outcome(took=100.0), outcome(took=900.0)) for _ in range(4)]
    assert flagged(later) == ["time_to_detect"]
    assert flagged(slightly) == flagged(few) == []
    assert flagged(slightly, time_s=1.0) == ["time_to_detect"]


def test_a_fall_of_a_pass_rate_is_worse_and_a_rise_is_not() -> None:
    fallen = [(outcome(True), outcome(n > 20)) for n in range(75)]
    assert flagged(fallen) == ["detected"]
    assert flagged([(after, before) for before, after in fallen]) == []


def test_never_is_later_than_any_time() -> None:
    pairs = [(outcome(took=100.0), outcome(took="never")) for _ in range(75)]
    assert flagged(pairs) == ["time_to_detect"]
    assert "p50 1:40 → never" in comparison_text(judge({"s": pairs}, {}, Least()))


def test_what_cannot_be_measured_and_invalid_drills_are_left_out() -> None:
    pairs = [(outcome(took="unknown"), outcome(took=9.0)), (outcome(invalid=True), outcome(False, 9e9))]
    told = judge({"s": pairs}, {}, Least())["scenarios"]["s"]
    assert told["invalid"] == [1, 0]
    assert [(question["name"], question["pairs"]) for question in told["questions"]] == [
        ("detected", 1),
        ("time_to_detect", 0),
    ]


def test_pages_on_a_healthy_day_are_a_cost() -> None:
    """A version that detects sooner by a noisier alert is worse in that."""
    pairs = [(outcome(took=300.0), outcome(took=100.0)) for _ in range(75)]
    noisy = judge({"s": pairs}, {"s": pages_question([0, 0, 1], [2, 1, 1])}, Least())
    assert [one["name"] for one in noisy["worse"]] == ["pages_on_a_healthy_day"]
    assert "0.333333 → 1.33333, over 3 days" in comparison_text(noisy)


def test_an_accepted_change_does_not_fail_and_shows_its_reason() -> None:
    pairs = [(outcome(took=100.0), outcome(took=170.0)) for _ in range(75)]
    accepted = [{"scenario": "s", "name": "time_to_detect", "reason": "the new probe is slower but surer"}]
    document = judge({"s": pairs}, {}, Least(), accepted)
    assert (document["worse"], document["accepted"]) == ([], accepted)
    assert "surer" in comparison_text(document)
    assert "surer" in comparison_markdown(document)


def test_more_scenarios_ask_for_more_certainty() -> None:
    """Nine worse pairs are enough for one scenario alone and not among forty."""
    pairs = [(outcome(took=100.0), outcome(took=200.0 if n < 11 else 100.0)) for n in range(75)]
    assert flagged(pairs) == ["time_to_detect"]
    quiet = {f"quiet-{n}": [(outcome(), outcome())] * 75 for n in range(40)}
    assert judge({"s": pairs, **quiet}, {}, Least())["worse"] == []
