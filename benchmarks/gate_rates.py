"""``python -m benchmarks.gate_rates [TIMES]``: how often `gameday compare` calls a version worse, over fresh seeds.

Of equal versions it should be at most 1 %; of one in which the first level waits five minutes longer for an
acknowledgement, at least 90 %.
"""

from __future__ import annotations

import sys
import time

from drills.comparing import compare
from drills.versions import Play
from scoring.comparison import LOOKS, Least
from scoring.statistics import wilson

FLAGSHIP = "elevenlabs-intermittent"
LONGER = "escalation.levels.0.timeout=10m"
"""Five minutes more than the organisation's five."""


def main(times: int) -> None:
    """Print both rates with their intervals; ends with 1 if one is not as it should be."""
    before = Play(FLAGSHIP)
    flagged = {}
    for name, after in (("equal", before), ("five minutes longer", Play(FLAGSHIP, (LONGER,)))):
        started, count, drills = time.perf_counter(), 0, 0
        for number in range(times):
            document, pairs = compare(
                {FLAGSHIP: (before, after)},
                seed=1 + number * LOOKS[-1],
                most=LOOKS[-1],
                treatment="modelled",
                least=Least(),
            )
            count += bool(document["worse"])
            drills += 2 * len(pairs[FLAGSHIP])
        low, high = wilson(count, times)
        flagged[name] = count / times
        print(
            f"{name}: called worse in {count} of {times} ({count / times:.1%}, 95 % {low:.1%} to {high:.1%}), "
            f"{drills:,} drills in {time.perf_counter() - started:.0f} s"
        )
    sys.exit(flagged["equal"] > 0.01 or flagged["five minutes longer"] < 0.9)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
