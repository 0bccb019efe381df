"""Telemetry as Prometheus would have scraped it, computed by stretches, only the series that something reads.

Requests arrive as a Poisson process, so the counts of its thinned parts (by status, by latency bucket) are independent
Poisson numbers: each series has a stream of its own, three draws a tick, and takes the n-th of them at the n-th tick
however the history is cut into stretches. Counts come from + - x / and square root only, which every machine rounds
alike.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import add
from typing import NamedTuple

from scenarios.organization import Metric, Organization, ScrapeJob
from simulator.course import Course, Solution
from simulator.promql.series import STALE, Series, SeriesStore
from simulator.randomness import Draws

OK = 200

NORMAL_FROM = 8.0
"""Mean from which a Poisson number is taken as a rounded normal one; below it, exactly by inversion."""

Wanted = Callable[[dict[str, str]], bool]


class Span(NamedTuple):
    """A part of the time between two scrapes with one solution."""

    solution: int
    seconds: float


class _Counter:
    """Counts of the events of one kind, running totals at every tick."""

    def __init__(self, draws: Draws, name: str) -> None:
        self._stream = draws.stream("telemetry", name)
        self._noise: list[tuple[float, float, float]] = []
        self.totals: list[float] = []

    def extend(self, rates: list[float], spans: list[tuple[Span, ...]]) -> None:
        """Add a stretch of ticks: `rates` a second by solution, the spans before each tick."""
        totals, noise = self.totals, self._noise
        total, tick = (totals[-1] if totals else 0.0), len(totals)
        random = self._stream.random
        while len(noise) < tick + len(spans):
            noise.append((random(), random(), random()))
        for first, *rest in spans:
            mean = rates[first.solution] * first.seconds
            for span in rest:
                mean += rates[span.solution] * span.seconds
            total += _poisson(mean, noise[tick])
            totals.append(total)
            tick += 1


class _Exposition(NamedTuple):
    """The series of one metric of one target: counters, the rates behind them, and where they are exposed."""

    counters: list[_Counter]
    rates: Callable[[Solution], list[float]]
    """Events a second for each counter, given a solution."""
    series: list[Series | None]
    """Where each counter is exposed; None: nothing reads it."""
    cumulative: bool
    """Whether a series includes the counters before it, as the buckets of a histogram do."""
    at_start: bool


class _Target:
    """One instance of a scrape job: its ticks, and the series read of it."""

    def __init__(self, job: ScrapeJob, instance: str, telemetry: Telemetry) -> None:
        self.job, self.instance, self._telemetry = job, instance, telemetry
        self.ticks: list[int] = []
        self._up = self._series("up", {})
        self._expositions = [made for metric in job.metrics if (made := self._exposition(metric))]
        self.read = self._up is not None or bool(self._expositions)

    def extend(self, ticks: list[int], course: Course, interval_ms: int) -> None:
        """Scrape at these moments, which follow the last one."""
        solutions, spans = _spans(ticks, course, interval_ms)
        down = [solutions[before[-1].solution][self.job.service].down for before in spans]
        self.ticks += ticks
        if self._up is not None:
            self._up.extend(ticks, [0.0 if is_down else 1.0 for is_down in down])
        for counters, rates, series, cumulative, at_start in self._expositions:
            by_solution = [rates(solution) for solution in solutions]
            columns = []
            for index, counter in enumerate(counters):
                counter.extend([row[index] for row in by_solution], spans)
                columns.append(counter.totals[-len(ticks) :])
            if cumulative:
                columns = list(accumulate(columns, lambda below, column: list(map(add, below, column))))
            for one, column in zip(series, columns, strict=True):
                if one is not None:
                    _expose(one, ticks, column, down, at_start)

    def rewind(self, after_ms: int) -> None:
        """Forget what was scraped later than this."""
        keep = bisect_right(self.ticks, after_ms)
        del self.ticks[keep:]
        if self._up is not None:
            self._up.truncate(after_ms)
        for exposition in self._expositions:
            for counter in exposition.counters:
                del counter.totals[keep:]
            for series in exposition.series:
                if series is not None:
                    series.truncate(after_ms)

    def _series(self, name: str, labels: dict[str, str]) -> Series | None:
        """A new series in the store, if anything reads it."""
        named = {"__name__": name, "job": self.job.job, "instance": self.instance, **labels}
        if not self._telemetry.wanted(named):
            return None
        series = Series(tuple(sorted(named.items())))
        self._telemetry.store.add(series)
        return series

    def _exposition(self, metric: Metric) -> _Exposition | None:
        """What this target exposes of a metric; None if nothing reads any of it."""
        if metric.kind == "requests":
            statuses = self._telemetry.statuses(self.job.service)
            parts, rates = [str(status) for status in statuses], self._request_rates(statuses)
            series = [self._series(metric.name, {**metric.labels, metric.status_label: part}) for part in parts]
        else:
            parts, rates = [*map(format_bound, metric.buckets), "+Inf"], self._latency_rates(metric.buckets)
            series = [self._series(f"{metric.name}_bucket", {**metric.labels, "le": part}) for part in parts]
        if not any(series):
            return None
        draws, name = self._telemetry.draws, f"{self.job.job}/{self.instance}/{metric.name}"
        counters = [_Counter(draws, f"{name}/{part}") for part in parts]
        return _Exposition(counters, rates, series, metric.kind == "latency", metric.starts == "at_start")

    def _request_rates(self, statuses: list[int]) -> Callable[[Solution], list[float]]:
        service, instances = self.job.service, len(self.job.instances)

        def rates(solution: Solution) -> list[float]:
            state = solution[service]
            each = state.requests_per_s / instances
            failed = each * state.error_ratio
            return [each - failed if status == OK else failed * (status == state.status) for status in statuses]

        return rates

    def _latency_rates(self, buckets: tuple[float, ...]) -> Callable[[Solution], list[float]]:
        service, instances = self.job.service, len(self.job.instances)

        def rates(solution: Solution) -> list[float]:
            state = solution[service]
            shares = [0.0, *(state.share_within(bound * 1000) for bound in buckets), 1.0]
            each = state.requests_per_s / instances
            return [each * (upper - lower) for lower, upper in pairwise(shares)]

        return rates


class Telemetry:
    """Every series that something reads, from one look-back before the drill on."""

    def __init__(self, organization: Organization, course: Course, draws: Draws, wanted: Wanted, from_ms: int) -> None:
        self.store, self.draws, self.wanted = SeriesStore(), draws, wanted
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

    def statuses(self, service: str) -> list[int]:
        """The HTTP statuses that requests to a service may end with, success first."""
        changes = {turn.change.status for turn in self._course.turns if turn.fault.on == service and turn.change}
        return [OK, *sorted({self._organization.services[service].error_status, *filter(None, changes)})]


def format_bound(bound: float) -> str:
    """A bucket's bound as client libraries write it: ``0.25``, ``1.0`` as ``1``."""
    return f"{bound:g}"


