"""Counting events that arrive at random: Poisson numbers, by arithmetic that every machine rounds alike.

Counts come from + - x / and square root only; `math.exp` may round differently from one C library to the next, and a
count that differs by one can move an alert.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from operator import mul

from simulator.randomness import Draws

NORMAL_FROM = 8.0
"""Mean from which a Poisson number is taken as a rounded normal one; below it, exactly by inversion."""

NEGLIGIBLE = 1e-12
"""Probability of one more event at which a Poisson table ends."""

Run = tuple[float, int]
"""Ticks in a row that are alike: how many events each is expected to see, and how many ticks."""


class Counter:
    """Counts of the events of one kind: running totals, one a tick.

    The n-th tick takes the n-th number of a stream of its own, uniform where few events are expected, nearly normal
    where many are: however the history is cut into stretches, and whatever happened before, its luck is the same.
    """

    __slots__ = ("_few", "_key", "_many", "_streams", "totals")

    def __init__(self, draws: Draws, name: str) -> None:
        self._streams: dict[str, Callable[[], float]] = {}
        """Begun when the first number is asked for: most counters only ever need one of their two."""
        self._key = draws, name
        self._few: list[float] = []
        self._many: list[float] = []
        self.totals: list[float] = []

    def extend(self, runs: Sequence[Run]) -> None:
        """Add the ticks of these runs."""
        before = self.totals[-1] if self.totals else 0.0
        self.totals.extend(islice(accumulate((before, *self._counts(runs))), 1, None))

    def _counts(self, runs: Sequence[Run]) -> list[float]:
        counts: list[float] = []
        tick, end = len(self.totals), len(self.totals) + sum(length for _, length in runs)
        few, many = self._few, self._many
        for mean, length in runs:
            if mean <= 0.0:
                counts += [0.0] * length
            elif mean >= NORMAL_FROM:
                if len(many) < end:
                    self._draw_many(end)
                # Never negative: z is at least -3, and mean - 3 * root + 1/2 is positive from a mean of eight on.
                root, middle = math.sqrt(mean), mean + 0.5
                if length == 1:
                    counts.append(int(middle + root * many[tick]))
                else:
                    counts += [int(middle + root * z) for z in many[tick : tick + length]]
            else:
                if len(few) < end:
                    self._draw_few(end)
                if length == 1:  # A table of shares would cost more than it saves.
                    counts.append(poisson_count(mean, few[tick]))
                else:
                    shares = poisson_shares(mean)
                    counts += [bisect_left(shares, u) for u in few[tick : tick + length]]
            tick += length
        return counts

    def _draw_few(self, end: int) -> None:
        """Draw uniform numbers for the ticks before `end`."""
        draw = self._stream("")
        self._few += [draw() for _ in range(end - len(self._few))]

    def _draw_many(self, end: int) -> None:
        """Draw numbers of mean 0 and variance 1: the sum of three uniform ones has variance 3/12, doubled 1."""
        draw = self._stream("many")
        self._many += [2 * (draw() + draw() + draw()) - 3 for _ in range(end - len(self._many))]

    def _stream(self, of: str) -> Callable[[], float]:
        if of not in self._streams:
            draws, name = self._key
            self._streams[of] = draws.stream("telemetry", name, *filter(None, (of,))).random
        return self._streams[of]


class Expectation(Counter):
    """A counter without chance: it counts what is to be expected, fractions of events included."""

    __slots__ = ()

    def _counts(self, runs: Sequence[Run]) -> list[float]:
        return [mean for mean, length in runs for _ in range(length)]


def poisson_count(mean: float, u: float) -> int:
    """The number of events at which the cumulative probability reaches `u`; `mean` below `NORMAL_FROM`."""
    term = total = exp_minus(mean)
    count = 0
    while total < u and (term > NEGLIGIBLE or count < mean):
        count += 1
        term *= mean / count
        total += term
    return count if total >= u else count + 1


@lru_cache(maxsize=4096)
def poisson_shares(mean: float) -> list[float]:
    """Cumulative probabilities of 0, 1, 2, … events, until next to nothing is left; `mean` below `NORMAL_FROM`."""
    term = total = exp_minus(mean)
    shares, count = [total], 0
    while term > NEGLIGIBLE or count < mean:
        count += 1
        term *= mean / count
        total += term
        shares.append(total)
    return shares


def exp_minus(x: float) -> float:
    """exp(-x) for 0 <= x <= 8 to within 1e-11: `math.exp` may round differently from machine to machine."""
    whole = int(x * 64)
    rest = x - whole / 64
    return _EXP_64THS[whole] * (1 - rest * (1 - rest / 2 * (1 - rest / 3 * (1 - rest / 4))))


def _exp_64ths() -> list[float]:
    """exp(-n/64) for n from 0 to 512; exp(1/64) by its series, of which nine terms are exact to the last bit."""
    term = total = 1.0
    for n in range(1, 10):
        term /= 64 * n
        total += term
    return list(accumulate([1.0] + [1 / total] * 512, mul))


_EXP_64THS = _exp_64ths()
