"""Arithmetic as Go does it: no exceptions, infinities and NaN instead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import filterfalse
from operator import add


def total(values: Sequence[float], *, compensated: bool = True) -> float:
    """The sum, rounded once; NaN for infinities of both signs. Where not `compensated`, each addition is rounded.

    Where values nearly cancel each other the sum is made as Prometheus makes it, with Neumaier's compensation: there
    its error is its own.
    """
    if not compensated:
        return reduce(add, values)
    try:
        result = math.fsum(values)
    except (OverflowError, ValueError):
        return reduce(add, values)
    return math.fsum(_compensated_sum(values)) if _cancels(values, result) else result


_CANCELLED = 1e12
"""A larger sum of a few thousand values is not looked at again."""


def _cancels(values: Sequence[float], result: float) -> bool:
    """Whether so little is left of values with this sum that it shows in which order they were added."""
    if abs(result) >= _CANCELLED or min(values) >= 0 or max(values) <= 0:
        return False
    return abs(result) * 1e5 < sum(map(abs, values))


def _compensated_sum(values: Iterable[float]) -> tuple[float, float]:
    """(sum, compensation) by Neumaier's algorithm."""
    result, compensation = 0.0, 0.0
    for value in values:
        result, compensation = compensate(value, result, compensation)
    return result, compensation


def compensate(value: float, result: float, compensation: float) -> tuple[float, float]:
    """One step of a compensated sum: the new sum and what was lost of it so far."""
    new = result + value
    if math.isinf(new):
        return new, 0.0
    lost = (result - new) + value if abs(result) >= abs(value) else (value - new) + result
    return new, compensation + lost


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, also of values whose sum is beyond the largest float."""
    result = total(values) / len(values)
    if math.isinf(result) and not any(map(math.isinf, values)):
        return math.fsum(value / len(values) for value in values)
    return result


def moving_mean(values: Sequence[float]) -> float:
    """The arithmetic mean as it moves with each further value, each step rounded."""
    return _move(values, compensated=False)


def compensated_moving_mean(values: Sequence[float]) -> float:
    """The arithmetic mean as it moves with each further value, with what the steps lose added at the end."""
    return _move(values, compensated=True)


def _move(values: Sequence[float], *, compensated: bool) -> float:
    try:
        exact = math.fsum(values)
    except (OverflowError, ValueError):
        exact = math.nan
    if math.isfinite(exact) and not _cancels(values, exact):
        return exact / len(values)  # No way of getting there differs by more than rounding.
    center = lost = 0.0
    for count, value in enumerate(values, start=1):
        if math.isinf(center) and (value == center or math.isfinite(value)):
            continue  # An infinite mean is moved by the other infinity and by NaN alone.
        step = value / count - center / count
        if compensated:
            center, lost = compensate(step, center, lost)
        else:
            center += step
    return center if math.isinf(center) else center + lost


def variance(values: Sequence[float]) -> float:
    """The population's variance, by Welford's algorithm."""
    center = squares = 0.0
    for count, value in enumerate(values, start=1):
        distance = value - center
        center += distance / count
        squares += distance * (value - center)
    return squares / len(values)


def variance_of_several(values: Sequence[float]) -> float:
    """The population's variance, and 0 for one value alone, whatever it is."""
    return variance(values) if len(values) > 1 else 0.0


def compensated_variance(values: Sequence[float]) -> float:
    """The population's variance, by Welford's algorithm with compensated sums."""
    center = center_lost = squares = squares_lost = 0.0
    for count, value in enumerate(values, start=1):
        distance = value - (center + center_lost)
        center, center_lost = compensate(distance / count, center, center_lost)
        rest = value - (center + center_lost)
        squares, squares_lost = compensate(distance * rest, squares, squares_lost)
    return (squares + squares_lost) / len(values)


def root(value: float) -> float:
    """The square root; NaN of a negative number."""
    return math.sqrt(value) if value >= 0 else math.nan


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which a share of the values lies, between neighbours in proportion; NaN is less than anything."""
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ascending = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = share * (len(ascending) - 1)
    low = max(0, math.floor(rank))
    high = min(len(ascending) - 1, low + 1)
    weight = rank - math.floor(rank)
    return ascending[low] * (1 - weight) + ascending[high] * weight


def least(values: Sequence[float]) -> float:
    """The smallest; NaN only when there is nothing else."""
    return min(values) if _all_numbers(values) else min(filterfalse(math.isnan, values), default=math.nan)


def greatest(values: Sequence[float]) -> float:
    """The largest; NaN only when there is nothing else."""
    return max(values) if _all_numbers(values) else max(filterfalse(math.isnan, values), default=math.nan)


def _all_numbers(values: Sequence[float]) -> bool:
    """False if a value is NaN, and perhaps if there are infinities of both signs."""
    return not math.isnan(sum(values))


def divide(left: float, right: float) -> float:
    """``left / right``; a division by zero gives an infinity, or NaN for 0 / 0."""
    if right == 0:
        sign = math.copysign(1.0, left) * math.copysign(1.0, right)
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, sign)
    return left / right


def modulo(left: float, right: float) -> float:
    """The remainder of ``left / right`` with the sign of `left`."""
    if right == 0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def power(base: float, exponent: float) -> float:
    """``base ^ exponent``; NaN for roots of negative numbers, an infinity where it grows beyond all floats."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and _odd(exponent) else math.inf
    except ValueError:
        if base == 0:
            return math.copysign(math.inf, base) if _odd(exponent) else math.inf
        return math.nan


def _odd(number: float) -> bool:
    return math.fmod(number, 2) in (1, -1)
