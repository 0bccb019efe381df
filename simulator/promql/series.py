"""Time series, the store that holds them, and the matchers that select them."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import lt
from typing import Final

from simulator.promql.regular_expressions import Pattern

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted by name; the metric's name is the label ``__name__``."""

NAME = "__name__"

STALE: Final = float("nan")
"""Stands, as this very object, for a stale marker among values given to `Series.extend`; any other NaN is a sample."""


def make_labels(pairs: Iterable[tuple[str, str]]) -> Labels:
    """Sorted labels; an empty value is the same as no label, so it is left out."""
    return tuple(sorted(pair for pair in pairs if pair[1]))


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


class Series:
    """Samples of one series in order of time, and the moments at which it was marked stale.

    `times` are milliseconds, ascending, and `values` go with them. A stale marker is not a sample: it lives in
    `stale_ms`, so that ranges, which skip markers, read `times` and `values` as they are. Owners of a series change it
    by its methods only.
    """

    __slots__ = ("_changes", "_changes_to", "_resets", "_resets_to", "labels", "stale_ms", "times", "unnamed", "values")

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.unnamed = without_name(labels)
        self.times: list[int] = []
        self.values: list[float] = []
        self.stale_ms: list[int] = []
        self._resets: list[int] = []
        self._resets_to = 1
        self._changes: list[int] = []
        self._changes_to = 1

    def extend(self, times: Sequence[int], values: Sequence[float]) -> None:
        """Append samples (or `STALE`) at ascending times, all of them later than what the series holds."""
        assert len(times) == len(values)
        if not times:
            return
        assert times[0] > self.end_ms, f"{self.labels}: sample at {times[0]} comes too late"
        if STALE in values:
            self.stale_ms.extend(time for time, value in zip(times, values, strict=True) if value is STALE)
            samples = [(time, value) for time, value in zip(times, values, strict=True) if value is not STALE]
            times, values = [time for time, _ in samples], [value for _, value in samples]
        self.times.extend(times)
        self.values.extend(values)

    @property
    def end_ms(self) -> float:
        """When the last sample or stale marker is; minus infinity before the first."""
        last = self.times[-1] if self.times else -math.inf
        return max(last, self.stale_ms[-1]) if self.stale_ms else last

    @property
    def live(self) -> bool:
        """Whether the series has samples and was not marked stale after the last one."""
        return bool(self.times) and self.times[-1] == self.end_ms

    def mark_stale(self, at_ms: int) -> None:
        """Say that the series is known to have ended: instant selectors stop seeing it at once."""
        self.extend((at_ms,), (STALE,))

    def truncate(self, after_ms: int) -> None:
        """Drop samples and stale markers later than `after_ms`."""
        length = bisect_right(self.times, after_ms)
        if length < len(self.times):
            del self.times[length:]
            del self.values[length:]
            _cut(self._resets, length)
            _cut(self._changes, length)
            self._resets_to = min(self._resets_to, max(length, 1))
            self._changes_to = min(self._changes_to, max(length, 1))
        del self.stale_ms[bisect_right(self.stale_ms, after_ms) :]

    def resets(self) -> list[int]:
        """Indices of samples smaller than the one before them: where a counter began again."""
        self._resets_to = _scan(self.values, lt, self._resets, self._resets_to)
        return self._resets

    def changes(self) -> list[int]:
        """Indices of samples that differ from the one before them; NaN after NaN is no change."""
        self._changes_to = _scan(self.values, _differ, self._changes, self._changes_to)
        return self._changes


def _scan(values: list[float], differ: Callable[[float, float], bool], found: list[int], start: int) -> int:
    """Append to `found` each index from `start` on whose value `differ`s from its predecessor; return the new end."""
    end = len(values)
    if end > start:
        found.extend(compress(range(start, end), map(differ, values[start:], values[start - 1 :])))
        return end
    return start


def _differ(new: float, old: float) -> bool:
    return new != old and not (math.isnan(new) and math.isnan(old))


def _cut(indices: list[int], length: int) -> None:
    while indices and indices[-1] >= length:
        indices.pop()


class Matcher:
    """A condition on one label; a label that is absent has the value ``""``. Regular expressions match whole values."""

    __slots__ = ("_accepts", "key", "name", "operator", "value")

    def __init__(self, name: str, operator: str, value: str, *, dot_matches_newline: bool = True) -> None:
        """`operator` is one of ``=``, ``!=``, ``=~``, ``!~``; PromqlError for an expression that is not supported."""
        self.name = name
        self.operator = operator
        self.value = value
        self.key = (name, operator, value)
        self._accepts: Callable[[str], object] = value.__eq__
        if operator in ("=~", "!~"):
            self._accepts = Pattern(value, dot_matches_newline=dot_matches_newline).fullmatch

    def matches(self, value: str) -> bool:
        """Whether a label of this value passes."""
        return bool(self._accepts(value)) == (self.operator in ("=", "=~"))


class Selector:
    """Which series an expression reads: all matchers must pass. `name` is the metric's name, "" when not fixed."""

    __slots__ = ("key", "matchers", "name")

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        self.matchers = tuple(matchers)
        self.key = tuple(matcher.key for matcher in matchers)
        names = [matcher.value for matcher in matchers if matcher.name == NAME and matcher.operator == "="]
        self.name = names[0] if names else ""

    def __str__(self) -> str:
        """As PromQL writes it."""
        others = [m for m in self.matchers if not (m.name == NAME and m.value == self.name and m.operator == "=")]
        inside = ", ".join(f"{m.name}{m.operator}{json.dumps(m.value, ensure_ascii=False)}" for m in others)
        return f"{self.name}{{{inside}}}" if inside or not self.name else self.name

    def matches(self, labels: Labels) -> bool:
        """Whether a series with these labels is selected."""
        values = dict(labels)
        return all(matcher.matches(values.get(matcher.name, "")) for matcher in self.matchers)

    def matches_name(self, name: str) -> bool:
        """Whether series of a metric of this name may be selected."""
        return all(matcher.matches(name) for matcher in self.matchers if matcher.name == NAME)


class SeriesStore:
    """All series there are, each label set once, in the order of adding.

    `epoch_ms` is the Unix time of the store's time zero: what ``time()`` counts from, and ``@``.
    """

    def __init__(self, series: Iterable[Series] = (), *, epoch_ms: int = 0) -> None:
        self.epoch_ms = epoch_ms
        self._by_labels: dict[Labels, Series] = {}
        self._selections: dict[tuple[tuple[str, str, str], ...], list[Series]] = {}
        for one in series:
            self.add(one)

    def add(self, series: Series) -> None:
        """Take in a series; no other may have its labels."""
        assert series.labels not in self._by_labels, f"two series with labels {series.labels}"
        self._by_labels[series.labels] = series
        self._selections.clear()

    def all(self) -> Iterable[Series]:
        """Every series, in the order of adding."""
        return self._by_labels.values()

    def get(self, labels: Labels) -> Series | None:
        """The series with exactly these labels."""
        return self._by_labels.get(labels)

    def select(self, selector: Selector) -> list[Series]:
        """The series that a selector reads, in the order of adding."""
        selection = self._selections.get(selector.key)
        if selection is None:
            selection = [series for series in self._by_labels.values() if selector.matches(series.labels)]
            self._selections[selector.key] = selection
        return selection
