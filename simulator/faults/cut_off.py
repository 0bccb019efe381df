"""Replies that are cut off after so many bytes."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Ge

from scenarios.fields import model
from simulator.faults.change import Change, Steady


@model
class CutOff(Steady):
    """The connection is closed after so many bytes: shorter replies are whole, longer ones are of no use.

    Sizes of replies are taken as exponential.
    """

    after_bytes: Annotated[int, Ge(1)]
    """Where it is cut."""
    mean_reply_bytes: Annotated[int, Ge(1)]
    """Mean size of a reply."""

    def worst(self) -> Change:
        longer = round(math.exp(-self.after_bytes / self.mean_reply_bytes), 9)
        return Change(unusable_ratio=longer, says="unexpected EOF")
