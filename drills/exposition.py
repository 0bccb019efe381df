"""Simulated series as Prometheus reads them: the page that it scrapes, and OpenMetrics for back-filling.

Every metric is of unknown type: its samples then stand under the organisation's own name, whatever that is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from simulator.promql.series import NAME, Series, SeriesStore
from simulator.rules.values import print_float

SCRAPED = "text/plain; version=0.0.4; charset=utf-8"
"""The content type of the page."""


def page(store: SeriesStore, at_ms: int, age_max_ms: int) -> str:
    """What a scrape at a moment finds: the newest sample of each series, unless it is too old or marked stale."""
    lines = []
    for series in store.all():
        place = bisect_right(series.times, at_ms) - 1
        if place < 0 or series.times[place] < at_ms - age_max_ms:
            continue
        stale = bisect_right(series.stale_ms, at_ms) - 1
        if stale < 0 or series.stale_ms[stale] < series.times[place]:
            lines.append(f"{_named(series)} {print_float(series.values[place])}\n")
    return "".join(lines)


def open_metrics(store: SeriesStore, from_ms: int, until_ms: int) -> Iterator[str]:
    """All samples from one moment to another, in Unix time, line by line; a metric's series stand together."""
    families: dict[str, list[Series]] = {}
    for series in store.all():
        families.setdefault(dict(series.labels)[NAME], []).append(series)
    for name, members in families.items():
        yield f"# TYPE {name} unknown\n"
        for series in members:
            named = _named(series)
            first, end = bisect_right(series.times, from_ms - 1), bisect_right(series.times, until_ms)
            for time, value in zip(series.times[first:end], series.values[first:end], strict=True):
                yield f"{named} {print_float(value)} {(time + store.epoch_ms) / 1000:.3f}\n"
    yield "# EOF\n"


def _named(series: Series) -> str:
    return f"{dict(series.labels)[NAME]}{{{','.join(_pairs(series.unnamed))}}}"


def _pairs(labels: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in labels:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{name}="{escaped}"'
