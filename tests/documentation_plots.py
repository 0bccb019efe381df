"""Pictures that follow from the code: how a failure that feeds itself goes on, whatever was its cause."""

from __future__ import annotations

from collections.abc import Callable

from simulator.course import Course
from tests.simulator.dynamics.test_metastable import SHED_S, course, recovered_s

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 300, 60, 40, 20
UNTIL_S, LONGEST_S = 1_260, 60
CURVES: dict[str, tuple[str, Callable[[], Course]]] = {
    "280, one retry": ("#b3261e", lambda: course(280)),
    "shed to 146": ("#c77700", lambda: course(280, shed_to=146)),
    "shed to 140": ("#8a6d00", lambda: course(280, shed_to=140)),
    "shed to 112": ("#2e7d32", lambda: course(280, shed_to=112)),
    "280, no retry": ("#1565c0", lambda: course(280, retries=0)),
}
"""What is drawn: its colour, and the course of the world."""


def metastable_svg() -> str:
    """How long a query waits, over twenty minutes, by what is done a minute after the beginning."""
    lines = [_axis(), *(_curve(number, name) for number, name in enumerate(CURVES))]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *lines, "</svg>", ""])


def metastable_rows() -> list[tuple[str, str, str]]:
    """What is done, when that was published to recover, and when it does here."""
    shed = [
        (f"shed to {load} a second at {SHED_S} s", published, recovered_s(course(280, shed_to=load), SHED_S))
        for load, published in ((112, "232 s"), (140, "709 s"), (146, "not within 1,200 s"))
    ]
    below_half = "140 a second from the beginning", "by itself", recovered_s(course(140))
    rows = [("nothing", "never", recovered_s(course(280))), *shed, below_half]
    return [(done, said, "not within 1,200 s" if found is None else f"{found} s") for done, said, found in rows]


def _axis() -> str:
    parts = [f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 10}" stroke="#444" fill="none"/>']
    for second in range(0, UNTIL_S + 1, 180):
        parts.append(f'<text x="{_x(second):.0f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{second} s</text>')
    for wait in (0, 20, 40, 60):
        parts.append(f'<text x="{LEFT - 6}" y="{_y(wait) + 4:.0f}" text-anchor="end">{wait} s</text>')
    parts.append(f'<text x="{LEFT + 6}" y="{TOP - 6}">how long a query waits</text>')
    return "\n".join(parts)


def _curve(number: int, name: str) -> str:
    colour, make = CURVES[name]
    points = " ".join(f"{_x(second):.1f},{_y(wait):.1f}" for second, wait in _waits(make()))
    y = TOP + 14 + 16 * number
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>\n'
        f'<text x="{WIDTH - 20}" y="{y}" text-anchor="end" fill="{colour}">{name}</text>'
    )


def _x(second: float) -> float:
    return LEFT + (WIDTH - 10 - LEFT) * second / UNTIL_S


def _y(wait_s: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(wait_s, LONGEST_S) / LONGEST_S


def _waits(made: Course) -> list[tuple[int, float]]:
    return [(second, made.at(second * 1_000)["database"].floor_ms / 1_000) for second in range(0, UNTIL_S, 6)]
