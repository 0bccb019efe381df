"""Plays two versions on the same seeds, in batches on a process pool, until it is clear whether one is worse."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drills.runner import Prepared, play, prepare, program_version
from drills.versions import Play
from scenarios.problems import InputError, Problem, shorten
from scoring.comparison import LOOKS, Least, Outcome, judge, pages_question, surely_same
from scoring.scorecard import outcome
from scoring.wording import moment, sentence

if TYPE_CHECKING:
    from simulator.responders.treatments import TreatmentName

HEALTHY_DAYS = 3
"""Days on which pages are counted; they are the same days under both versions."""
SHOWN = 6
"""Records that are shown of each drill from the first difference on."""
BATCH = 25

Pairs = dict[str, list[tuple[Outcome, Outcome]]]


@lru_cache(maxsize=64)
def _prepared(played: Play) -> Prepared:
    return prepare(played.reference, played.overrides)


def outcomes(played: Play, seeds: Sequence[int], treatment: TreatmentName) -> list[Outcome]:
    """What came of one version under each seed."""
    return [outcome(play(_prepared(played), seed, treatment, wired=False)) for seed in seeds]


def compare(
    plays: Mapping[str, tuple[Play, Play]],
    *,
    seed: int,
    most: int,
    treatment: TreatmentName,
    least: Least,
    accepted: Sequence[Mapping[str, str]] = (),
    baseline: Mapping[str, Any] | None = None,
    processes: int = 0,
    progress: Callable[[int], object] = lambda _: None,
) -> tuple[dict[str, Any], Pairs]:
    """The comparison (`scoring.comparison.judge`), and the pairs that it rests on.

    most      pairs a scenario, at most
    baseline  kept outcomes (`read_baseline`), which stand in for playing the base
    """
    for sides in plays.values():
        for side in sides:
            _prepared(side)  # Whatever is wrong with the files is said before anything is played.
    pages = {} if baseline else {name: question for name, sides in plays.items() if (question := _pages(sides, seed))}
    pairs: Pairs = {name: [] for name in plays}
    looks = [*(look for look in LOOKS if look < most), most]
    document: dict[str, Any] = {}
    with _pool(processes or os.cpu_count() or 1) as run:
        for look in looks:
            _extend(pairs, plays, range(seed, seed + look), treatment, least, baseline, run, progress)
            document = judge(pairs, pages, least, accepted, len(looks))
            if document["worse"] or all(surely_same(played, least) for played in pairs.values()):
                break
    document["seeds"] = [seed, seed + max(map(len, pairs.values()), default=0) - 1]
    if document["worse"] and not baseline:
        document["difference"] = _difference(plays, pairs, document["worse"][0]["scenario"], seed, treatment)
    return document, pairs


@contextmanager
def _pool(processes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """A `map` on so many processes; within this one if that is one."""
    if processes == 1:
        yield map
        return
    executor = ProcessPoolExecutor(processes, initializer=_ignore_interrupts)
    try:
        yield executor.map
    finally:
        executor.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out the batches.


def _extend(  # noqa: PLR0917
    pairs: Pairs,
    plays: Mapping[str, tuple[Play, Play]],
    seeds: range,
    treatment: TreatmentName,
    least: Least,
    baseline: Mapping[str, Any] | None,
    run: Callable[..., Iterator[Any]],
    progress: Callable[[int], object],
) -> None:
    """Play what is missing up to the last of the seeds, but of scenarios that surely are the same no more."""
    jobs: list[tuple[str, int, Sequence[int]]] = []
    for name, played in pairs.items():
        if not played or not surely_same(played, least):
            missing = seeds[len(played) :]
            jobs += [(name, side, missing[at : at + BATCH]) for at in range(0, len(missing), BATCH) for side in (0, 1)]
    to_play = [job for job in jobs if job[1] or baseline is None]
    came = run(
        outcomes, (plays[name][side] for name, side, _ in to_play), (part for *_, part in to_play), repeat(treatment)
    )
    done: dict[tuple[str, int], list[Outcome]] = {}
    for (name, side, part), batch in zip(to_play, came, strict=False):
        done.setdefault((name, side), []).extend(batch)
        progress(len(part))
    for name in dict.fromkeys(name for name, *_ in jobs):
        begin = len(pairs[name])
        before = done[name, 0] if baseline is None else baseline["scenarios"][name][begin : len(seeds)]
        pairs[name] += zip(before, done[name, 1], strict=True)


def _pages(sides: tuple[Play, Play], seed: int) -> dict[str, Any] | None:
    """Pages on healthy days under both versions; None where their files are the same, and so their days."""
    from simulator.healthy_day import pages

    base, head = map(_prepared, sides)
    if (
        sorted(base.loaded.digests.values()) == sorted(head.loaded.digests.values())
        and base.overrides == head.overrides
    ):
        return None
    counts = [
        [pages(one.loaded.organization, one.loaded.scenario, one.rules, seed + day) for day in range(HEALTHY_DAYS)]
        for one in (base, head)
    ]
    return pages_question(*counts)


def _difference(
    plays: Mapping[str, tuple[Play, Play]], pairs: Pairs, name: str, seed: int, treatment: TreatmentName
) -> dict[str, Any] | None:
    """The first two drills whose outcomes differ, from the first record that does."""
    offset = next((offset for offset, (before, after) in enumerate(pairs[name]) if before != after), None)
    if offset is None:
        return None
    drills = [play(_prepared(side), seed + offset, treatment, wired=False).records for side in plays[name]]
    at = next((n for n, (one, other) in enumerate(zip(*drills, strict=False)) if one != other), min(map(len, drills)))
    shown = [
        [f"{moment(one['at_ms'])} #{one['record']} {sentence(one)}" for one in records[at : at + SHOWN]]
        for records in drills
    ]
    head = plays[name][1]
    changes = [word for change in head.overrides for word in ("--set", change)]
    again = shlex.join(["gameday", "run", head.reference, "--seed", str(seed + offset), *changes])
    return {"scenario": name, "seed": seed + offset, "base": shown[0], "head": shown[1], "again": again}


# Baselines: kept outcomes, small enough to be committed.


def baseline_text(pairs: Pairs, seed: int, treatment: str) -> str:
    """The head's outcomes as a file, a line a scenario's drill."""
    head = {name: [after for _, after in played] for name, played in pairs.items()}
    lines = [json.dumps({"baseline": 1, "version": program_version(), "seed": seed, "treatment": treatment})]
    for name, played in head.items():
        keys = [list(played[0][what]) for what in ("criteria", "measures")]
        lines.append(json.dumps({"scenario": name, "criteria": keys[0], "measures": keys[1]}))
        for one in played:
            row = [*(one["criteria"].get(key) for key in keys[0]), *(one["measures"].get(key) for key in keys[1])]
            lines.append(json.dumps([one["invalid"], *row], separators=(",", ":")))
    return "\n".join([*lines, ""])


def read_baseline(path: Path) -> dict[str, Any]:
    """A baseline: `{"seed", "treatment", "scenarios": {name: [outcome, …]}}`; InputError for one of another version."""
    name = str(path)
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head = rows[0]
        if not isinstance(head, dict) or head.get("baseline") != 1:
            raise ValueError("it does not begin as baselines do")
    except (OSError, ValueError, IndexError) as error:
        raise InputError([Problem(name, 1, 1, "", f"not a baseline: {error}")]) from error
    if head.get("version") != program_version():
        written = f"written by version {head.get('version')}, whose drills are not those of {program_version()}"
        raise InputError([Problem(name, 1, 1, "version", f"{written}; write it anew with --save-baseline")])
    scenarios: dict[str, list[Outcome]] = {}
    played: list[Outcome] = []
    keys: dict[str, Any] = {}
    for number, row in enumerate(rows[1:], start=2):
        if isinstance(row, dict) and {"scenario", "criteria", "measures"} <= row.keys():
            keys = row
            played = scenarios.setdefault(row["scenario"], [])
        elif isinstance(row, list) and keys and len(row) == 1 + len(keys["criteria"]) + len(keys["measures"]):
            split = 1 + len(keys["criteria"])
            criteria = dict(zip(keys["criteria"], row[1:split], strict=True))
            measures = dict(zip(keys["measures"], row[split:], strict=True))
            played.append({"invalid": row[0], "criteria": criteria, "measures": measures})
        else:
            raise InputError([Problem(name, number, 1, "", f"not a row of a baseline (got {shorten(row)})")])
    return {"seed": head["seed"], "treatment": head["treatment"], "scenarios": scenarios}
