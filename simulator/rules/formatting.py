"""How numbers are written for people, and Go's ``printf``."""

from __future__ import annotations

import json
import math
import re

from simulator.promql.dates import DAY_S, civil
from simulator.rules.values import FormatError, Value, go_type, print_float, print_value

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_VERB = re.compile(r"%([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?(?:\[(\d+)\])?(.)?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf(?:inity)?)|nan", re.IGNORECASE)


def number(value: Value) -> float:
    """The number that a function was given, perhaps as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            raise FormatError(f'strconv.ParseFloat: parsing "{value}": invalid syntax')
        return float(value)
    raise FormatError(f"can't convert {go_type(value)} to float")


def humanize(value: Value) -> str:
    """Four significant digits and a metric prefix."""
    of = number(value)
    if of == 0 or not math.isfinite(of):
        return _four_digits(of)
    return "{}{}".format(*_scaled(of, _LARGE if abs(of) >= 1 else _SMALL))


def humanize1024(value: Value) -> str:
    """Four significant digits and a binary prefix."""
    of = number(value)
    if abs(of) <= 1 or not math.isfinite(of):
        return _four_digits(of)
    prefix = ""
    for following in _LARGE:
        if abs(of) < 1024:
            break
        prefix, of = f"{following}i", of / 1024
    return _four_digits(of) + prefix


def humanize_duration(value: Value) -> str:
    """Seconds as days, hours, minutes and seconds."""
    of = number(value)
    if not math.isfinite(of):
        return _four_digits(of)
    if abs(of) < 1:
        return "{}{}s".format(*_scaled(of, _SMALL)) if of else "0s"
    sign = "-" if of < 0 else ""
    seconds = int(abs(of))
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if seconds < 60:
        return f"{sign}{_four_digits(abs(of))}s"
    text = f"{minutes}m {seconds % 60}s"
    text = f"{hours}h {text}" if seconds >= 3_600 else text
    return f"{sign}{days}d {text}" if days else sign + text


def humanize_percentage(value: Value) -> str:
    """A share as a percentage."""
    return f"{_four_digits(number(value) * 100)}%"


def humanize_timestamp(value: Value) -> str:
    """A Unix time as date and time of day."""
    of = number(value)
    if not math.isfinite(of):
        return _four_digits(of)
    if abs(of * 1e9) >= 2**63:
        raise FormatError(
            f"{print_float(of)} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )
    milliseconds = int(int(of * 1e9) / 1_000_000)
    seconds, rest = divmod(milliseconds, 1000)
    year, month, day = civil(seconds // DAY_S)
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    of_day = seconds % DAY_S
    clock = f"{of_day // 3600:02}:{of_day // 60 % 60:02}:{of_day % 60:02}{fraction}"
    return f"{year:04}-{month:02}-{day:02} {clock} +0000 UTC"


def _scaled(of: float, prefixes: tuple[str, ...]) -> tuple[str, str]:
    """The number brought between 1 and 1000 as far as the prefixes go, and the prefix."""
    prefix = ""
    for following in prefixes:
        if abs(of) >= 1 if prefixes is _SMALL else abs(of) < 1000:
            break
        prefix, of = following, of * 1000 if prefixes is _SMALL else of / 1000
    return _four_digits(of), prefix


def _four_digits(of: float) -> str:
    return f"{of:.4g}" if math.isfinite(of) else print_float(of)


def printf(template: Value, *values: Value) -> str:
    """Go's ``printf``."""
    if not isinstance(template, str):
        raise FormatError(f"wrong type for value; expected string; got {go_type(template)}")
    arguments = _Arguments(values)
    text = _VERB.sub(lambda match: _verb(match, arguments), template)
    return text + arguments.extra()


class _Arguments:
    """What is left to print; ``%[1]d`` moves to an argument."""

    def __init__(self, values: tuple[Value, ...]) -> None:
        self._values = values
        self._at = 0
        self._moved = False

    def move(self, place: int) -> None:
        self._at, self._moved = place - 1, True

    @property
    def is_done(self) -> bool:
        return not 0 <= self._at < len(self._values)

    def take(self) -> Value:
        self._at += 1
        return self._values[self._at - 1]

    def size(self, text: str | None) -> int | None:
        """A width or a precision, perhaps from an argument."""
        if text == "*":
            taken = None if self.is_done else self.take()
            return taken if isinstance(taken, int) else None
        return int(text) if text else 0 if text == "" else None

    def extra(self) -> str:
        rest = [] if self._moved else self._values[self._at :]
        if not rest:
            return ""
        return (
            f"%!(EXTRA {', '.join('<nil>' if one is None else f'{go_type(one)}={print_value(one)}' for one in rest)})"
        )


