"""Readers for Prometheus's ways of writing series and evaluations down in tests."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from simulator.promql.series import NAME, STALE, Labels, Series, make_labels

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_METRIC = re.compile(r"""\s*([a-zA-Z_:][\w:]*)?\s*(\{(?!\{)(?:[^}"']|"(?:[^"\\]|\\.)*"|'[^']*')*\})?\s*""")
_LABEL = re.compile(r"""\s*(?:"?([\w:.]+)"?\s*=\s*)?("(?:[^"\\]|\\.)*"|'[^']*')\s*,?""")
_REPEATED = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?|[+-]?Inf|NaN|stale|_)(?:([+-][\d.]+(?:e[+-]?\d+)?))?x(\d+)")


def duration_ms(text: str) -> int:
    """``1m30s``, or a number of seconds."""
    try:
        return round(float(text) * 1000)
    except ValueError:
        return round(sum(float(n) * _UNITS_S[unit] for n, unit in re.findall(r"([\d.]+)(ms|[smhdwy])", text)) * 1000)


def read_metric(text: str) -> tuple[Labels, str]:
    """Labels of a metric such as ``up{job="a"}``, and the text that follows it."""
    match = _METRIC.match(text)
    assert match is not None
    pairs = [(NAME, match[1])] if match[1] else []
    for name, value in _LABEL.findall((match[2] or "")[1:-1]):
        pairs.append((name or NAME, re.sub(r"\\(.)", r"\1", value[1:-1])))
    return make_labels(pairs), text[match.end() :]


def read_values(text: str) -> list[float | None]:
    """Values in series notation; None for a gap, `STALE` for a stale marker."""
    values: list[float | None] = []
    for word in text.split():
        match = _REPEATED.fullmatch(word)
        if match is None:
            values.append(_value(word))
        elif match[1] in ("_", "stale"):
            values += [_value(match[1])] * int(match[3])
        else:
            value, step = float(match[1]), float(match[2] or 0)
            values.append(value)
            for _ in range(int(match[3])):
                value += step
                values.append(value)
    return values


def _value(word: str) -> float | None:
    return None if word == "_" else STALE if word == "stale" else float(word)


def make_series(labels: Labels, values: list[float | None], step_ms: int) -> Series:
    """A series with a sample at each step from zero on, where there is a value."""
    series = Series(labels)
    kept = [(number * step_ms, value) for number, value in enumerate(values) if value is not None]
    series.extend([time for time, _ in kept], [value for _, value in kept])
    return series


def alike(one: float, other: float, relative: float) -> bool:
    """Whether two values agree; NaN agrees with NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or math.isclose(one, other, rel_tol=relative, abs_tol=1e-300)


class Evaluation(NamedTuple):
    """One evaluation of a ``.test`` file: over which series, when, and what must come out."""

    line: int
    series: tuple[Series, ...]
    times: tuple[int, ...]
    bounds: tuple[int, int] | None
    expression: str
    fails: bool
    ordered: bool
    expected: dict[Labels, list[float | None]]
    scalar: float | None
    obstacle: str | None
    """Why this reader cannot judge the evaluation."""


def read_test_file(text: str) -> Iterator[Evaluation]:
    """The evaluations of a file in Prometheus's ``.test`` language."""
    lines = [
        line.split("#")[0].rstrip() if line.lstrip().startswith("#") else line.rstrip() for line in text.split("\n")
    ]
    series: dict[Labels, Series] = {}
    native: set[str] = set()
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        block_start = number
        while number < len(lines) and lines[number][:1] in (" ", "\t") and lines[number].strip():
            number += 1
        block = [entry.strip() for entry in lines[block_start:number]]
        if line == "clear":
            series, native = {}, set()
        elif line.startswith("load"):
            step_ms = duration_ms(line.split()[1])
            for entry in block:
                labels, rest = read_metric(entry)
                if "{{" in rest or line.startswith("load_with_nhcb"):
                    native.add(dict(labels)[NAME].removesuffix("_bucket"))
                if "{{" not in rest:
                    series[labels] = make_series(labels, read_values(rest), step_ms)
        elif line.startswith("eval"):
            yield _evaluation(block_start, line, block, tuple(series.values()), native)


def _needs_native(line: str, block: list[str], native: set[str]) -> bool:
    """Whether an evaluation may read a native histogram or yield one."""
    reads = any(re.search(rf"\b{name}\b", line) for name in native) or (bool(native) and "=~" in line)
    return reads or any("{{" in entry for entry in block)


def _evaluation(number: int, line: str, block: list[str], series: tuple[Series, ...], native: set[str]) -> Evaluation:
    words = line.split(None, 4)
    bounds = None
    if words[1] == "instant":
        _, _, _, at, expression = words
        times: tuple[int, ...] = (duration_ms(at),)
    else:
        match = re.match(r"\S+ range from (\S+) to (\S+) step (\S+)\s+(.*)", line)
        assert match is not None, line
        start, end, step = (duration_ms(part) for part in match.groups()[:3])
        times, bounds, expression = tuple(range(start, end + 1, step)), (start, end), match[4]
    fails = words[0] == "eval_fail" or any(entry.startswith("expect fail") for entry in block)
    ordered = words[0] == "eval_ordered" or "expect ordered" in block
    obstacle = "native histogram" if _needs_native(line, block, native) else None
    expected: dict[Labels, list[float | None]] = {}
    scalar = None
    for entry in block:
        if entry.startswith(("expect range vector", "expect string")):
            obstacle = "no value of a rule: range vector or string"
        if entry.startswith("expect") or obstacle:
            continue
        if re.fullmatch(r"[-+]?[\d.]+(e[+-]?\d+)?|[+-]?Inf|NaN", entry):
            scalar = float(entry)
            continue
        labels, rest = read_metric(entry)
        values = read_values(rest)
        expected[labels] = [None if value is STALE else value for value in values]
    return Evaluation(number, series, times, bounds, expression, fails, ordered, expected, scalar, obstacle)
