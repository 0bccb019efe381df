"""Shapes of traffic over time, as multiples of the ordinary traffic; the same figures serve a load generator.

`gameday traffic` prints them as rows that Locust's `LoadTestShape.tick` can look up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

PIECES = 48
"""Into how many pieces of even length a curve is cut."""

DIGITS = 3


def multiples(
    shape: str, duration_ms: int, *, base: float, peak: float, rise_ms: int = 0
) -> Iterator[tuple[int, float]]:
    """When (ms, ascending from 0) the traffic changes, and to which multiple.

    constant: the peak all the time. steps: in four even steps from base to peak. spike: base, up to the peak in the
    middle third and down again. diurnal: one wave from base to peak and back. double_wave: two, the second the higher.
    """
    before: float | None = None
    for at_ms in _moments(shape, duration_ms, rise_ms):
        multiple = round(base + (peak - base) * _height(shape, at_ms, duration_ms, rise_ms), DIGITS)
        if multiple != before:
            yield at_ms, multiple
            before = multiple


def _moments(shape: str, duration_ms: int, rise_ms: int) -> list[int]:
    if shape == "constant":
        return [0]
    if shape == "steps":
        return [duration_ms * step // 4 for step in range(4)]
    if shape == "spike":
        third, rise = duration_ms // 3, min(rise_ms, duration_ms // 6)
        up = [third + rise * step // 10 for step in range(10)]
        down = [2 * third - rise + rise * step // 10 for step in range(11)]
        return sorted({0, *up, third + rise, *down, 2 * third})
    return sorted({duration_ms * piece // PIECES for piece in range(PIECES)})


def _height(shape: str, at_ms: int, duration_ms: int, rise_ms: int) -> float:
    """How high between base and peak, from 0 to 1."""
    if shape == "constant":
        return 1.0
    if shape == "steps":
        return (at_ms * 4 // duration_ms + 1) / 4
    if shape == "spike":
        third, rise = duration_ms // 3, max(1, min(rise_ms, duration_ms // 6))
        if not third <= at_ms < 2 * third:
            return 0.0
        return min(1.0, (at_ms - third) / rise if rise_ms else 1.0, (2 * third - at_ms) / rise if rise_ms else 1.0)
    share = at_ms / duration_ms
    if shape == "diurnal":
        return (1 - math.cos(2 * math.pi * share)) / 2
    wave = (1 - math.cos(4 * math.pi * share)) / 2
    return wave * (0.7 if share < 0.5 else 1.0)
