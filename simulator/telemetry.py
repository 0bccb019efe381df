"""Telemetry as Prometheus would have scraped it, computed by stretches, only the series that something reads.

Requests arrive as a Poisson process, so the counts of its thinned parts (by status, by latency bucket) are independent
Poisson numbers, each with a counter of its own (`simulator.counting`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import fsum
from operator import add, mul
from typing import NamedTuple

from scenarios.monitoring import Metric, ScrapeJob
from scenarios.organization import Organization
from simulator.counting import Counter, Expectation, Run
from simulator.course import Course
from simulator.flow import ServiceState
from simulator.promql.series import STALE, Labels, Series, SeriesStore, make_labels
from simulator.randomness import Draws

OK = 200

Wanted = Callable[[Labels], bool]
"""Whether something reads a series with these labels."""


Rates = Callable[[ServiceState], list[float]]
"""Events a second for each counter, given the service's state."""

Spans = tuple[tuple[int, float], ...]
"""The time between two scrapes as (index of a state, seconds), in order; most ticks have one and the same."""


class _Stretch(NamedTuple):
    """Ticks of a target, and how its service was before each of them."""

    ticks: list[int]
    states: list[ServiceState]
    runs: list[tuple[Spans, int]]
    """The spans before a tick, and how many ticks in a row have the same before them."""


def _expected(rates: Sequence[float], stretch: _Stretch) -> list[Run]:
    """The events to be expected, given how many a second there are in each state."""
    if not any(rates):
        return [(0.0, len(stretch.ticks))]
    runs = []
    for spans, length in stretch.runs:
        mean = 0.0
        for state, seconds in spans:  # In order, so that the sum is the same however the history is cut.
            mean += rates[state] * seconds
        runs.append((mean, length))
    return runs


class _Exposition(NamedTuple):
    """The series of one metric of one target: counters, the rates behind them, and where they are exposed."""

    counters: list[Counter]
    rates: Rates
    """Events a second for each counter, given the service's state."""
    series: list[Series | None]
    """Where each counter is exposed; None: nothing reads it, but a later bucket includes it. Of a histogram the last
    two are the number and the sum of the observations.
    """
    cumulative: bool
    """Whether a series includes the counters before it, as the buckets of a histogram do."""
    middles: list[float]
    """What an observation in each bucket adds to the sum; nothing where nobody reads the sum."""
    at_start: bool


class _Gauge(NamedTuple):
    """A series that stands at one value while its service runs, and at another while it is down."""

    series: Series
    running: float
    down: float