def _verb(match: re.Match[str], arguments: _Arguments) -> str:
    flags, width_text, precision_text, place, letter = match.groups()
    if letter is None:
        return "%!(NOVERB)"
    width = arguments.size(width_text)
    precision = arguments.size(precision_text)
    if place is not None:
        arguments.move(int(place))
    if letter == "%":
        return "%"
    if arguments.is_done:
        return f"%!{letter}(BADINDEX)" if place is not None else f"%!{letter}(MISSING)"
    value = arguments.take()
    text = _formatted(value, letter, flags, precision)
    if text is None:
        shown = "<nil>" if value is None else f"{go_type(value)}={print_value(value)}"
        text = f"%!{letter}({shown})"
    if "-" in flags:
        return text.ljust(width or 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    zeros = "0" in flags and not (is_number and isinstance(value, float) and not math.isfinite(value))
    return text.zfill(width or 0) if zeros else text.rjust(width or 0)


def _formatted(value: Value, letter: str, flags: str, precision: int | None) -> str | None:
    """A value under a verb; None where the verb is not one for it."""
    if letter == "T":
        return go_type(value)
    if letter == "v":
        if isinstance(value, float):
            return _float_text(value, "g", flags, precision)
        return "<nil>" if value is None else print_value(value)
    if isinstance(value, bool):
        return print_value(value) if letter == "t" else None
    if isinstance(value, str):
        return _string_text(value, letter, precision)
    if isinstance(value, int):
        return _integer_text(value, letter, flags)
    if isinstance(value, float):
        return _float_text(value, letter, flags, precision) if letter in "feEgGF" else None
    if value is None:
        return None
    return _container_text(value, letter, flags, precision)


def _container_text(value: Value, letter: str, flags: str, precision: int | None) -> str | None:
    if not isinstance(value, dict):
        return print_value(value)
    inner = {name: _formatted(one, letter, flags, precision) for name, one in sorted(value.items())}
    names = {name: _formatted(name, letter, flags, precision) or f"%!{letter}(string={name})" for name in inner}
    texts = (
        f"{names[name]}:{f'%!{letter}({go_type(value[name])}={print_value(value[name])})' if text is None else text}"
        for name, text in inner.items()
    )
    return f"map[{' '.join(texts)}]"


def _string_text(value: str, letter: str, precision: int | None) -> str | None:
    value = value if precision is None or letter not in "sqxX" else value[:precision]
    if letter == "s":
        return value
    if letter == "q":
        return json.dumps(value, ensure_ascii=False)
    if letter in "xX":
        text = value.encode("utf-8", "surrogateescape").hex()
        return text.upper() if letter == "X" else text
    return None


_BASES = {"d": "d", "x": "x", "X": "X", "o": "o", "b": "b"}


def _integer_text(value: int, letter: str, flags: str) -> str | None:
    sign = "+" if "+" in flags and value >= 0 else " " if " " in flags and value >= 0 else ""
    if letter in _BASES:
        return sign + format(value, _BASES[letter])
    if letter == "c":
        return chr(value)
    if letter == "q":
        return f"'{chr(value)}'"
    if letter == "U":
        return f"U+{value:04X}"
    return None


def _float_text(value: float, letter: str, flags: str, precision: int | None) -> str:
    sign = "+" if "+" in flags else " " if " " in flags else ""
    if not math.isfinite(value):
        return print_float(value)
    if letter in "gG" and precision is None:
        text = print_float(value)
        text = text.upper() if letter == "G" else text
        return sign + text if value >= 0 else text
    alternative = "#" if "#" in flags else ""
    digits = 6 if precision is None else precision
    letter = "f" if letter == "F" else letter
    return f"%{sign}{alternative}.{digits}{letter}" % value
