"""Functions of one number, and of a number and further ones, as Go's math package computes them."""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.promql.numbers import divide

Elementwise = Callable[..., float | None]


def _total(function: Callable[[float], float]) -> Callable[[float], float]:
    """The function continued to where Python raises: NaN outside of its domain, an infinity where it overflows."""

    def continued(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return continued


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: -math.inf if value == 0 else _total(function)(value)


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    # Rounding to a whole number keeps the sign of zero and leaves infinities and NaN alone.
    return lambda value: math.copysign(float(function(value)), value) if math.isfinite(value) else value


def _hyperbolic_sine(value: float) -> float:
    try:
        return math.sinh(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _area_tangent(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) == 1 else _total(math.atanh)(value)


def _sign(value: float) -> float:
    return value if value == 0 or math.isnan(value) else math.copysign(1.0, value)


def negate(value: float) -> float:
    """Unary minus."""
    return -value


def clamp(value: float, low: float, high: float) -> float | None:
    """The value between two limits; nothing when they are the wrong way round."""
    return None if high < low else clamp_min(clamp_max(value, high), low)


def clamp_min(value: float, limit: float) -> float:
    """The value, raised to the limit; NaN when either is."""
    return math.nan if math.isnan(value) or math.isnan(limit) else max(value, limit)


def clamp_max(value: float, limit: float) -> float:
    """The value, lowered to the limit; NaN when either is."""
    return math.nan if math.isnan(value) or math.isnan(limit) else min(value, limit)


def round_to(value: float, nearest: float = 1.0) -> float:
    """The nearest multiple, halves rounded up."""
    inverse = divide(1.0, nearest)
    scaled = value * inverse + 0.5
    return divide(float(math.floor(scaled)) if math.isfinite(scaled) else scaled, inverse)


ONE_NUMBER: dict[str, Elementwise] = {
    "abs": abs,
    "acos": _total(math.acos),
    "acosh": _total(math.acosh),
    "asin": _total(math.asin),
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": _area_tangent,
    "ceil": _whole(math.ceil),
    "cos": _total(math.cos),
    "cosh": _total(math.cosh),
    "deg": lambda value: value * 180 / math.pi,
    "exp": _total(math.exp),
    "floor": _whole(math.floor),
    "ln": _logarithm(math.log),
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "rad": lambda value: value * math.pi / 180,
    "sgn": _sign,
    "sin": _total(math.sin),
    "sinh": _hyperbolic_sine,
    "sqrt": _total(math.sqrt),
    "tan": _total(math.tan),
    "tanh": math.tanh,
}

WITH_SCALARS: dict[str, Elementwise] = {
    "clamp": clamp,
    "clamp_max": clamp_max,
    "clamp_min": clamp_min,
    "round": round_to,
}
