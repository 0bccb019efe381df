"""Errors in bursts: a two-state Markov chain with the means that were asked for."""

from __future__ import annotations

import random
import statistics
from itertools import pairwise

from simulator.faults.burst_errors import BurstErrors, ErrorRatios

DAY_MS = 86_400_000
BURSTS = BurstErrors(mean_good=30_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0.02, bad=0.6))


def spells(kind: BurstErrors, seed: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"good": [], "bad": []}
    for (start, name, _), (end, _, _) in pairwise(kind.levels(random.Random(seed), DAY_MS)):
        found[name].append(end - start)
    return found


def test_spells_have_the_means_and_are_exponential() -> None:
    found = spells(BURSTS, 1)
    for name, mean in (("good", 30_000), ("bad", 60_000)):
        assert abs(statistics.mean(found[name]) / mean - 1) < 0.1
        assert abs(statistics.stdev(found[name]) / mean - 1) < 0.12  # An exponential's deviation is its mean.


def test_the_share_of_bad_time_is_that_of_the_chain() -> None:
    found = spells(BURSTS, 2)
    share = sum(found["bad"]) / (sum(found["bad"]) + sum(found["good"]))
    assert abs(share - 60 / 90) < 0.03


def test_it_starts_good_at_once_and_each_spell_brings_its_errors() -> None:
    levels = list(BURSTS.levels(random.Random(3), 600_000))
    assert levels[0][:2] == (0, "good")
    assert {name: change.error_ratio for _, name, change in levels} == {"good": 0.02, "bad": 0.6}
    assert all(at < 600_000 for at, _, _ in levels)


def test_the_worst_is_the_bad_state_even_if_it_is_called_good() -> None:
    assert BURSTS.worst().error_ratio == 0.6
    odd = BurstErrors(mean_good=1, mean_bad=1, error_ratio=ErrorRatios(good=0.9, bad=0.1))
    assert odd.worst().error_ratio == 0.9
