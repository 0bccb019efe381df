"""Messages are given once: at their time, after what they wait for, for want of what they miss, or by chance."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.scenario import Inject, When, Without
from tests.simulator.bench import MINUTE, Bench


def given(*told: tuple[int, str], seed: int = 1, **inject: Any) -> list[int]:
    """When an inject is given (minutes) if these milestones are reached, or actions begun, at these minutes."""
    bench = Bench(seed=seed, injects=(Inject(id="word", says="Word.", **inject),))
    for minute, name in told:
        bench.run(minute * MINUTE)
        bench.world.reached(name, 0)
    bench.run(60 * MINUTE)
    return [at_ms // MINUTE for at_ms in bench.times("inject_given")]


def test_at_a_time() -> None:
    assert given(at=5 * MINUTE) == [5]


def test_after_a_milestone_and_once_only() -> None:
    assert given((3, "declared"), (9, "declared"), when=When(milestone="declared", after=2 * MINUTE)) == [5]
    assert given(when=When(milestone="declared")) == []


def test_after_the_first_of_several() -> None:
    waits = (When(milestone="declared", after=10 * MINUTE), When(milestone="assembled"))
    assert given((3, "declared"), (7, "assembled"), when_any=waits) == [7]


def test_after_the_last_of_several() -> None:
    waits = (When(milestone="declared", after=10 * MINUTE), When(milestone="assembled"))
    assert given((3, "declared"), (7, "assembled"), when_all=waits) == [13]
    assert given((7, "assembled"), when_all=waits) == []


def test_at_the_latest_by_its_timeout() -> None:
    assert given((50, "declared"), when=When(milestone="declared"), timeout=20 * MINUTE) == [20]
    assert given((5, "declared"), when=When(milestone="declared"), timeout=20 * MINUTE) == [5]


@pytest.mark.parametrize(("reached", "expected"), [((), [20]), (((10, "declared"),), []), (((25, "declared"),), [20])])
def test_for_want_of_a_milestone(reached: tuple[tuple[int, str], ...], expected: list[int]) -> None:
    assert given(*reached, without=Without(milestone="declared", by=20 * MINUTE)) == expected


def test_for_want_of_an_action() -> None:
    assert given((10, "switch"), without=Without(action="switch", by=20 * MINUTE)) == []
    assert given((10, "other"), without=Without(action="switch", by=20 * MINUTE)) == [20]


def test_not_after_it_has_expired() -> None:
    assert given((30, "declared"), when=When(milestone="declared"), until=20 * MINUTE) == []


def test_by_chance_in_its_share_of_drills() -> None:
    drawn = [bool(given(at=MINUTE, probability=0.3, seed=seed)) for seed in range(150)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.3, abs=0.1)


def test_to_everybody_where_no_role_is_named() -> None:
    bench = Bench(injects=(Inject(id="word", says="Word.", at=MINUTE),)).run(2 * MINUTE)
    assert [record["to"] for record in bench.records("inject_given")] == ["everybody"]
