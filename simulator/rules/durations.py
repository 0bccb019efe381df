"""Durations as Prometheus writes them."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_LONGEST_MS = 2**63 // 1_000_000


def parse_prometheus_duration(text: str) -> int:
    """Milliseconds of a duration as Prometheus writes it: ``1h30m``, ``5m``, ``1d``, ``0``; units large to small."""
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError("expected a duration such as 30s, 5m or 1h30m")
    milliseconds = sum(int(count) * unit for count, unit in zip(match.groups("0"), _UNITS_MS, strict=True))
    if milliseconds > _LONGEST_MS:
        raise ValueError("expected a duration of less than 292 years")
    return milliseconds


def go_duration(milliseconds: int) -> str:
    """A duration as Prometheus prints it: ``5m``, ``1h30m``, ``0s``."""
    if milliseconds == 0:
        return "0s"
    rest, text = abs(milliseconds), ""
    for unit, length_ms, exact in _PRINTED:
        if not exact or rest % length_ms == 0:
            count, rest = divmod(rest, length_ms)
            text += f"{count}{unit}" if count else ""
    return ("-" if milliseconds < 0 else "") + text


# Years and weeks are used only where nothing is left over.
_PRINTED = (
    ("y", _UNITS_MS[0], True),
    ("w", _UNITS_MS[1], True),
    *((unit, _UNITS_MS[place], False) for place, unit in enumerate(("d", "h", "m", "s", "ms"), start=2)),
)
