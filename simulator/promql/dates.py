"""Parts of the date of a Unix time, in UTC."""

from __future__ import annotations

import math
from collections.abc import Callable

DAY_S = 86_400
_EARLIEST = -(2**63)
_GO_BEGINS = -9_223_372_028_715_321_600
"""Go counts seconds from the year -292277022399; what lies before wraps around to the far future, and so does NaN."""


def civil(days: int) -> tuple[int, int, int]:
    """(year, month, day of the month) of a number of days since 1970-01-01, in the Gregorian calendar of all times."""
    # Years are taken to begin in March, so that the leap day is the last; 400 years have 146,097 days.
    era, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    of_month = day - (153 * month + 2) // 5 + 1
    return year + 400 * era + (month >= 10), month + 3 if month < 10 else month - 9, of_month


def _days_before(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of a month."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    day = (153 * ((month + 9) % 12) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + day - 719_468


def _seconds(value: float) -> int:
    """Whole seconds, cut towards zero, as Go converts a float."""
    seconds = int(value) if math.isfinite(value) and abs(value) < 2**63 else _EARLIEST
    return seconds if seconds >= _GO_BEGINS else seconds + 2**64


def _date(value: float) -> tuple[int, int, int]:
    return civil(_seconds(value) // DAY_S)


def _days_in_month(value: float) -> int:
    year, month, _ = _date(value)
    return _days_before(year + month // 12, month % 12 + 1) - _days_before(year, month)


DATE_PARTS: dict[str, Callable[[float], float]] = {
    "day_of_month": lambda value: float(_date(value)[2]),
    "day_of_week": lambda value: float((_seconds(value) // DAY_S + 4) % 7),
    "day_of_year": lambda value: float(_seconds(value) // DAY_S - _days_before(_date(value)[0], 1) + 1),
    "days_in_month": lambda value: float(_days_in_month(value)),
    "hour": lambda value: float(_seconds(value) // 3600 % 24),
    "minute": lambda value: float(_seconds(value) // 60 % 60),
    "month": lambda value: float(_date(value)[1]),
    "year": lambda value: float(_date(value)[0]),
}
