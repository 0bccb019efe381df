"""The monthly report as one HTML file that works offline, in the manner of a drill's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from scoring.month_text import hours, impact, minutes, satisfaction, share
from scoring.report.month_plot import counts, times
from scoring.report.page import NARROW, TEMPLATES, WIDE, WORDS, environment, stylesheet

DASH = "\N{EN DASH}"


def render_month(document: Mapping[str, Any]) -> str:
    """The page as HTML text: no script, nothing fetched, every text of the document escaped."""
    from markupsafe import Markup

    templates, of = environment(), document["of"]
    drawn = {"counts": "", "times": ""}
    for variant, width in (("wide", WIDE), ("narrow", NARROW)):
        for name, plot in (("counts", counts(document, width)), ("times", times(document, width))):
            plots = {"counts": None, "times": None, name: plot}
            drawn[name] += templates.get_template("month.svg.j2").render(**plots, variant=variant, of=of)
    css = stylesheet() + (TEMPLATES / "month.css").read_text(encoding="utf-8")
    safe = {name: Markup(text.strip()) for name, text in drawn.items()}  # noqa: S704  (of a template that escapes)
    return templates.get_template("month.html.j2").render(
        css=Markup(css),  # noqa: S704  (files of this package)
        title=f"{document['title']}: {of} of {datetime.fromisoformat(document['month'] + '-01'):%B %Y}",
        facts=[f"as of {_moment(document['at'])} UTC", "months and days in UTC"],
        of=of,
        tiles=list(_tiles(document)),
        targets=[_target(row) for row in document["targets"]] + _satisfied(document["satisfaction"]),
        spreads=[_spread(document, name) for name in ("all", *document["incidentsBySevirity"])],
        lists=list(_lists(document)),
        incidents=[_incident(one) for one in document["incidents"]],
        kpis=[_kpi(row) for row in document["kpis"]],
        definitions=document["definitions"],
        at=document["at"],
        **safe,
    )


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _tiles(document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    bad = ", ".join(f"{count} {name}" for name, count in document["incidentsBySevirity"].items() if count)
    yield {"name": document["of"].capitalize(), "value": str(document["totalIncidents"]), "note": bad or "none"}
    took = document["spread"]["resolutionMinutes"]["all"]
    note = f"mean time to recovery; median {_kept(minutes(took['median']))}, p90 {_kept(minutes(took['p90']))}"
    yield {"name": "MTTR", "value": minutes(document["mttr"]), "note": note}
    between = document["spread"]["hoursBetween"]
    note = f"mean time between failures; from one to the next: median {_kept(hours(between['median']))}"
    yield {"name": "MTBF", "value": hours(document["mtbf"]), "note": f"{note}, p90 {_kept(hours(between['p90']))}"}
    hurt, _, left_out = impact(document).rstrip(")").partition(" (")
    note = left_out or "in which customers were hurt, overlaps counted once"
    yield {"name": "Customer impact", "value": hurt, "note": note}
    found = document["satisfaction"]
    if found["status"] == "unknown":
        yield {"name": "Satisfied customers", "value": "unknown", "note": "nobody was asked, or nobody answered"}
    else:
        answers = f"of {found['answers']} answers"
        yield {"name": "Satisfied customers", "value": share(found["share"]), "note": answers}


def _kept(text: str) -> str:
    """A figure whose unit does not go to another line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _target(row: Mapping[str, Any]) -> dict[str, Any]:
    judged = row["met"] + row["missed"]
    kind, _, sign = WORDS[row["missed"] == 0] if judged else ("open", "", "?")
    word = f"{share(row['share'])} in time" if judged else "nothing to judge"
    name = f"{row['severity']} {row['kind']}"
    counted = {key: row[key] or DASH for key in ("met", "missed", "open")}
    return {"name": name, "within": minutes(row["target_minutes"]), "kind": kind, "sign": sign, "word": word, **counted}


def _satisfied(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    if found["target"] is None:
        return []
    kind, word, sign = WORDS.get(found["met"], ("open", "unknown", "?"))
    row = {"name": "Satisfied customers", "within": f"at least {share(found['target'])}", "kind": kind, "sign": sign}
    said = satisfaction(found).partition(",")[0] if found["met"] is not None else word
    return [{**row, "word": said, "met": DASH, "missed": DASH, "open": DASH}]


def _spread(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    count = document["totalIncidents"] if name == "all" else document["incidentsBySevirity"][name]
    cells = []
    for key in ("resolutionMinutes", "responseMinutes"):
        found = document["spread"][key].get(name, {})
        cells += [minutes(found.get(figure)) for figure in ("mean", "median", "p90")]
    return ("All" if name == "all" else name, str(count), *cells)


def _lists(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    yield "Most frequent root causes", "No root cause is known.", document["topRootCauses"]
    done = document["preventionMeasuresImplemented"]
    yield "Prevention measures implemented", "None was completed in this month.", done
    late = [
        f"{item['id']}, due {item['due_date']}, {item['owner']}: {item['title']}"
        for item in document["overdueActionItems"]
    ]
    yield "Overdue action items", "None.", late


def _incident(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        **{key: one[key] for key in ("id", "severity", "title")},
        "created": _moment(one["created_at"]),
        "response": minutes(one["response_minutes"]),
        "resolution": minutes(one["resolution_minutes"]),
    }


def _kpi(row: Mapping[str, Any]) -> list[str]:
    cells = [row["month"], row["severity"], str(row["incident_count"])]
    for kind in ("resolution", "response"):
        cells += [minutes(row[kind][figure]) for figure in ("mean", "median", "p90")]
    return cells
