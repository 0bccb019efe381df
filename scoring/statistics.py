"""Many drills of one scenario as a few numbers: pass rates with their uncertainty, and quantiles of the measures.

A summary holds counts only, so its size depends on how much the drills differ and not on how many there were, and
summaries of batches made anywhere can be merged in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

from scoring.criteria import together

MET = "met"
"""The name under which a summary counts drills that met every criterion."""


def wilson(successes: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a share (E. B. Wilson, JASA 22, 1927); 95 % by default, (0, 1) of no trials.

    It stays within 0 and 1, and is honest at both: 0 of 200 is not a certainty.
    """
    assert 0 <= successes <= n, f"{successes} of {n}"
    if n == 0:
        return 0.0, 1.0
    share, weight = successes / n, z * z / n
    centre = share + weight / 2
    half = z * sqrt((share * (1 - share) + weight / 4) / n)
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / (1 + weight))
    high = 1.0 if successes == n else min(1.0, (centre + half) / (1 + weight))
    return low, high


def quantile(counts: Mapping[int, int], never: int, q: float) -> int | None:
    """The smallest value that at least a share `q` of all cases did not exceed (the nearest-rank quantile).

    `counts` is how often each value came; `never` cases count as later than every value, so None says that fewer
    than `q` of them got there at all, or that there were none.
    """
    assert 0 < q <= 1, q
    rank = ceil(q * (sum(counts.values()) + never))
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


class Tally:
    """One measure over many drills: how often each value came, in whole seconds, and how often none did."""

    def __init__(self) -> None:
        self.seconds: Counter[int] = Counter()
        self.never = 0

    def add(self, value: float | str) -> None:
        """Count a value in seconds, or a status; those that could not be measured are left out."""
        if isinstance(value, str):
            self.never += value == "never"
        else:
            self.seconds[round(value)] += 1

    def merge(self, other: Tally) -> None:
        self.seconds.update(other.seconds)
        self.never += other.never

    def document(self) -> dict[str, Any]:
        """The quantiles, null where they fall among the drills that never got there; and what they are over."""
        return {
            "p50_s": quantile(self.seconds, self.never, 0.5),
            "p90_s": quantile(self.seconds, self.never, 0.9),
            "never": self.never,
            "measured": self.seconds.total() + self.never,
        }


class RunSummary:
    """What many drills amounted to; add outcomes to it (`scoring.scorecard.outcome`), or merge summaries."""

    def __init__(self) -> None:
        self.runs = 0
        """Drills that counted; not the invalid ones."""
        self.invalid = 0
        self.verdicts: dict[str, Counter[bool]] = {MET: Counter()}
        self.tallies: dict[str, Tally] = {}

    def add(self, outcome: Mapping[str, Any]) -> None:
        """Count one drill; an invalid one proves nothing and is counted only as that."""
        if outcome["invalid"]:
            self.invalid += 1
            return
        self.runs += 1
        self._judge(MET, bool(together(outcome["criteria"].values())))
        for name, met in outcome["criteria"].items():
            self._judge(name, met)
        for name, value in outcome["measures"].items():
            self.tallies.setdefault(name, Tally()).add(value)

    def _judge(self, name: str, met: bool | None) -> None:
        verdicts = self.verdicts.setdefault(name, Counter())
        if met is not None:
            verdicts[met] += 1

    def merge(self, other: RunSummary) -> None:
        """Take in the drills of another summary."""
        self.runs += other.runs
        self.invalid += other.invalid
        for name, verdicts in other.verdicts.items():
            self.verdicts.setdefault(name, Counter()).update(verdicts)
        for name, tally in other.tallies.items():
            self.tallies.setdefault(name, Tally()).merge(tally)

    def rate(self, criterion: str = MET) -> dict[str, Any]:
        """How often a criterion (by default: every one) was met, and the interval; null if no drill could be judged."""
        verdicts = self.verdicts.get(criterion, Counter())
        met, judged = verdicts[True], verdicts.total()
        return {
            "pass_rate": met / judged if judged else None,
            "interval_95": list(wilson(met, judged)),
            "judged": judged,
        }

    def spread(self, measure: str) -> dict[str, Any]:
        """How long a measure took: the quantiles of `Tally.document`."""
        return self.tallies.get(measure, Tally()).document()
