"""The course of a world: pieces laid out ahead, cut off and laid out anew when somebody intervenes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simulator.course import Course
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.flow import Flow, Modifications
from simulator.randomness import Draws
from tests.builders import fault, organization

BURSTS = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.02, bad=0.6))


def course(seed: int = 1) -> Course:
    return Course(Flow(organization()), [fault("burst_errors", BURSTS), fault("down", Down(), at=900_000)], Draws(seed))


@given(st.integers(0, 50), st.integers(0, 2_000_000))
def test_pieces_are_in_order_and_each_moment_belongs_to_one(seed: int, now_ms: int) -> None:
    made = course(seed)
    assert all(before.start_ms < after.start_ms for before, after in pairwise(made.pieces))
    piece = made.pieces[made.index(now_ms)]
    assert piece.start_ms <= now_ms
    assert made.at(now_ms) is piece.solution


@given(st.integers(0, 50), st.integers(0, 2_000_000))
def test_an_intervention_leaves_the_past_and_draws_the_rest_anew(seed: int, now_ms: int) -> None:
    made, untouched = course(seed), course(seed)
    made.modify(now_ms, Modifications(), frozenset({"burst_errors", "down"}))
    for at_ms in range(0, now_ms, 60_000):
        assert made.at(at_ms)["shop"] == untouched.at(at_ms)["shop"]
    for at_ms in range(now_ms, 2_000_000, 60_000):
        assert made.at(at_ms)["shop"].error_ratio == 0


def test_the_worst_counts_only_faults_that_are_active_now() -> None:
    made = course()
    assert [made.worst(at_ms)["shop"].error_ratio for at_ms in (0, 60_000, 659_999, 660_000, 900_000)] == [
        0,
        0.6,
        0.6,
        0,
        1,
    ]


def test_equal_states_are_solved_once() -> None:
    made = course()
    assert len({id(piece.solution) for piece in made.pieces}) == 4  # Calm, good, bad, down.
