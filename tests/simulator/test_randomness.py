"""Named draws: reproducible, independent of one another, and distributed as they say."""

from __future__ import annotations

import math
import statistics

from hypothesis import given
from hypothesis import strategies as st

from simulator.randomness import Draws

keys = st.lists(st.one_of(st.text(max_size=8), st.integers()), min_size=1, max_size=4)


@given(st.integers(), keys)
def test_a_draw_depends_on_nothing_but_seed_and_key(seed: int, key: list[str | int]) -> None:
    draws = Draws(seed)
    first = draws.uniform(*key)
    draws.uniform("another", "draw")
    assert first == draws.uniform(*key) == Draws(seed).uniform(*key)
    assert 0 < first < 1


def test_draws_under_different_keys_are_uncorrelated() -> None:
    draws = Draws(7)
    first = [draws.uniform("alice", "acknowledge", n) for n in range(2000)]
    second = [draws.uniform("alice", "join", n) for n in range(2000)]
    assert abs(statistics.correlation(first, second)) < 0.07
    assert abs(statistics.mean(first) - 0.5) < 0.03


def test_lognormal_durations_have_the_median_and_sigma_asked_for() -> None:
    draws = Draws(1)
    logs = [math.log(draws.lognormal_ms(90_000, 0.8, "bob", n)) for n in range(4000)]
    assert abs(statistics.median(logs) - math.log(90_000)) < 0.05
    assert abs(statistics.stdev(logs) - 0.8) < 0.03


def test_exponential_waits_have_the_mean_asked_for() -> None:
    draws = Draws(1)
    assert abs(statistics.mean(draws.exponential_ms(60_000, n) for n in range(8000)) - 60_000) < 2_500