class _Target:
    """One instance of a scrape job: its ticks, and the series read of it."""

    def __init__(self, job: ScrapeJob, instance: str, telemetry: Telemetry) -> None:
        self.job, self.instance, self._telemetry = job, instance, telemetry
        self.ticks: list[int] = []
        self._up = self._series("up", {})
        self._gauges = [gauge for metric in job.metrics if (gauge := self._gauge(metric))]
        self._expositions = [made for metric in job.metrics if (made := self._exposition(metric))]
        self.read = self._up is not None or bool(self._expositions) or bool(self._gauges)

    def extend(self, ticks: list[int], course: Course, interval_ms: int) -> None:
        """Scrape at these moments, which follow the last one."""
        stretch = _stretch(ticks, course, self.job.service, interval_ms)
        down: list[bool] = []
        if any(state.down for state in stretch.states):
            for spans, length in stretch.runs:
                down += [stretch.states[spans[-1][0]].down] * length
        self.ticks += ticks
        failed = [] if self.job.exporter else down
        if self._up is not None:
            self._up.extend(ticks, [float(not gone) for gone in failed] if failed else [1.0] * len(ticks))
        for one, running, otherwise in self._gauges:
            values = [otherwise if gone else running for gone in down] if down else [running] * len(ticks)
            _expose(one, ticks, values, failed)
        for counters, rates, series, cumulative, middles, at_start in self._expositions:
            by_state = [rates(state) for state in stretch.states]
            columns = []
            for counter, row in zip(counters, zip(*by_state, strict=True), strict=True):
                counter.extend(_expected(row, stretch))
                columns.append(counter.totals[-len(ticks) :])
            if cumulative:
                sums = [fsum(map(mul, row, middles)) for row in zip(*columns, strict=True)] if middles else columns[-1]
                columns = list(accumulate(columns, lambda below, column: list(map(add, below, column))))
                columns += [sums, columns[-1]]
            for exposed, column in zip(series, columns, strict=True):
                if exposed is not None:
                    # The buckets of a histogram begin to exist together, with its first event.
                    first = 0 if at_start or exposed.times else bisect_right(columns[-1] if cumulative else column, 0.0)
                    _expose(exposed, ticks[first:], column[first:], failed[first:])

    def rewind(self, after_ms: int) -> None:
        """Forget what was scraped later than this."""
        keep = bisect_right(self.ticks, after_ms)
        del self.ticks[keep:]
        if self._up is not None:
            self._up.truncate(after_ms)
        for gauge in self._gauges:
            gauge.series.truncate(after_ms)
        for exposition in self._expositions:
            for counter in exposition.counters:
                del counter.totals[keep:]
            for series in exposition.series:
                if series is not None:
                    series.truncate(after_ms)

    def _series(self, name: str, labels: dict[str, str]) -> Series | None:
        """A new series in the store, if anything reads it; the first of two metrics that claim the same one has it."""
        told = dict.fromkeys(("instance", *self.job.instance_labels), self.instance)
        named = {"__name__": name, "job": self.job.job, **told, **self.job.labels, **labels}
        series = Series(make_labels(named.items()))
        if not self._telemetry.wanted(series.labels) or self._telemetry.store.get(series.labels) is not None:
            return None
        self._telemetry.store.add(series)
        return series

    def _gauge(self, metric: Metric) -> _Gauge | None:
        """What this target exposes of a metric that is a gauge, if anything reads it."""
        if metric.kind not in ("available", "constant"):
            return None
        series = self._series(metric.name, metric.labels)
        running, down = (1.0, 0.0) if metric.kind == "available" else (metric.value, metric.value)
        return None if series is None else _Gauge(series, running, down)

    def _exposition(self, metric: Metric) -> _Exposition | None:
        """What this target exposes of a metric that counts; None if nothing reads any of it."""
        if metric.kind == "latency":
            return self._histogram(metric)
        if metric.kind == "failures":
            return self._counted(metric, {"failed": self._series(metric.name, metric.labels)}, self._failure_rates())
        if metric.kind != "requests":
            return None
        statuses: dict[str, list[int]] = {}
        for status in self._telemetry.statuses(self.job.service):
            statuses.setdefault(metric.status_names.get(str(status), str(status)), []).append(status)
        made = {name: self._series(metric.name, {**metric.labels, metric.status_label: name}) for name in statuses}
        read = {name: series for name, series in made.items() if series is not None}
        return self._counted(metric, read, self._request_rates([statuses[name] for name in read]))

    def _counted(self, metric: Metric, made: Mapping[str, Series | None], rates: Rates) -> _Exposition | None:
        if not any(made.values()):
            return None
        return _Exposition(
            self._counters(metric, made), rates, list(made.values()), False, [], metric.starts == "at_start"
        )

    def _histogram(self, metric: Metric) -> _Exposition | None:
        bounds = [*map(format_bound, metric.buckets), "+Inf"]
        made = [self._series(f"{metric.name}_bucket", {**metric.labels, "le": bound}) for bound in bounds]
        total = self._series(f"{metric.name}_sum", metric.labels)
        made += [total, self._series(f"{metric.name}_count", metric.labels)]
        if not any(made):
            return None
        middles = [] if total is None else [*_middles(metric.buckets)]
        rates = self._latency_rates(metric.buckets)
        return _Exposition(self._counters(metric, bounds), rates, made, True, middles, metric.starts == "at_start")

    def _counters(self, metric: Metric, parts: Iterable[str]) -> list[Counter]:
        name = f"{self.job.job}/{self.instance}/{metric.name}"
        return [self._telemetry.counter(f"{name}/{part}") for part in parts]

    def _request_rates(self, groups: list[list[int]]) -> Rates:
        instances = len(self.job.instances)

        def rates(state: ServiceState) -> list[float]:
            each = state.requests_per_s / instances
            failed = each * state.error_ratio
            return [(each - failed) * (OK in group) + failed * (state.status in group) for group in groups]

        return rates

    def _failure_rates(self) -> Rates:
        instances = len(self.job.instances)
        return lambda state: [state.requests_per_s / instances * state.error_ratio]

    def _latency_rates(self, buckets: tuple[float, ...]) -> Rates:
        instances = len(self.job.instances)

        def rates(state: ServiceState) -> list[float]:
            shares = [0.0, *(state.share_within(bound * 1000) for bound in buckets), 1.0]
            each = state.requests_per_s / instances
            return [each * (upper - lower) for lower, upper in pairwise(shares)]

        return rates


