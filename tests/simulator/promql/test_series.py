"""Series and the store: what is kept, taken back and selected."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.promql.errors import PromqlError
from simulator.promql.series import STALE, Matcher, Selector, Series, SeriesStore, make_labels

_VALUES = st.lists(st.sampled_from([0.0, 1.0, 2.0, math.nan, STALE]), max_size=8)


def _series(values: list[float]) -> Series:
    series = Series(make_labels([("__name__", "x")]))
    series.extend(range(len(values)), values)
    return series


@given(first=_VALUES, second=_VALUES, kept=st.integers(-1, 8))
def test_truncating_leaves_a_series_as_if_it_had_never_been_longer(
    first: list[float], second: list[float], kept: int
) -> None:
    series = _series(first)
    series.resets(), series.changes()
    series.truncate(kept)
    remaining = first[: kept + 1]
    series.extend(range(len(remaining), len(remaining) + len(second)), second)
    expected = _series(remaining + second)
    assert (series.times, series.stale_ms, series.live) == (expected.times, expected.stale_ms, expected.live)
    assert list(map(repr, series.values)) == list(map(repr, expected.values))
    assert (series.resets(), series.changes()) == (expected.resets(), expected.changes())


def test_resets_are_where_values_fall_and_changes_where_they_differ() -> None:
    series = _series([1.0, 1.0, 3.0, 0.0, math.nan, math.nan, 2.0])
    assert series.resets() == [3]
    assert series.changes() == [2, 3, 4, 6]


def test_a_sample_before_the_end_is_refused() -> None:
    series = _series([1.0, 2.0])
    with pytest.raises(AssertionError, match="too late"):
        series.extend([1], [3.0])


def _labels(**labels: str) -> Series:
    return Series(make_labels(labels.items()))


def test_selecting_takes_all_four_matchers_and_sees_series_that_are_added_later() -> None:
    one = _labels(__name__="requests", status="500")
    store = SeriesStore([one, _labels(__name__="requests", status="200"), _labels(__name__="other", status="500")])
    selector = Selector([Matcher("__name__", "=", "requests"), Matcher("status", "=~", "5.*")])
    assert store.select(selector) == [one]
    late = _labels(__name__="requests", status="503")
    store.add(late)
    assert store.select(selector) == [one, late]
    named = Matcher("__name__", "=", "requests")
    assert store.select(Selector([named, Matcher("status", "!~", "5..")])) == [
        store.get(make_labels({"__name__": "requests", "status": "200"}.items()))
    ]
    assert (
        store.select(
            Selector(
                [
                    named,
                    Matcher("zone", "!=", ""),
                ]
            )
        )
        == []
    )
    assert len(store.select(Selector([named, Matcher("zone", "=", "")]))) == 3


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [("5.", "500", False), ("5..", "500", True), ("a|b", "ab", False), ("a.b", "a\nb", True), ("", "", True)],
)
def test_regular_expressions_match_whole_values(pattern: str, value: str, matches: bool) -> None:
    assert Matcher("x", "=~", pattern).matches(value) is matches
    assert Matcher("x", "!~", pattern).matches(value) is not matches


def test_before_version_3_a_dot_does_not_match_a_newline() -> None:
    assert not Matcher("x", "=~", "a.b", dot_matches_newline=False).matches("a\nb")


@pytest.mark.parametrize(
    ("pattern", "value"), [(r"\pL+", "é"), ("[[:alpha:]]", "b"), ("(?U)a+", "aa"), ("a(?i)b", "aB"), (r"\Qa.\E", "a.")]
)
def test_regular_expressions_that_python_lacks_are_read_by_re2(pattern: str, value: str) -> None:
    assert Matcher("x", "=~", pattern).matches(value)


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a**", "(?P<a", "[z-a]", "a{1001}"])
def test_what_is_not_a_regular_expression_of_re2_is_refused(pattern: str) -> None:
    with pytest.raises(PromqlError, match="regular expression"):
        Matcher("x", "=~", pattern)
