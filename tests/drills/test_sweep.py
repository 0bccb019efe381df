"""Many drills: the same summary however many processes play them, progress, and errors that end the sweep."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from drills.runner import Prepared, prepare
from drills.sweep import BATCH, summarise, sweep
from scoring.statistics import RunSummary

SEEDS = range(5, 5 + 2 * BATCH + 3)


@cache
def prepared() -> Prepared:
    """The flagship on a change that workers have to know of, too."""
    return prepare("elevenlabs-intermittent", ("HighErrorRate.for=1m",))


def contents(summary: RunSummary) -> dict[str, Any]:
    return {
        "runs": summary.runs,
        "invalid": summary.invalid,
        "verdicts": summary.verdicts,
        "tallies": {name: (tally.seconds, tally.never) for name, tally in summary.tallies.items()},
    }


@pytest.mark.parametrize("processes", [1, 2])
def test_the_summary_is_the_same_on_any_number_of_processes_as_within_this_one(processes: int) -> None:
    played = sweep(prepared(), SEEDS, "modelled", lambda _: None, processes)
    assert played.runs == len(SEEDS)
    assert contents(played) == contents(summarise(prepared(), SEEDS, "modelled"))


def test_progress_counts_every_seed_once_a_batch_at_a_time() -> None:
    told: list[int] = []
    sweep(prepared(), SEEDS, "absent", told.append, 2)
    assert sorted(told) == [3, BATCH, BATCH]


def test_the_treatment_reaches_the_workers() -> None:
    absent = sweep(prepared(), range(1, 4), "absent", lambda _: None, 1)
    assert absent.tallies["time_to_mitigate"].never == 3


def test_one_seed_is_a_sweep_too() -> None:
    assert sweep(prepared(), range(7, 8), "ideal", lambda _: None).runs == 1


def test_an_error_in_a_worker_ends_the_sweep_with_that_error() -> None:
    told: list[int] = []
    with pytest.raises(KeyError, match="perfect"):
        sweep(prepared(), range(1, 20 * BATCH), "perfect", told.append, 2)  # type: ignore[arg-type]
    assert told == []