class Telemetry:
    """Every series that something reads, from one look-back before the drill on.

    Events are counted as they happen to arrive or, without `chance`, as many as are to be expected.
    """

    def __init__(
        self,
        organization: Organization,
        course: Course,
        draws: Draws,
        *,
        wanted: Wanted,
        from_ms: int,
        chance: bool = True,
    ) -> None:
        self.store, self.wanted = SeriesStore(), wanted
        self._draws, self._counter = draws, Counter if chance else Expectation
        self._organization, self._course = organization, course
        self._interval_ms = organization.monitoring.scrape_interval
        self._targets: list[tuple[int, _Target]] = []
        for job in organization.monitoring.jobs:
            for instance in job.instances:
                target = _Target(job, instance, self)
                if target.read:
                    offset_ms = int(draws.uniform("scrape", job.job, instance) * self._interval_ms)
                    self._targets.append((from_ms + offset_ms, target))

    def extend(self, until_ms: int) -> None:
        """Scrape everything up to and including this moment, as the course stands now."""
        for first_ms, target in self._targets:
            start_ms = target.ticks[-1] + self._interval_ms if target.ticks else first_ms
            ticks = list(range(start_ms, until_ms + 1, self._interval_ms))
            if ticks:
                target.extend(ticks, self._course, self._interval_ms)

    def rewind(self, after_ms: int) -> None:
        """Forget what was scraped later than this: the course has changed."""
        for _, target in self._targets:
            target.rewind(after_ms)

    def counter(self, name: str) -> Counter:
        """A counter with a stream of its own."""
        return self._counter(self._draws, name)

    def statuses(self, service: str) -> list[int]:
        """The HTTP statuses that requests to a service may end with, success first."""
        changes = {turn.change.status for turn in self._course.turns if turn.fault.on == service and turn.change}
        return [OK, *sorted({self._organization.services[service].error_status, *filter(None, changes)})]


def format_bound(bound: float) -> str:
    """A bucket's bound as client libraries write it: ``0.25``, ``1.0`` as ``1``."""
    return f"{bound:g}"


def _middles(buckets: Sequence[float]) -> Iterator[float]:
    """The middle of each bucket of a histogram, in seconds; of the last one, which has no end, its beginning."""
    yield from ((lower + upper) / 2 for lower, upper in pairwise((0.0, *buckets)))
    yield buckets[-1]


def _expose(series: Series, ticks: list[int], column: list[float], down: list[bool]) -> None:
    """Add a stretch of a counter to its series; a stale marker stands where a scrape failed."""
    if any(down):
        column = [STALE if gone else value for value, gone in zip(column, down, strict=True)]
    series.extend(ticks, column)


def _stretch(ticks: list[int], course: Course, service: str, interval_ms: int) -> _Stretch:
    """How a service was in the interval before each tick."""
    spells = course.spells(service, ticks[0] - interval_ms, ticks[-1])
    found: dict[ServiceState, int] = {}
    indices = [found.setdefault(state, len(found)) for _, state in spells]
    ends = [*(start_ms for start_ms, _ in spells[1:]), ticks[-1]]
    runs: list[tuple[Spans, int]] = []
    tick, last, now = ticks[0], ticks[-1], 0
    while tick <= last:
        start_ms = tick - interval_ms
        while ends[now] <= start_ms:
            now += 1
        end_ms = ends[now]
        if end_ms >= tick:  # So have all that follow until the piece ends.
            length = (min(end_ms, last) - tick) // interval_ms + 1
            runs.append((((indices[now], interval_ms / 1000),), length))
            tick += length * interval_ms
            continue
        spans = []
        while end_ms < tick:
            spans.append((indices[now], (end_ms - start_ms) / 1000))
            start_ms, now = end_ms, now + 1
            end_ms = ends[now]
        runs.append(((*spans, (indices[now], (tick - start_ms) / 1000)), 1))
        tick += interval_ms
    return _Stretch(ticks, list(found), runs)