def _expose(series: Series, ticks: list[int], column: list[float], down: list[bool], at_start: bool) -> None:
    """Add a stretch of a counter to its series: nothing before its first event, a stale marker when a scrape fails."""
    if not at_start and not series.times and column[0] == 0.0:
        first = bisect_right(column, 0.0)
        ticks, column, down = ticks[first:], column[first:], down[first:]
    if not any(down):
        series.extend(ticks, column)
        return
    kept = [(tick, STALE if gone else value) for tick, value, gone in zip(ticks, column, down, strict=True)]
    series.extend([tick for tick, _ in kept], [value for _, value in kept])


def _spans(
    ticks: list[int], course: Course, interval_ms: int
) -> tuple[list[Solution], list[tuple[Span, ...]]]:
    """The solutions that occur before these ticks, and for each tick the spans since the one before it."""
    solutions: list[Solution] = []
    indices: dict[int, int] = {}
    spans = []
    pieces = course.pieces
    at = course.index(ticks[0] - interval_ms)
    for tick in ticks:
        start_ms, before = tick - interval_ms, []
        while True:
            end_ms = pieces[at + 1].start_ms if at + 1 < len(pieces) else tick
            solution = pieces[at].solution
            index = indices.setdefault(id(solution), len(solutions))
            if index == len(solutions):
                solutions.append(solution)
            if end_ms > start_ms:
                before.append(Span(index, (min(end_ms, tick) - start_ms) / 1000))
                start_ms = min(end_ms, tick)
            if end_ms >= tick:
                break
            at += 1
        spans.append(tuple(before))
    return solutions, spans


def _poisson(mean: float, noise: tuple[float, float, float]) -> float:
    """A Poisson number with this mean from three uniform ones; a rounded normal one where the mean is large."""
    if mean < NORMAL_FROM:
        return float(bisect_left(_poisson_shares(mean), noise[0]))
    deviation = 2 * (noise[0] + noise[1] + noise[2]) - 3  # Variance 1: three uniform numbers have 3/12, doubled 1.
    return float(max(0, int(mean + math.sqrt(mean) * deviation + 0.5)))


@lru_cache(maxsize=4096)
def _poisson_shares(mean: float) -> list[float]:
    """Cumulative probabilities of 0, 1, 2, … events, until nothing is left."""
    term = total = _exp_minus(mean)
    shares, count = [total], 0
    while term > 1e-12 or count < mean:
        count += 1
        term *= mean / count
        total += term
        shares.append(total)
    return shares


def _exp_minus(x: float) -> float:
    """exp(-x) for 0 <= x < 8 by series and squaring: `math.exp` may round differently from machine to machine."""
    part, term, total = x / 16, 1.0, 1.0
    for n in range(1, 18):
        term *= part / n
        total += term
    for _ in range(4):
        total *= total
    return 1 / total
