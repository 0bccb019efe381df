"""The yardstick: what 90 minutes of telemetry and three rules cost when written down in the barest way.

A SimPy process that every 15 s appends 40 series to ring buffers and evaluates three rules in plain Python; no faults,
people, workflow or journal. A whole drill is measured as a multiple of it, in the same run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import simpy

SERIES = 40
INTERVAL_S = 15
DURATION_S = 90 * 60
WINDOW = 300 // INTERVAL_S + 1
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


def bare_loop() -> int:
    """Run the loop once; the number of evaluations at which a rule held, so that nothing can be skipped."""
    env = simpy.Environment()
    buffers: list[deque[float]] = [deque(maxlen=WINDOW) for _ in range(SERIES)]
    held = 0

    def scrape() -> Generator[simpy.Event, None, None]:
        nonlocal held
        tick = 0
        while True:
            for index, buffer in enumerate(buffers):
                buffer.append(float(tick * (index + 1) % 977 + tick * index))
            held += buffers[0][-1] == 0
            held += any((one[-1] - one[0]) / 300 > 0.1 for one in buffers[1:4])
            held += _quantile([buffer[-1] - buffer[0] for buffer in buffers[10 : 10 + len(BOUNDS)]]) > 2
            tick += 1
            yield env.timeout(INTERVAL_S)

    env.process(scrape())
    env.run(until=DURATION_S)
    return held


def _quantile(counts: list[float]) -> float:
    rank, below, lower = 0.95 * counts[-1], 0.0, 0.0
    for bound, count in zip(BOUNDS, counts, strict=True):
        if count >= rank:
            return lower + (bound - lower) * (rank - below) / (count - below) if count > below else bound
        below, lower = count, bound
    return BOUNDS[-1]
