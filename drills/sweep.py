"""Many drills of one scenario: the same in every way but the seed, on a process pool, in batches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from drills.runner import Prepared, play, prepare
from scoring.scorecard import outcome
from scoring.statistics import RunSummary

if TYPE_CHECKING:
    from simulator.responders.treatments import TreatmentName

BATCH = 25
"""Drills a batch: a drill takes milliseconds, so handing them out one by one would cost more than playing them."""

_prepared: Prepared | None = None
"""What a worker process has prepared, once."""


def summarise(prepared: Prepared, seeds: Sequence[int], treatment: TreatmentName) -> RunSummary:
    """Play each seed without HTTP (the journal is the same) and keep what the summary needs of it."""
    summary = RunSummary()
    for seed in seeds:
        summary.add(outcome(play(prepared, seed, treatment, wired=False)))
    return summary


def sweep(
    prepared: Prepared, seeds: range, treatment: TreatmentName, progress: Callable[[int], object], processes: int = 0
) -> RunSummary:
    """Play all seeds and summarise them; `progress` is told how many were played whenever a batch is done.

    `processes` is how many play at once; 0: as many as there are processors.
    """
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    processes = min(processes or os.cpu_count() or 1, len(batches))
    summaries: dict[int, RunSummary] = {}
    with ProcessPoolExecutor(
        processes, initializer=_prepare, initargs=(prepared.reference, prepared.overrides)
    ) as pool:
        try:
            waiting = {pool.submit(_play_batch, batch, treatment): index for index, batch in enumerate(batches)}
            for done in as_completed(waiting):
                summaries[waiting[done]] = done.result()
                progress(len(batches[waiting[done]]))
        except BaseException:  # Somebody pressed Ctrl-C, or a drill failed: the batches still waiting are not played.
            pool.shutdown(cancel_futures=True)
            raise
    total = RunSummary()
    for index in sorted(summaries):
        total.merge(summaries[index])
    return total


def _prepare(reference: str, overrides: tuple[str, ...]) -> None:
    global _prepared  # noqa: PLW0603 - what a worker process keeps from batch to batch
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out the batches.
    _prepared = prepare(reference, overrides)


def _play_batch(seeds: Sequence[int], treatment: TreatmentName) -> RunSummary:
    assert _prepared is not None
    return summarise(_prepared, seeds, treatment)
