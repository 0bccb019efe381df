"""Figures over many incidents, from rows given to it: counts, response and resolution times, impact, time between.

Months are calendar months in UTC, and an incident belongs to the month in which it was created. Times are exact: sums
are of whole microseconds, and rounding is half up, as PostgreSQL rounds. Nothing here asks what time it is: `at` says
up to when the rows are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from scoring.statistics import quantile

MICROSECOND = timedelta(microseconds=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONTHS_SHOWN = 12


class Incident(NamedTuple):
    """What the figures need to know of an incident; times have a UTC offset."""

    id: str
    title: str
    severity: str
    created_at: datetime
    first_response_at: datetime | None = None
    """None: nobody has taken it up."""
    resolved_at: datetime | None = None
    """None: it lasts."""
    impacts: tuple[tuple[datetime, datetime], ...] | None = None
    """When customers were hurt; None: unknown."""
    root_cause: str | None = None


class Month(NamedTuple):
    """A calendar month in UTC."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment of the next."""
        return self.plus(1).start

    def plus(self, months: int) -> Month:
        """The month so many months later."""
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment falls into it."""
        return month_of(moment) == self


def month_of(moment: datetime) -> Month:
    """The month into which a moment falls."""
    moment = moment.astimezone(UTC)
    return Month(moment.year, moment.month)


def response_of(incident: Incident) -> timedelta | None:
    """From its creation to the first response; None while there is none."""
    return None if incident.first_response_at is None else incident.first_response_at - incident.created_at


def resolution_of(incident: Incident) -> timedelta | None:
    """From its creation to its resolution; None while it lasts."""
    return None if incident.resolved_at is None else incident.resolved_at - incident.created_at


def rounded(value: Fraction, digits: int = 2) -> float:
    """Half up, away from zero: 0.125 is 0.13, as PostgreSQL's ROUND makes of a numeric."""
    scale: int = 10**digits
    whole = int(abs(value) * scale + Fraction(1, 2))
    return (-whole if value < 0 else whole) / scale


def spread(lengths: Iterable[timedelta | None], unit: timedelta) -> dict[str, Any]:
    """How long something took, in units: `{"count", "mean", "median", "p90"}`; null where nothing was measured.

    Median and p90 are nearest-rank quantiles, so that each is a time that was really measured.
    """
    steps = [length // MICROSECOND for length in lengths if length is not None]
    if not steps:
        return {"count": 0, "mean": None, "median": None, "p90": None}
    counts, per_unit = Counter(steps), unit // MICROSECOND

    def at(share: float) -> float:
        value = quantile(counts, 0, share)
        assert value is not None
        return rounded(Fraction(value, per_unit))

    mean = rounded(Fraction(sum(steps), len(steps) * per_unit))
    return {"count": len(steps), "mean": mean, "median": at(0.5), "p90": at(0.9)}


def year_before(at: datetime) -> datetime:
    """Twelve months before a moment; of a 29th of February the 28th."""
    day = 28 if (at.month, at.day) == (2, 29) else at.day
    return at.replace(year=at.year - 1, day=day)


def kpis(incidents: Iterable[Incident], at: datetime) -> list[dict[str, Any]]:
    """Resolved incidents of the last twelve months, a row a month and severity, the latest month first.

    Keys: month, severity, incident_count, avg_resolution_minutes, avg_response_minutes, and resolution and response as
    `spread` gives them, in minutes.
    """
    since = year_before(at.astimezone(UTC))
    groups: dict[tuple[Month, str], list[Incident]] = {}
    for incident in incidents:
        if incident.resolved_at is not None and incident.created_at >= since:
            groups.setdefault((month_of(incident.created_at), incident.severity), []).append(incident)
    rows = []
    latest_first = sorted(groups, key=lambda group: (-group[0].start.timestamp(), group[1]))
    for month, severity in latest_first:
        members = groups[month, severity]
        resolution, response = spread(map(resolution_of, members), MINUTE), spread(map(response_of, members), MINUTE)
        rows.append(
            {
                "month": str(month),
                "severity": severity,
                "incident_count": len(members),
                "avg_resolution_minutes": resolution["mean"],
                "avg_response_minutes": response["mean"],
                "resolution": resolution,
                "response": response,
            }
        )
    return rows


def covered(stretches: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """How much of the time from start to end lies in any of the stretches; where they overlap it counts once."""
    total, reached = timedelta(), start
    for begun, ended in sorted(stretches):
        since, until = max(begun, reached), min(ended, end)
        if since < until:
            total, reached = total + (until - since), until
    return total


def impact(incidents: Iterable[Incident], start: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long any customer was hurt between two moments, and of how many incidents begun by then nobody knows it."""
    known: list[tuple[datetime, datetime]] = []
    unknown = 0
    for incident in incidents:
        if incident.impacts is not None:
            known += incident.impacts
        elif start <= incident.created_at < end:
            unknown += 1
    return covered(known, start, end), unknown


def gaps(incidents: Iterable[Incident], month: Month) -> list[timedelta]:
    """For each incident of the month the time since the creation of the one before it; the very first has none."""
    moments = sorted(incident.created_at for incident in incidents)
    return [later - earlier for earlier, later in pairwise(moments) if month.holds(later)]


def attainment(
    members: Sequence[Incident], target: timedelta, length: Callable[[Incident], timedelta | None], at: datetime
) -> dict[str, Any]:
    """How many incidents met a target: `{"target_minutes", "met", "missed", "open", "share"}`.

    A time equal to the target meets it. What has not happened yet is missed once the target has passed, and else open.
    """
    met = missed = 0
    for incident in members:
        took = length(incident)
        if took is not None:
            met, missed = met + (took <= target), missed + (took > target)
        else:
            missed += at - incident.created_at > target
    judged = met + missed
    return {
        "target_minutes": rounded(Fraction(target // MICROSECOND, MINUTE // MICROSECOND)),
        "met": met,
        "missed": missed,
        "open": len(members) - judged,
        "share": rounded(Fraction(met, judged), 4) if judged else None,
    }
