"""The yardstick: what 90 minutes of telemetry and three rules cost when written down in the barest way.

A SimPy process that every 15 s appends 40 series to ring buffers and evaluates three rules in plain Python: is a
target up, does a status' rate exceed a limit, is the 95th percentile of a histogram too high. Counters that begin
again are noticed, as any rate must. No chance, faults, people, workflow or journal. A whole drill is measured as a
multiple of it, in the same run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import simpy

SERIES = 40
INTERVAL_S = 15
DURATION_S = 90 * 60
WINDOW_S = 300
BOUNDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0, 10.0, float("inf"))
UP, ERRORS, BUCKETS = slice(0, 2), slice(2, 10), slice(10, 10 + len(BOUNDS))


def bare_loop() -> int:
    """Run the loop once; the number of times that a rule held, so that no work can be skipped."""
    env = simpy.Environment()
    buffers: list[deque[float]] = [deque([0.0], maxlen=WINDOW_S // INTERVAL_S + 1) for _ in range(SERIES)]
    offsets = [0.0] * SERIES
    held = 0

    def loop() -> Generator[simpy.Event, None, None]:
        nonlocal held
        for tick in range(DURATION_S // INTERVAL_S):
            for index, buffer in enumerate(buffers):
                value = float((tick * (index + 1)) % 997)
                last = buffer[-1] - offsets[index]
                if value < last:
                    offsets[index] += last
                buffer.append(value + offsets[index])
            held += sum(buffer[-1] == 0 for buffer in buffers[UP])
            held += sum(_rate(buffer) > 0.1 for buffer in buffers[ERRORS])
            held += _quantile(0.95, [_rate(buffer) for buffer in buffers[BUCKETS]]) > 2
            yield env.timeout(INTERVAL_S)

    env.process(loop())
    env.run()
    return held


def _rate(buffer: deque[float]) -> float:
    return (buffer[-1] - buffer[0]) / WINDOW_S


def _quantile(share: float, rates: list[float]) -> float:
    total = 0.0
    counts = [total := max(total, rate) for rate in rates]
    rank, below, lower = share * total, 0.0, 0.0
    for bound, count in zip(BOUNDS, counts, strict=True):
        if count >= rank:
            return lower + (bound - lower) * (rank - below) / (count - below) if below < count < total else lower
        below, lower = count, bound
    return lower
