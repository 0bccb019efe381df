"""The monthly incident report as one JSON document.

Its first nine keys are those of the interface `IncidentReport` that teams' tools read already, spelt as there
(`incidentsBySevirity` too); the others say what is behind them. A figure that there is nothing to make of is null.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from scenarios.action_items import ActionItem, overdue, plain_item
from scenarios.organization import Organization
from scoring import figures
from scoring.figures import HOUR, MINUTE, MONTHS_SHOWN, Incident, Month, rounded, spread

FORMAT = 1
"""Raised whenever a key changes its meaning or goes away; new keys do not raise it."""
MOST_CAUSES = 5

DEFINITIONS = {
    "totalIncidents": "incidents created in the month (UTC)",
    "averageResolutionTime": "minutes from creation to resolution, mean of the incidents resolved, by severity",
    "topRootCauses": f"root causes of the month's incidents, the most frequent first, at most {MOST_CAUSES}",
    "preventionMeasuresImplemented": "titles of the action items completed in the month",
    "customerImpactHours": (
        "hours of the month in which any incident hurt customers, overlaps counted once; incidents whose impact nobody "
        "knows are left out, and if nobody knows that of any, it is null"
    ),
    "mttr": "mean time to recovery: minutes from creation to resolution, mean of the incidents resolved",
    "mtbf": (
        "mean time between failures: hours of the month, up to the moment of the report, without customer impact, "
        "divided by the number of incidents"
    ),
}
"""What each figure is, in which unit."""


def monthly_report(
    month: Month,
    organization: Organization,
    incidents: Sequence[Incident],
    *,
    at: datetime,
    ratings: Mapping[str, Sequence[bool]],
    items: Sequence[ActionItem],
    drills: bool = False,
) -> dict[str, Any]:
    """The report of a month, as known at a moment.

    incidents  all there are, of any month: trends and the time between incidents look beyond this one
    ratings    by incident, whether each customer who answered was satisfied
    items      all action items of the organisation
    drills     whether the incidents are those of drills; only for the report to say so
    """
    at = at.astimezone(UTC)
    today = (at - figures.MICROSECOND).date()  # Midnight is the end of the day before.
    incidents = [incident for incident in incidents if incident.created_at <= at]
    members = sorted(
        (incident for incident in incidents if month.holds(incident.created_at)),
        key=lambda incident: (incident.created_at, incident.id),
    )
    end = max(min(month.end, at), month.start)
    hurt, unknown = figures.impact(incidents, month.start, end)
    severities = _by_severity(organization, members)
    return {
        "month": str(month),
        **_counted(members, severities),
        "preventionMeasuresImplemented": _measures(items, month, today),
        "customerImpactHours": None if members and unknown == len(members) and not hurt else _hours(hurt),
        "mttr": spread(map(figures.resolution_of, members), MINUTE)["mean"],
        "mtbf": _hours((end - month.start - hurt) / len(members)) if members else None,
        "report": FORMAT,
        "organization": organization.organization,
        "title": organization.title,
        "of": "drills" if drills else "incidents",
        "at": at.isoformat(),
        "definitions": DEFINITIONS,
        "spread": {
            "resolutionMinutes": _spreads(severities, members, figures.resolution_of),
            "responseMinutes": _spreads(severities, members, figures.response_of),
            "hoursBetween": spread(figures.gaps(incidents, month), HOUR),
        },
        "impactUnknown": unknown,
        "targets": _targets(organization, severities, at),
        "satisfaction": _satisfaction(organization, [ratings.get(incident.id, ()) for incident in members]),
        "overdueActionItems": [plain_item(item) for item in overdue(items, today)],
        "kpis": figures.kpis((one for one in incidents if one.created_at < month.end), min(month.end, at)),
        "months": [_counts(month.plus(back), incidents) for back in range(1 - MONTHS_SHOWN, 1)],
        "incidents": [_incident(incident) for incident in members],
    }


def _counted(members: Sequence[Incident], severities: Mapping[str, Sequence[Incident]]) -> dict[str, Any]:
    """What the incidents of the month alone say, under the names (and their spelling) of the procedure's report."""
    means = {
        severity: spread(map(figures.resolution_of, those), MINUTE)["mean"] for severity, those in severities.items()
    }
    return {
        "totalIncidents": len(members),
        "incidentsBySevirity": {severity: len(those) for severity, those in severities.items()},
        "averageResolutionTime": {severity: mean for severity, mean in means.items() if mean is not None},
        "topRootCauses": _causes(members),
    }


