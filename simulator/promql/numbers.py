"""Arithmetic as Go does it: no exceptions, infinities and NaN instead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add


def total(values: Sequence[float]) -> float:
    """The sum, rounded once; NaN for infinities of both signs."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return reduce(add, values)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, also of values whose sum is beyond the largest float."""
    result = total(values) / len(values)
    if math.isinf(result) and not any(map(math.isinf, values)):
        return math.fsum(value / len(values) for value in values)
    return result


def least(values: Iterable[float]) -> float:
    """The smallest; NaN only when there is nothing else."""
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def greatest(values: Iterable[float]) -> float:
    """The largest; NaN only when there is nothing else."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


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
