"""Added latency lengthens every request and fails none."""

from __future__ import annotations

import math

import pytest

from simulator.faults.latency import AddedLatency
from tests.simulator.faults.bench import course


def test_it_adds_the_same_from_beginning_to_end() -> None:
    slow = AddedLatency(added=1500)
    [(at, _, change)] = course(slow)
    assert (at, change.added_latency_ms, change.error_ratio) == (0, 1500, 0.0)
    assert slow.worst() == change


@pytest.mark.parametrize(
    ("distribution", "p50", "p95"),
    [
        ("uniform", 1000, 1000 + 0.9 * 200),
        ("normal", 1000, 1000 + 1.645 * 200),
        ("lognormal", 1000, 1000 * math.exp(1.645 * 0.5)),
        ("pareto", 1000 * 2**0.5, 1000 * 20**0.5),
    ],
)
def test_a_distribution_has_its_quantiles(distribution: str, p50: float, p95: float) -> None:
    slow = AddedLatency(added=1000, distribution=distribution, jitter=200, sigma=0.5)  # type: ignore[arg-type]
    found = slow.worst().tail_ms
    assert found[:2] == (pytest.approx(p50, abs=1), pytest.approx(p95, abs=1))
    assert list(found) == sorted(found)


def test_nothing_takes_longer_than_the_maximum() -> None:
    assert AddedLatency(added=1000, distribution="pareto", max=3000).worst().tail_ms[1:] == (3000, 3000, 3000)
