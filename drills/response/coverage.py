"""How well a schedule covers a period, and how evenly it burdens its people."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import fsum
from typing import NamedTuple

from drills.response.on_call import Duty, duties
from scenarios.organization import Organization


class Coverage(NamedTuple):
    """A schedule over a period.

    Coverage is the share of the period in which somebody is on call. Balance is the mean, over every pair of those who
    are on call in it at all, of the shorter of their times by the longer; 100 where there is no pair. Quality is the
    mean of both, rounded to a whole number: the figures of Grafana OnCall.
    """

    duties: tuple[Duty, ...]
    time_on_call: dict[str, timedelta]
    """By person, the longest first."""
    coverage_percent: float
    balance_percent: float
    quality: int

    @property
    def gaps(self) -> tuple[Duty, ...]:
        """When nobody is on call."""
        return tuple(duty for duty in self.duties if duty.person is None)


def coverage(organization: Organization, name: str, start: datetime, end: datetime) -> Coverage:
    """The coverage of one schedule from `start` up to `end`, which is later."""
    found = duties(organization, name, start, end)
    times: dict[str, timedelta] = {}
    for duty in found:
        if duty.person is not None:
            times[duty.person] = times.get(duty.person, timedelta()) + (duty.end - duty.start)
    covered_percent = 100 * (sum(times.values(), timedelta()) / (end - start))
    balance_percent = _balance_percent(times.values())
    ranked = dict(sorted(times.items(), key=lambda entry: (-entry[1], entry[0])))
    return Coverage(
        tuple(found), ranked, covered_percent, balance_percent, round((covered_percent + balance_percent) / 2)
    )


def _balance_percent(times: Iterable[timedelta]) -> float:
    ratios = [min(pair) / max(pair) for pair in itertools.combinations(times, 2)]
    return 100 * fsum(ratios) / len(ratios) if ratios else 100.0
