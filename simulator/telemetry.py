"""Telemetry as Prometheus would have scraped it, computed by stretches, only the series that something reads.

Requests arrive as a Poisson process, so the counts of its thinned parts (by status, by latency bucket) are independent
Poisson numbers: each series has a stream of its own, three draws a tick, and takes the n-th of them at the n-th tick
however the history is cut into stretches. Counts come from + - x / and square root only, which every machine rounds
alike.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from operator import add, mul
from typing import NamedTuple

from scenarios.organization import Metric, Organization, ScrapeJob
from simulator.course import Course
from simulator.flow import ServiceState
from simulator.promql.series import STALE, Labels, Series, SeriesStore, make_labels
from simulator.randomness import Draws

OK = 200

NORMAL_FROM = 8.0
"""Mean from which a Poisson number is taken as a rounded normal one; below it, exactly by inversion."""

NEGLIGIBLE = 1e-12
"""Probability of one more event at which a Poisson table ends."""

Wanted = Callable[[Labels], bool]
"""Whether something reads a series with these labels."""


Spans = tuple[tuple[int, float], ...]
"""The time between two scrapes as (index of a state, seconds), in order; most ticks have one and the same."""


class _Stretch(NamedTuple):
    """Ticks of a target, and how its service was before each of them."""

    ticks: list[int]
    states: list[ServiceState]
    runs: list[tuple[Spans, int]]
    """The spans before a tick, and how many ticks in a row have the same before them."""


class _Counter:
    """Counts of the events of one kind, running totals at every tick.

    The n-th tick takes the n-th number of a stream: of uniform numbers where few events are expected, of normal ones
    where many are.
    """

    def __init__(self, draws: Draws, name: str) -> None:
        self._draws, self._name = draws, name
        self._uniforms: list[float] = []
        self._normals: list[float] = []
        self._uniform: Callable[[], float] | None = None
        self._normal: Callable[[], float] | None = None
        self.totals: list[float] = []

    def extend(self, rates: Sequence[float], stretch: _Stretch) -> None:
        """Add the counts of a stretch, given the events a second in each state."""
        totals, tick = self.totals, len(self.totals)
        if not any(rates):
            totals.extend([totals[-1] if totals else 0.0] * len(stretch.ticks))
            return
        counts = [totals[-1] if totals else 0.0, *self._counts(_means(rates, stretch), tick, tick + len(stretch.ticks))]
        totals.extend(islice(accumulate(counts), 1, None))

    def _counts(self, means: list[tuple[float, int]], tick: int, end: int, /) -> list[float]:
        """The events of the ticks up to `end`; each mean is of so many ticks in a row."""
        counts: list[float] = []
        for mean, length in means:
            if mean <= 0.0:
                counts += [0.0] * length
            elif mean < NORMAL_FROM:
                if len(self._uniforms) < end:
                    self._draw_uniforms(end)
                if length == 1:  # A table of shares would cost more than it saves.
                    counts.append(poisson_count(mean, self._uniforms[tick]))
                else:
                    shares = poisson_shares(mean)
                    counts += [bisect_left(shares, u) for u in self._uniforms[tick : tick + length]]
            else:
                if len(self._normals) < end:
                    self._draw_normals(end)
                # Never negative: z is at least -3, and mean - 3 * root + 1/2 is positive from a mean of eight on.
                root, middle = math.sqrt(mean), mean + 0.5
                counts += [int(middle + root * z) for z in self._normals[tick : tick + length]]
            tick += length
        return counts

    def _draw_uniforms(self, end: int) -> None:
        if self._uniform is None:
            self._uniform = self._draws.stream("telemetry", self._name).random
        draw = self._uniform
        self._uniforms += [draw() for _ in range(end - len(self._uniforms))]

    def _draw_normals(self, end: int) -> None:
        """Numbers that are nearly normal: the sum of three uniform ones has variance 3/12, doubled 1."""
        if self._normal is None:
            self._normal = self._draws.stream("telemetry", self._name, "many").random
        draw = self._normal
        self._normals += [2 * (draw() + draw() + draw()) - 3 for _ in range(end - len(self._normals))]


class _Expected(_Counter):
    """A counter without chance: it counts what is to be expected, fractions of events included."""

    def _counts(self, means: list[tuple[float, int]], _tick: int, _end: int, /) -> list[float]:
        return [mean for mean, length in means for _ in range(length)]


def _means(rates: Sequence[float], stretch: _Stretch) -> list[tuple[float, int]]:
    """The events to be expected in a tick, for each run; added up in order, the same however the history is cut."""
    means = []
    for spans, length in stretch.runs:
        state, seconds = spans[0]
        mean = rates[state] * seconds
        for state, seconds in spans[1:]:
            mean += rates[state] * seconds
        means.append((mean, length))
    return means


class _Exposition(NamedTuple):
    """The series of one metric of one target: counters, the rates behind them, and where they are exposed."""

    counters: list[_Counter]
    rates: Callable[[ServiceState], list[float]]
    """Events a second for each counter, given the service's state."""
    series: list[Series | None]
    """Where each counter is exposed; None: nothing reads it, but a later bucket includes it."""
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
        stretch = _stretch(ticks, course, self.job.service, interval_ms)
        down: list[bool] = []
        if any(state.down for state in stretch.states):
            for spans, length in stretch.runs:
                down += [stretch.states[spans[-1][0]].down] * length
        self.ticks += ticks
        if self._up is not None:
            self._up.extend(ticks, [float(not gone) for gone in down] if down else [1.0] * len(ticks))
        for counters, rates, series, cumulative, at_start in self._expositions:
            by_state = [rates(state) for state in stretch.states]
            columns = []
            for counter, row in zip(counters, zip(*by_state, strict=True), strict=True):
                counter.extend(row, stretch)
                columns.append(counter.totals[-len(ticks) :])
            if cumulative:
                columns = list(accumulate(columns, lambda below, column: list(map(add, below, column))))
            for one, column in zip(series, columns, strict=True):
                if one is not None:
                    # The buckets of a histogram begin to exist together, with its first event.
                    first = 0 if at_start or one.times else bisect_right(columns[-1] if cumulative else column, 0.0)
                    _expose(one, ticks[first:], column[first:], down[first:])

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
        series = Series(make_labels(named.items()))
        if not self._telemetry.wanted(series.labels):
            return None
        self._telemetry.store.add(series)
        return series

    def _exposition(self, metric: Metric) -> _Exposition | None:
        """What this target exposes of a metric; None if nothing reads any of it."""
        histogram = metric.kind == "latency"
        if histogram:
            parts, label, suffix = [*map(format_bound, metric.buckets), "+Inf"], "le", "_bucket"
        else:
            parts, label, suffix = [*map(str, self._telemetry.statuses(self.job.service))], metric.status_label, ""
        made = {part: self._series(metric.name + suffix, {**metric.labels, label: part}) for part in parts}
        if not histogram:  # The buckets of a histogram need those below them; a status needs no other.
            made = {part: series for part, series in made.items() if series is not None}
        if not any(made.values()):
            return None
        name = f"{self.job.job}/{self.instance}/{metric.name}"
        counters = [self._telemetry.counter(f"{name}/{part}") for part in made]
        rates = self._latency_rates(metric.buckets) if histogram else self._request_rates([*map(int, made)])
        return _Exposition(counters, rates, list(made.values()), histogram, metric.starts == "at_start")

    def _request_rates(self, statuses: list[int]) -> Callable[[ServiceState], list[float]]:
        instances = len(self.job.instances)

        def rates(state: ServiceState) -> list[float]:
            each = state.requests_per_s / instances
            failed = each * state.error_ratio
            return [each - failed if status == OK else failed * (status == state.status) for status in statuses]

        return rates

    def _latency_rates(self, buckets: tuple[float, ...]) -> Callable[[ServiceState], list[float]]:
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
        self._draws, self._counter = draws, _Counter if chance else _Expected
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

    def counter(self, name: str) -> _Counter:
        """A counter with a stream of its own."""
        return self._counter(self._draws, name)

    def statuses(self, service: str) -> list[int]:
        """The HTTP statuses that requests to a service may end with, success first."""
        changes = {turn.change.status for turn in self._course.turns if turn.fault.on == service and turn.change}
        return [OK, *sorted({self._organization.services[service].error_status, *filter(None, changes)})]


