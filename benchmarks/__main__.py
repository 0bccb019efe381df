"""``python -m benchmarks``: what a drill costs, each figure as a ratio against a yardstick taken in the same run.

Machines are shared and noisy, so yardstick and subject take turns and the least time of each counts.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bare_loop import bare_loop
from drills.runner import play, prepare
from drills.sweep import summarise
from scenarios.loading import load_scenario
from simulator.faults import KINDS

FLAGSHIP = "elevenlabs-intermittent"
ROUNDS = 20
SEEDS = range(1, 7)


def main() -> None:
    """Run all benchmarks and print a line for each."""
    drill_against_bare_loop()
    process_against_chaos_toolkit()
    large_scenario()
    memory_of_many_runs()
    long_timeline()


def drill_against_bare_loop() -> None:
    """One 90-minute drill inside the process, wire off, as a multiple of the bare loop."""
    prepared = prepare(FLAGSHIP)
    play(prepared, 1, wired=False)
    bare, drills = [], {seed: [] for seed in SEEDS}
    for _ in range(ROUNDS):
        bare.append(_seconds(bare_loop))
        for seed in SEEDS:
            drills[seed].append(_seconds(lambda seed=seed: play(prepared, seed, wired=False)))
    yardstick, drill = min(bare), statistics.mean(min(times) for times in drills.values())
    print(
        f"one drill, wire off: {drill / yardstick:.2f} bare loops ({drill * 1e3:.1f} ms against {yardstick * 1e3:.1f})"
    )


def process_against_chaos_toolkit() -> None:
    """Start to scorecard, whole process, as a multiple of a Chaos Toolkit run of an empty experiment."""
    chaos = shutil.which("chaos")
    if chaos is None:
        print("whole process: no `chaos` on the path; pip install chaostoolkit in an environment of its own")
        return
    with tempfile.TemporaryDirectory() as folder:
        experiment = Path(folder) / "empty.json"
        experiment.write_text(json.dumps({"title": "Empty", "description": "Nothing", "method": []}))
        gameday = [str(Path(sys.executable).with_name("gameday")), "run", FLAGSHIP, "--report", folder]
        ours, theirs = [], []
        for _ in range(8):
            ours.append(_seconds(lambda: _run(gameday, folder)))
            theirs.append(_seconds(lambda: _run([chaos, "run", str(experiment)], folder)))
    # The first of each warms the file cache.
    drill, yardstick = min(ours[1:]), min(theirs[1:])
    print(
        f"start to scorecard: {drill / yardstick:.2f} empty Chaos Toolkit runs ({drill:.2f} s against {yardstick:.2f})"
    )


def large_scenario() -> None:
    """A scenario file of 10,000 lines, read and validated."""
    text = Path(load_scenario(FLAGSHIP, KINDS).path).read_text(encoding="utf-8")
    entries = [
        f"  - {{id: message-{n}, at: 1m,\n     to: technical_lead,\n     says: Message {n}}}" for n in range(3320)
    ]
    text = text.replace("injects:\n", "injects:\n" + "\n".join(entries) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.yaml"
        path.write_text(text, encoding="utf-8")
        took = min(_seconds(lambda: load_scenario(str(path), KINDS)) for _ in range(3))
    print(f"scenario file of {len(text.splitlines()):,} lines: {took:.2f} s")


def memory_of_many_runs() -> None:
    """How far the process has grown after so many drills."""
    prepared = prepare(FLAGSHIP)
    grown = []
    for runs in (100, 200, 400):
        summarise(prepared, range(1, runs + 1), "modelled")
        grown.append(f"{runs} runs {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    print(f"memory at its highest: {', '.join(grown)}")


def long_timeline() -> None:
    """`gameday score` of a CSV timeline of 10,000 rows, the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        minutes = (
            f"2025-03-{day:02d}T{hour:02d}:{minute:02d}:00Z"
            for day in range(1, 8)
            for hour in range(24)
            for minute in range(60)
        )
        rows = [
            f"{at},{'public_update,open' if number % 9 else 'alert_fired,'},row {number}"
            for number, at in enumerate(minutes)
        ]
        path.write_text("\n".join(["at,event,status,what", *rows[:10_000], ""]))
        words = [str(Path(sys.executable).with_name("gameday")), "score", str(path)]
        took = min(_seconds(lambda: _run(words, folder)) for _ in range(3))
    print(f"score of a timeline of 10,000 rows: {took:.2f} s")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _run(words: list[str], folder: str) -> None:
    subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)


if __name__ == "__main__":
    main()
