"""Where everything stands on the timeline: plain numbers and texts, which `timeline.svg.j2` draws.

Everything is laid out for one width in pixels, so that a phone gets a plot of its own with legible text instead of a
shrunken one. Shapes and hatching tell what a mark is; colour only helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scoring.report.lanes import BOLD_LETTER, Lane, lanes
from scoring.wording import latency, moment, percent, plain
from simulator.journal import Journal, Record

LEFT, RIGHT = 46, 14
"""Margins: the left one holds the figures of the vertical axes."""
ROW, LANE_LABEL, LANE_BAR, PANEL = 16, 18, 15, 84
MINUTE_MS = 60_000


class Panel(NamedTuple):
    """A quantity over time: a stepped line above a filled area, and its objective."""

    title: str
    title_width: float
    top: float
    bottom: float
    line: str
    area: str
    ticks: list[tuple[float, str]]
    """Height and text of each grid line."""
    limit_y: float | None
    limit: str


class Marker(NamedTuple):
    """A milestone: a vertical line, and its label in one of the rows above the plot."""

    name: str
    x: float
    text_x: float
    text_y: float
    anchor: str
    title: str


class Plot(NamedTuple):
    """The whole drawing."""

    width: int
    height: float
    left: float
    right: float
    top: float
    bottom: float
    markers: list[Marker]
    panels: list[Panel]
    lanes: list[Lane]
    ticks: list[tuple[float, str]]


class Scale:
    """From drill time to pixels."""

    def __init__(self, end_ms: int, width: int) -> None:
        self.end_ms = max(end_ms, 1)
        self.left, self.right = float(LEFT), float(width - RIGHT)

    def __call__(self, at_ms: float) -> float:
        share = min(max(at_ms / self.end_ms, 0.0), 1.0)
        return round(self.left + share * (self.right - self.left), 1)


def plot(card: Mapping[str, Any], journal: Journal, end_ms: int, width: int) -> Plot:
    """Lay out the timeline of a drill for a drawing `width` pixels wide."""
    scale = Scale(end_ms, width)
    markers, y = _markers(card, scale)
    top = y + 4
    panels = []
    service = _shown_service(journal, card)
    if service is not None:
        changes = [r for r in journal.records if r["type"] == "service_changed" and r["service"] == service]
        objective = journal.header.get("objectives", {}).get(service, {})
        for quantity in ("error_ratio", "latency_p95_ms"):
            y += LANE_LABEL + 10
            panels.append(_panel(quantity, service, changes, objective, scale=scale, top=y))
            y += PANEL
    laid_out = []
    for lane in lanes(journal, card, end_ms):
        y += LANE_LABEL + 7
        laid_out.append(lane.placed(y, scale, scale.right))
        y += LANE_BAR
    bottom = y + 6
    ticks = _time_ticks(end_ms, scale)
    return Plot(width, bottom + 36, scale.left, scale.right, top, bottom, markers, panels, laid_out, ticks)


def _shown_service(journal: Journal, card: Mapping[str, Any]) -> str | None:
    """The service whose users were hurt first; without an impact, the first that has an objective."""
    impact = card["milestones"]["impact"]
    if impact is not None:
        return str(journal.records[impact["record"] - 1]["service"])
    return next(iter(journal.header.get("objectives", {})), None)


def _panel(
    quantity: str, service: str, changes: Sequence[Record], objective: Mapping[str, Any], *, scale: Scale, top: float
) -> Panel:
    """One quantity of a service as a stepped line, from its `service_changed` records."""
    ratio = quantity == "error_ratio"
    title = f"{plain(service)}: share of requests that fail" if ratio else f"{plain(service)}: response time, p95"
    write = percent if ratio else latency
    limit = objective.get("error_ratio" if ratio else "latency_p95")
    values = [float(change[quantity]) for change in changes]
    most = _nice(max([*values, (limit or 0) * 1.25, 0.01 if ratio else 100.0]))
    bottom = top + PANEL

    def height(value: float) -> float:
        return round(bottom - value / most * PANEL, 1)

    line, area = _steps([(scale(c["at_ms"]), height(c[quantity])) for c in changes], scale.right, bottom)
    return Panel(
        title=title,
        title_width=round(len(title) * BOLD_LETTER, 1),
        top=top,
        bottom=bottom,
        line=line,
        area=area,
        ticks=[(height(most * share), write(most * share)) for share in (0.0, 0.5, 1.0)],
        limit_y=None if limit is None else height(limit),
        limit="" if limit is None else f"objective {write(limit)}",
    )


def _steps(points: Sequence[tuple[float, float]], right: float, bottom: float) -> tuple[str, str]:
    """The path of a stepped line through points, and of the area below it."""
    if not points:
        return "", ""
    x, y = points[0]
    parts = [f"M{x} {y}"]
    for next_x, next_y in points[1:]:
        if next_y != y:
            parts.append(f"H{next_x}V{next_y}")
            y = next_y
    parts.append(f"H{right}")
    line = "".join(parts)
    return line, f"{line}V{bottom}H{x}Z"


def _nice(value: float) -> float:
    """The next round figure (1, 2, 4, 6 or 10 times a power of ten) not below a positive value."""
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 < value:
        power *= 10
    return next(power * step for step in (1, 2, 4, 6, 10) if power * step >= value * 0.999)


def _markers(card: Mapping[str, Any], scale: Scale) -> tuple[list[Marker], float]:
    """Milestones with labels packed into rows so that none covers another, and the height that they take."""
    reached = [(m["at_s"] * 1000, name) for name, m in card["milestones"].items() if m is not None]
    rows: list[float] = []
    markers = []
    for at_ms, name in sorted(reached):
        x, width = scale(at_ms), len(name) * BOLD_LETTER + 10
        anchor, start = ("start", x + 4) if x + width <= scale.right else ("end", x - 4 - width)
        row = next((number for number, used in enumerate(rows) if used <= start), len(rows))
        rows[row : row + 1] = [start + width]
        text_x = x + 4 if anchor == "start" else x - 4
        markers.append(Marker(name, x, round(text_x, 1), (row + 1) * ROW, anchor, f"{name} at {moment(int(at_ms))}"))
    return markers, len(rows) * ROW + 4.0


def _time_ticks(end_ms: int, scale: Scale) -> list[tuple[float, str]]:
    """Round minutes along the time axis, as many as there is room for."""
    most = max(2, int((scale.right - scale.left) / 48))
    minutes = end_ms / MINUTE_MS
    step = next((step for step in _tick_steps() if minutes / step <= most), 1440)
    return [(scale(minute * MINUTE_MS), str(minute)) for minute in range(0, int(minutes) + 1, step)]


def _tick_steps() -> Iterable[int]:
    return (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)
