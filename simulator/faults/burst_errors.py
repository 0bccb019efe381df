"""Errors that come in bursts, as real "intermittent" failures do."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le

from scenarios.fields import Duration, Ratio, model
from simulator.faults.change import Change


@model
class ErrorRatios:
    """Share of requests that fail in each of the two states."""

    good: Ratio
    """In good spells."""
    bad: Ratio
    """In bad spells."""


@model
class BurstErrors:
    """A two-state Markov chain in continuous time (Gilbert 1960, Elliott 1963): good spells and bad ones by turns.

    Spells are exponential with the given means; over a long time the share of bad is mean_bad / (mean_bad +
    mean_good). The fault starts in a good spell.
    """

    status: Annotated[int, Ge(400), Le(599)] = 503
    """HTTP status of the requests that fail by it."""
    mean_good: Duration
    """Mean length of a good spell."""
    mean_bad: Duration
    """Mean length of a bad spell."""
    error_ratio: ErrorRatios
    """Share of requests that fail by it, in each kind of spell."""

    def levels(self, stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        good = ("good", Change(self.error_ratio.good, self.status), self.mean_good)
        bad = ("bad", Change(self.error_ratio.bad, self.status), self.mean_bad)
        at_ms = 0
        while at_ms < duration_ms:
            name, change, mean_ms = good
            yield at_ms, name, change
            at_ms += max(1, round(-mean_ms * math.log(1 - stream.random())))
            good, bad = bad, good

    def worst(self) -> Change:
        return Change(max(self.error_ratio.good, self.error_ratio.bad), self.status)