def _by_severity(organization: Organization, members: Iterable[Incident]) -> dict[str, list[Incident]]:
    """The incidents of each severity of the organisation, in its order, then of any other that was used."""
    groups: dict[str, list[Incident]] = {severity: [] for severity in organization.severities}
    for incident in sorted(members, key=lambda one: one.severity):
        groups.setdefault(incident.severity, []).append(incident)
    return groups


def _hours(length: timedelta) -> float:
    return rounded(Fraction(length // figures.MICROSECOND, HOUR // figures.MICROSECOND))


def _causes(members: Iterable[Incident]) -> list[str]:
    counts = Counter(incident.root_cause for incident in members if incident.root_cause is not None)
    return sorted(counts, key=lambda cause: (-counts[cause], cause))[:MOST_CAUSES]


def _measures(items: Iterable[ActionItem], month: Month, today: date) -> list[str]:
    done = [item for item in items if item.completed_on is not None and item.completed_on <= today]
    in_month = [(item.completed_on, item.id, item.title) for item in done if item.completed_on is not None]
    return [title for day, _, title in sorted(in_month) if (day.year, day.month) == month]


def _spreads(
    severities: Mapping[str, Sequence[Incident]],
    members: Sequence[Incident],
    length: Callable[[Incident], timedelta | None],
) -> dict[str, Any]:
    groups = {"all": members, **{severity: those for severity, those in severities.items() if those}}
    return {name: spread(map(length, those), MINUTE) for name, those in groups.items()}


def _targets(
    organization: Organization, severities: Mapping[str, Sequence[Incident]], at: datetime
) -> list[dict[str, Any]]:
    """A row a severity and kind for which there is a target."""
    rows = []
    for name, severity in organization.severities.items():
        promised = {"response": severity.respond_within, "resolution": severity.resolve_within}
        wanted = {"response": organization.targets.response, "resolution": organization.targets.resolution}
        for kind, length in (("response", figures.response_of), ("resolution", figures.resolution_of)):
            target_ms = wanted[kind].get(name, promised[kind])
            if target_ms is not None:
                judged = figures.attainment(severities[name], timedelta(milliseconds=target_ms), length, at)
                rows.append({"severity": name, "kind": kind, **judged})
    return rows


def _satisfaction(organization: Organization, answers: Iterable[Sequence[bool]]) -> dict[str, Any]:
    """Customers' answers about the month's incidents; without any the share is unknown, and so is the verdict."""
    given = [satisfied for of_one in answers for satisfied in of_one]
    target = organization.targets.satisfaction
    share = Fraction(given.count(True), len(given)) if given else None
    met = None if share is None or target is None else float(share) >= target
    return {
        "status": "unknown" if share is None else "reached",
        "share": None if share is None else rounded(share, 4),
        "answers": len(given),
        "target": target,
        "met": met,
    }


def _counts(month: Month, incidents: Iterable[Incident]) -> dict[str, Any]:
    counts = Counter(incident.severity for incident in incidents if month.holds(incident.created_at))
    return {"month": str(month), "incidentsBySevirity": dict(sorted(counts.items()))}


def _incident(incident: Incident) -> dict[str, Any]:
    def minutes(length: timedelta | None) -> float | None:
        return (
            None if length is None else rounded(Fraction(length // figures.MICROSECOND, MINUTE // figures.MICROSECOND))
        )

    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "created_at": incident.created_at.astimezone(UTC).isoformat(),
        "response_minutes": minutes(figures.response_of(incident)),
        "resolution_minutes": minutes(figures.resolution_of(incident)),
        "root_cause": incident.root_cause,
    }
