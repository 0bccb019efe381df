"""More requests than usual, in one of several shapes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated, Literal

from annotated_types import Ge, Gt

from scenarios.fields import Duration, model
from simulator.faults.change import Change
from simulator.shapes import multiples


@model
class Traffic:
    """Requests from outside are a multiple of the ordinary ones, which runs over time in one of several shapes."""

    shape: Literal["constant", "steps", "spike", "diurnal", "double_wave"] = "constant"
    """How the multiple runs over the fault's time."""
    peak: Annotated[float, Gt(0)]
    """The multiple at its height."""
    base: Annotated[float, Ge(0)] = 1.0
    """The multiple away from it."""
    rise: Duration = 0
    """For `spike`: how long it rises, and falls."""

    def levels(self, _stream: random.Random, duration_ms: int, /) -> Iterator[tuple[int, str, Change]]:
        for at_ms, multiple in multiples(self.shape, duration_ms, base=self.base, peak=self.peak, rise_ms=self.rise):
            yield at_ms, f"{multiple:g} times", Change(traffic=multiple)

    def worst(self) -> Change:
        return Change(traffic=max(self.peak, self.base))