def format_bound(bound: float) -> str:
    """A bucket's bound as client libraries write it: ``0.25``, ``1.0`` as ``1``."""
    return f"{bound:g}"


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


def poisson_count(mean: float, u: float) -> int:
    """The number of events at which the cumulative probability reaches `u`; `mean` below `NORMAL_FROM`."""
    term = total = exp_minus(mean)
    count = 0
    while total < u and (term > NEGLIGIBLE or count < mean):
        count += 1
        term *= mean / count
        total += term
    return count if total >= u else count + 1


@lru_cache(maxsize=4096)
def poisson_shares(mean: float) -> list[float]:
    """Cumulative probabilities of 0, 1, 2, … events, until next to nothing is left; `mean` below `NORMAL_FROM`."""
    term = total = exp_minus(mean)
    shares, count = [total], 0
    while term > NEGLIGIBLE or count < mean:
        count += 1
        term *= mean / count
        total += term
        shares.append(total)
    return shares


def exp_minus(x: float) -> float:
    """exp(-x) for 0 <= x <= 8 to within 1e-11: `math.exp` may round differently from machine to machine."""
    whole = int(x * 64)
    rest = x - whole / 64
    return _EXP_64THS[whole] * (1 - rest * (1 - rest / 2 * (1 - rest / 3 * (1 - rest / 4))))


def _exp_64ths() -> list[float]:
    """exp(-n/64) for n from 0 to 512; exp(1/64) by its series, of which nine terms are exact to the last bit."""
    term = total = 1.0
    for n in range(1, 10):
        term /= 64 * n
        total += term
    return list(accumulate([1.0] + [1 / total] * 512, mul))


_EXP_64THS = _exp_64ths()
