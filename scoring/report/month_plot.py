"""Where everything stands on the two plots of the monthly report: plain numbers and texts, which `month.svg.j2` draws.

Each severity has a row of its own, so that nothing has to be told by colour; texts keep their size because each plot is
laid out for one width in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from scoring.month_text import minutes

LEFT, RIGHT = 46, 14
BARS, STRIP = 44, 34
"""Heights in pixels of a severity's row."""
CHARACTER = 6.5
"""Pixels a character of a label takes at most."""
TICKS_MIN = (0.1, 1, 5, 15, 60, 240, 1440, 7 * 1440, 30 * 1440)
"""Lengths in minutes at which the axis of times may have a line."""


class Bar(NamedTuple):
    """A month's count of a severity."""

    x: float
    y: float
    width: float
    height: float
    number: int
    title: str
    now: bool
    """Whether it is the month that the report is about."""


class Row(NamedTuple):
    """A severity: its name, its base line, and what stands on it."""

    name: str
    y: float
    bars: list[Bar]


class Counts(NamedTuple):
    """Incidents a month and severity."""

    width: int
    height: float
    left: float
    right: float
    rows: list[Row]
    ticks: list[tuple[float, str]]


class Mark(NamedTuple):
    """An incident, or a figure over all of them, on the axis of times."""

    kind: str
    x: float
    title: str


class Strip(NamedTuple):
    """A severity: its incidents, and its target."""

    name: str
    y: float
    marks: list[Mark]
    target: float | None
    target_text: str
    anchor: str


class Times(NamedTuple):
    """How long each incident of the month took to resolve, on a logarithmic axis."""

    width: int
    height: float
    left: float
    right: float
    top: float
    bottom: float
    strips: list[Strip]
    ticks: list[tuple[float, str]]


def counts(document: Mapping[str, Any], width: int) -> Counts:
    """Lay out the twelve months up to the report's."""
    months = document["months"]
    names = [*document["incidentsBySevirity"]]
    names += sorted({name for month in months for name in month["incidentsBySevirity"]} - set(names))
    most = max([1, *(count for month in months for count in month["incidentsBySevirity"].values())])
    left, right = float(LEFT), float(width - RIGHT)
    step = (right - left) / len(months)
    rows = []
    for index, name in enumerate(names):
        base = (index + 1) * (BARS + 10) + 4
        bars = []
        for place, month in enumerate(months):
            count = month["incidentsBySevirity"].get(name, 0)
            height = round(count / most * (BARS - 14), 1)
            x = round(left + place * step + step * 0.14, 1)
            title = f"{month['month']}: {count} of {name}"
            now = month["month"] == document["month"]
            bars.append(Bar(x, round(base - height, 1), round(step * 0.72, 1), height, count, title, now))
        rows.append(Row(name, base, bars))
    ticks = [
        (round(left + (place + 0.5) * step, 1), _month_label(month["month"], place, step))
        for place, month in enumerate(months)
    ]
    height = len(names) * (BARS + 10) + 40.0
    return Counts(width, height, left, right, rows, ticks)


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month_label(month: str, place: int, step: float) -> str:
    name = MONTHS[int(month[5:]) - 1]
    if step < 3 * CHARACTER + 4:
        return name[0]
    return f"{name} {month[:4]}" if (place == 0 or name == "Jan") and step > 9 * CHARACTER else name


def times(document: Mapping[str, Any], width: int) -> Times | None:
    """Lay out the month's resolved incidents; None if there is none."""
    resolved = [one for one in document["incidents"] if one["resolution_minutes"] is not None]
    if not resolved:
        return None
    targets = {row["severity"]: row["target_minutes"] for row in document["targets"] if row["kind"] == "resolution"}
    shown = {one["severity"] for one in resolved} | set(targets)
    names = [name for name in document["incidentsBySevirity"] if name in shown]
    scale = _Scale([*(one["resolution_minutes"] for one in resolved), *targets.values()], width)
    strips = []
    for index, name in enumerate(names):
        y = index * STRIP + STRIP - 8.0
        marks = [
            Mark("dot", scale(one["resolution_minutes"]), f"{one['id']}: {minutes(one['resolution_minutes'])}")
            for one in resolved
            if one["severity"] == name
        ]
        found = document["spread"]["resolutionMinutes"].get(name, {})
        for kind in ("mean", "median", "p90"):
            if found.get(kind) is not None:
                marks.append(Mark(kind, scale(found[kind]), f"{kind} of {name}: {minutes(found[kind])}"))
        target = scale(targets[name]) if name in targets else None
        text = f"target {minutes(targets[name])}" if name in targets else ""
        fits = target is None or target + len(text) * CHARACTER + 4 < scale.right
        strips.append(Strip(name, y, marks, target, text, "start" if fits else "end"))
    bottom = len(names) * STRIP + 6.0
    return Times(width, bottom + 34, scale.left, scale.right, 8.0, bottom, strips, scale.ticks())


class _Scale:
    """From minutes to pixels, by their logarithm. A place on paper only: it enters no figure."""

    def __init__(self, values: Sequence[float], width: int) -> None:
        self.left, self.right = float(LEFT), float(width - RIGHT)
        self.low = _step_below(min(values))
        self.high = max(_step_above(max(values)), self.low * 10)

    def __call__(self, value: float) -> float:
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return round(self.left + min(share, 1.0) * (self.right - self.left), 1)

    def ticks(self) -> list[tuple[float, str]]:
        found = [(self(value), minutes(value)) for value in TICKS_MIN if self.low <= value <= self.high]
        return list(_apart(found))


def _apart(ticks: Iterable[tuple[float, str]]) -> Iterable[tuple[float, str]]:
    """Those ticks whose labels do not touch the one before."""
    listed = list(ticks)
    yield from listed[:1]
    last = listed[:1]
    for _, tick in pairwise(listed):
        if tick[0] - last[0][0] > (len(tick[1]) + len(last[0][1])) / 2 * CHARACTER + 6:
            last = [tick]
            yield tick


def _step_below(value: float) -> float:
    return max([TICKS_MIN[0], *(tick for tick in TICKS_MIN if tick < value)])


def _step_above(value: float) -> float:
    return next((float(tick) for tick in TICKS_MIN if tick > value), value)
