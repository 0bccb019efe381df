"""Functions of templates, and how Go prints values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

Value = float | str | Mapping[str, str]
"""What a pipeline yields; a mapping is of labels."""

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_VERB = re.compile(r"%([-+ 0#]*)(\d*)(\.\d*)?(.)", re.DOTALL)


class FormatError(Exception):
    """A function was given what it cannot work with."""


def print_value(value: Value) -> str:
    """A value as Go's ``%v`` prints it: ``0.5``, ``9.8765432e+07``, ``+Inf``, ``map[job:api]``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{text}' for name, text in sorted(value.items()))}]"
    return print_float(value)


def print_float(value: float) -> str:
    """The shortest text that reads back as this float, with an exponent from a million on and below 0.0001."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return repr(value).removesuffix(".0")
    digits = 0
    while float(text := f"{value:.{digits}e}") != value:
        digits += 1
    return text


def humanize(value: Value) -> str:
    """Four significant digits and a metric prefix."""
    number = _number(value)
    if number == 0 or not math.isfinite(number):
        return _four_digits(number)
    return "{}{}".format(*_scaled(number, _LARGE if abs(number) >= 1 else _SMALL))


def humanize1024(value: Value) -> str:
    """Four significant digits and a binary prefix."""
    number = _number(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _four_digits(number)
    prefix = ""
    for following in _LARGE:
        if abs(number) < 1024:
            break
        prefix, number = f"{following}i", number / 1024
    return _four_digits(number) + prefix


def humanize_duration(value: Value) -> str:
    """Seconds as days, hours, minutes and seconds."""
    number = _number(value)
    if not math.isfinite(number):
        return _four_digits(number)
    if abs(number) < 1:
        return "{}{}s".format(*_scaled(number, _SMALL)) if number else "0s"
    sign = "-" if number < 0 else ""
    seconds = int(abs(number))
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if seconds < 60:
        return f"{sign}{_four_digits(abs(number))}s"
    text = f"{minutes}m {seconds % 60}s"
    text = f"{hours}h {text}" if seconds >= 3_600 else text
    return f"{sign}{days}d {text}" if days else sign + text


def humanize_percentage(value: Value) -> str:
    """A share as a percentage."""
    return f"{_four_digits(_number(value) * 100)}%"


def _printf(template: Value, *values: Value) -> str:
    """Go's ``printf`` for the verbs f, e, g, s, v and d."""
    if not isinstance(template, str):
        raise FormatError("wrong type for value; expected string; got float64")
    rest = list(values)

    def verb(match: re.Match[str]) -> str:
        flags, width, precision, letter = match.groups()
        if letter == "%":
            return "%"
        if not rest:
            return f"%!{letter}(MISSING)"
        value = rest.pop(0)
        if letter == "v" or (letter == "s" and not isinstance(value, float)):
            text = print_value(value)
            text = text[: int(precision[1:] or 0)] if precision and isinstance(value, str) else text
        elif letter in "feEgG" and isinstance(value, float) and math.isfinite(value):
            if letter in "gG" and precision is None:
                text = print_float(value) if letter == "g" else print_float(value).upper()
            else:
                text = f"%{flags.replace('-', '')}{precision or ''}{letter}" % value
        elif letter in "feEgG" and isinstance(value, float):
            text = print_float(value)
        elif letter in "feEgGsd":
            return f"%!{letter}({_go_type(value)}={print_value(value)})"
        else:
            raise FormatError(f"printf with %{letter} is not supported")
        return _pad(text, flags, int(width or 0))

    text = _VERB.sub(verb, template)
    if rest:
        text += f"%!(EXTRA {', '.join(f'{_go_type(value)}={print_value(value)}' for value in rest)})"
    return text


def _pad(text: str, flags: str, width: int) -> str:
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags else text.rjust(width)


def _go_type(value: Value) -> str:
    return "float64" if isinstance(value, float) else "string" if isinstance(value, str) else "map[string]string"


def _number(value: Value) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise FormatError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None
    raise FormatError("can't convert map[string]string to float")


def _scaled(number: float, prefixes: tuple[str, ...]) -> tuple[str, str]:
    """The number brought between 1 and 1000 as far as the prefixes go, and the prefix."""
    prefix = ""
    for following in prefixes:
        if abs(number) >= 1 if prefixes is _SMALL else abs(number) < 1000:
            break
        prefix, number = following, number * 1000 if prefixes is _SMALL else number / 1000
    return _four_digits(number), prefix


def _four_digits(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else print_float(number)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise FormatError(f"wrong type for value; expected string; got {_go_type(value)}")
    return value


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "printf": _printf,
    "toUpper": lambda value: _text(value).upper(),
    "toLower": lambda value: _text(value).lower(),
}
