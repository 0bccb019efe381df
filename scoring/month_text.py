"""The monthly report, and the figures in it, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.wording import harmless, percent, plain


def minutes(value: float | None) -> str:
    """A length in minutes as people say it: ``24 s``, ``1.5 min``, ``4.5 h``, ``3.2 d``; a dash for none."""
    if value is None:
        return "\N{EN DASH}"
    if value < 1:
        return f"{value * 60:.0f} s"
    if value < 120:
        return _figure(value, "min")
    return _figure(value / 60, "h") if value < 48 * 60 else _figure(value / 1440, "d")


def hours(value: float | None) -> str:
    """The same of a length in hours."""
    return minutes(None if value is None else value * 60)


def _figure(value: float, unit: str) -> str:
    """One decimal where it tells something."""
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f}".removesuffix(".0") + f" {unit}"


def share(value: float | None) -> str:
    """A share in percent; a dash for none."""
    return "\N{EN DASH}" if value is None else percent(value)


def satisfaction(found: Mapping[str, Any]) -> str:
    """What customers said, against the target."""
    wanted = "" if found["target"] is None else f", target {percent(found['target'])}"
    if found["status"] == "unknown":
        return f"unknown: nobody was asked, or nobody answered{wanted}"
    verdict = {True: " (met)", False: " (MISSED)", None: ""}[found["met"]]
    return f"{percent(found['share'])} of {found['answers']} answers{wanted}{verdict}"


def impact(document: Mapping[str, Any]) -> str:
    """Hours in which customers were hurt, and how many incidents that leaves out."""
    unknown = document["impactUnknown"]
    left_out = f" ({unknown} of {document['totalIncidents']} incidents left out: impact unknown)" if unknown else ""
    known = document["customerImpactHours"]
    return f"{'unknown' if known is None else hours(known)}{left_out}"


def month_text(document: Mapping[str, Any]) -> str:
    """The whole report, ending in a newline."""
    return "\n".join([*map(str.rstrip, map(harmless, _lines(document))), ""])


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['title']} · {document['of']} of {document['month']} · as of {document['at'][:16]} UTC"
    between = document["spread"]["hoursBetween"]
    yield f"Total      {document['totalIncidents']}"
    yield f"MTTR       {minutes(document['mttr'])}  (mean time to recovery: creation to resolution)"
    yield f"MTBF       {hours(document['mtbf'])}  (mean time between failures: hours without impact / {document['of']})"
    if between["count"]:
        yield f"           between one and the next: median {hours(between['median'])}, p90 {hours(between['p90'])}"
    yield f"Impact     {impact(document)}"
    yield f"Customers  {satisfaction(document['satisfaction'])}"
    yield ""
    yield from _times(document)
    yield ""
    yield from _targets(document)
    for title, key in (("Root causes", "topRootCauses"), ("Prevention done", "preventionMeasuresImplemented")):
        if document[key]:
            yield ""
            yield title
            yield from (f"  {text}" for text in document[key])
    if document["overdueActionItems"]:
        yield ""
        yield "Overdue action items"
        for item in document["overdueActionItems"]:
            yield f"  {item['id']:<10} due {item['due_date']}  {item['owner']:<20} {item['title']}"
    if document["kpis"]:
        yield ""
        yield from _kpis(document)


def _times(document: Mapping[str, Any]) -> Iterator[str]:
    head = f"{'Severity':<9} {'count':>5}   {'resolution: mean':>16} {'median':>9} {'p90':>9}   "
    yield head + f"{'response: mean':>14} {'median':>9} {'p90':>9}"
    counts = {"all": document["totalIncidents"], **document["incidentsBySevirity"]}
    for name, count in counts.items():
        resolution, response = (
            [minutes(document["spread"][key].get(name, {}).get(figure)) for figure in ("mean", "median", "p90")]
            for key in ("resolutionMinutes", "responseMinutes")
        )
        line = f"{name:<9} {count:>5}   {resolution[0]:>16} {resolution[1]:>9} {resolution[2]:>9}   "
        yield line + f"{response[0]:>14} {response[1]:>9} {response[2]:>9}"


def _targets(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'Targets':<22} {'within':>9}  {'met':>4} {'missed':>6} {'open':>5}  {'share':>7}"
    for row in document["targets"]:
        name = f"{row['severity']} {plain(row['kind'])}"
        counts = f"{row['met']:>4} {row['missed']:>6} {row['open']:>5}"
        yield f"{name:<22} {minutes(row['target_minutes']):>9}  {counts}  {share(row['share']):>7}"


def _kpis(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'Resolved':<9} {'severity':<9} {'count':>5}   {'avg resolution':>14} {'median':>9}   {'avg response':>12}"
    for row in document["kpis"]:
        line = f"{row['month']:<9} {row['severity']:<9} {row['incident_count']:>5}   "
        line += f"{minutes(row['avg_resolution_minutes']):>14} {minutes(row['resolution']['median']):>9}   "
        yield line + f"{minutes(row['avg_response_minutes']):>12}"
