"""What compiles and what does not, what expressions read, and where versions of Prometheus differ."""

from __future__ import annotations

import pytest

from simulator.promql.errors import EvaluationError, PromqlError
from simulator.promql.expression import compile_expression
from simulator.promql.series import STALE, SeriesStore, make_labels
from tests.simulator.promql.notation import make_series, read_values

_MINUTE_MS = 60_000


def _store(**series: str) -> SeriesStore:
    """Series by name, a sample a minute from zero on."""
    return SeriesStore(
        make_series(make_labels([("__name__", name)]), read_values(values), _MINUTE_MS)
        for name, values in series.items()
    )


def _value(text: str, store: SeriesStore, minute: float, version: str = "3.14") -> float | None:
    columns = compile_expression(text, version=version).evaluate(store, [round(minute * _MINUTE_MS)])
    assert len(columns) <= 1
    return columns[0].values[0] if columns else None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("limitk(3, up)", "limitk"),
        ("mad_over_time(x[5m])", "experimental function mad_over_time"),
        ("histogram_count(x)", "native histogram function histogram_count"),
        ("double_exponential_smoothing(x[5m], 0.1, 0.1)", "double_exponential_smoothing"),
        ("a + fill(0) b", "fill"),
        ("x[5m:1m]", "subquery"),
        ("up[5m]", "range vector"),
        ('"text"', "string"),
        ('up{a="1" or b="2"}', '"or"'),
    ],
)
def test_what_is_not_supported_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(PromqlError, match="not supported") as caught:
        compile_expression(text)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["rate(up)", "sum(", "up{", "nope(up)", "1 == 2", "", "holt_winters(x[5m], 0.1, 0.1)", "up + 'a", "{a=~'.*'}"],
)
def test_what_is_not_promql_is_refused(text: str) -> None:
    with pytest.raises(PromqlError):
        compile_expression(text)


def test_a_version_must_be_one() -> None:
    with pytest.raises(PromqlError, match="latest"):
        compile_expression("up", version="latest")


def test_an_expression_tells_what_it_reads_and_how_far_back() -> None:
    expression = compile_expression('rate(a{b=~"c.*"}[10m] offset 5m) / on () group_left d')
    assert [selector.name for selector in expression.selectors] == ["a", "d"]
    assert expression.lookback_ms == 15 * _MINUTE_MS
    reads = expression.selectors[0].matches
    assert reads(make_labels({"__name__": "a", "b": "cc"}.items()))
    assert not reads(make_labels({"__name__": "a", "b": "d"}.items()))


def test_before_version_3_a_sample_on_the_left_edge_counts() -> None:
    store = _store(x="0 1 2 3 4 5")
    assert _value("count_over_time(x[5m])", store, 5) == 5
    assert _value("count_over_time(x[5m])", store, 5, "2.42") == 6
    assert _value("x", store, 10) is None
    assert _value("x", store, 10, "2.42") == 5


def test_from_version_2_51_on_the_zero_point_limits_what_the_threshold_chose() -> None:
    # The window opens 0.9 gaps before the first sample; the counter would have been zero 0.6 gaps before it.
    store = _store(x="_ 6 16 26")
    gap_s = 60
    sampled, raw, after = 2 * gap_s, 20.0, 0.0
    to_zero = sampled * (6 / raw)
    assert gap_s / 2 < to_zero < 0.9 * gap_s
    assert _value("increase(x[174s])", store, 3, "2.50") == pytest.approx(raw * (sampled + to_zero + after) / sampled)
    assert _value("increase(x[174s])", store, 3, "2.51") == pytest.approx(raw * (sampled + to_zero + after) / sampled)
    # Here it opens 1.5 gaps before: beyond the threshold.
    assert _value("increase(x[210s])", store, 3, "2.50") == pytest.approx(raw * (sampled + to_zero) / sampled)
    assert _value("increase(x[210s])", store, 3, "2.51") == pytest.approx(raw * (sampled + gap_s / 2) / sampled)


def test_a_stale_marker_hides_a_series_at_once_and_a_gap_does_not() -> None:
    store = _store(x="1 stale", y="1 _")
    assert _value("x", store, 0.9) == 1
    assert _value("x", store, 1) is None
    assert _value("y", store, 4.9) == 1
    series = store.get(make_labels([("__name__", "y")]))
    assert series is not None
    series.extend([2 * _MINUTE_MS, 3 * _MINUTE_MS], [STALE, 7.0])
    assert [_value("y", store, minute) for minute in (1.9, 2, 2.9, 3)] == [1, None, None, 7]


def test_evaluating_says_when_it_fails() -> None:
    store = SeriesStore(
        make_series(make_labels({"__name__": "x", "a": a}.items()), read_values(values), _MINUTE_MS)
        for a, values in (("1", "1 1 1"), ("2", "_ _ 1"))
    )
    expression = compile_expression("x * on () x")
    assert expression.evaluate(store, [0, _MINUTE_MS])[0].values == [1.0, 1.0]
    with pytest.raises(EvaluationError, match="many-to-many") as caught:
        expression.evaluate(store, [0, _MINUTE_MS, 2 * _MINUTE_MS])
    assert caught.value.at_ms == 2 * _MINUTE_MS
