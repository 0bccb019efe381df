"""The monthly report: its nine agreed fields, what is behind them, and how it is shown."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scenarios.action_items import ActionItem
from scenarios.organization import Organization
from scenarios.program import Targets
from scoring.figures import HOUR, MINUTE, Incident, Month
from scoring.month_text import minutes, month_text
from scoring.monthly import DEFINITIONS, monthly_report
from scoring.report.month_page import render_month
from tests.builders import organization

SHARED = Path(__file__).parents[3] / "shared" / "procedure"
AUGUST, AT = Month(2025, 8), datetime(2025, 9, 10, tzinfo=UTC)
FIELDS = (
    "month",
    "totalIncidents",
    "incidentsBySevirity",
    "averageResolutionTime",
    "topRootCauses",
    "preventionMeasuresImplemented",
    "customerImpactHours",
    "mttr",
    "mtbf",
)


def incident(name: str, day: int, severity: str = "P1", took: float | None = 60, **changes: Any) -> Incident:
    """An incident of August, created at noon, answered after 3 minutes, resolved after some."""
    created = datetime(2025, 8, day, 12, tzinfo=UTC)
    resolved = None if took is None else created + took * MINUTE
    return Incident(name, f"Trouble {name}", severity, created, created + 3 * MINUTE, resolved)._replace(**changes)


def item(name: str, completed: date | None, due: date = date(2025, 8, 16)) -> ActionItem:
    status: Any = "done" if completed else "todo"
    return ActionItem(
        id=name,
        title=f"Title of {name}",
        owner="team",
        priority="low",
        due_date=due,
        status=status,
        completed_on=completed,
    )


def seiketsu() -> Organization:
    from scenarios.loading import load_organization
    from simulator.faults import KINDS

    return load_organization("seiketsu", KINDS).organization


def report(*rows: Incident, at: datetime = AT, **given: Any) -> dict[str, Any]:
    stated: dict[str, Any] = {"ratings": {}, "items": [], **given}
    return monthly_report(AUGUST, stated.pop("of", None) or seiketsu(), rows, at=at, **stated)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's files are not beside this repository")
def test_every_field_of_the_procedures_report_is_there_spelt_as_there() -> None:
    """With the type that its interface gives it."""
    fields = dict(re.findall(r"^  (\w+): ([^;]+);", (SHARED / "monthly-report.ts").read_text(), re.MULTILINE))
    document = report(incident("a", 1, root_cause="Database", impacts=()))
    assert tuple(fields) == FIELDS == tuple(document)[: len(FIELDS)]
    for name, kind in fields.items():
        value = document[name]
        if kind == "Record<string, number>":
            assert all(isinstance(key, str) and isinstance(figure, int | float) for key, figure in value.items())
        elif kind == "string[]":
            assert all(isinstance(text, str) for text in value)
        else:
            assert isinstance(value, {"string": str, "number": int | float}[kind]), name


def test_the_figures_of_a_month() -> None:
    """Two outages of 1 h and 3 h, one that lasts; impact of 2 h of which 1 h overlaps; 744 hours in August."""
    noon = datetime(2025, 8, 1, 12, tzinfo=UTC)
    hurt = ((noon, noon + HOUR), (noon + HOUR / 2, noon + 1.5 * HOUR))
    document = report(
        incident("a", 1, took=60, root_cause="Database", impacts=hurt),
        incident("b", 11, took=180, root_cause="Vendor", impacts=((noon, noon + HOUR), (noon - HOUR / 2, noon))),
        incident("c", 21, "P0", took=None, root_cause="Vendor"),
        incident("july", 1, created_at=datetime(2025, 7, 31, 23, 59, tzinfo=UTC)),
        items=[item("x", date(2025, 8, 31)), item("y", date(2025, 7, 31)), item("z", date(2025, 8, 2))],
    )
    assert {key: document[key] for key in FIELDS} == {
        "month": "2025-08",
        "totalIncidents": 3,
        "incidentsBySevirity": {"P0": 1, "P1": 2, "P2": 0, "P3": 0},
        "averageResolutionTime": {"P1": 120.0},
        "topRootCauses": ["Vendor", "Database"],
        "preventionMeasuresImplemented": ["Title of z", "Title of x"],
        "customerImpactHours": 2.0,
        "mttr": 120.0,
        "mtbf": 247.33,
    }
    assert document["impactUnknown"] == 1
    assert document["spread"]["resolutionMinutes"]["all"] == {"count": 2, "mean": 120.0, "median": 60.0, "p90": 180.0}
    assert document["spread"]["hoursBetween"] == {"count": 3, "mean": 164.01, "median": 240.0, "p90": 240.0}
    assert set(DEFINITIONS) >= {"mttr", "mtbf", "customerImpactHours"}
    assert document["definitions"] == DEFINITIONS


def test_a_month_without_incidents_has_nothing_to_make_means_of() -> None:
    document = report()
    assert (document["totalIncidents"], document["mttr"], document["mtbf"]) == (0, None, None)
    assert document["customerImpactHours"] == 0
    assert all(row["share"] is None for row in document["targets"])


def test_impact_that_nobody_knows_is_no_figure() -> None:
    """As soon as it is known of one incident it is; what reaches over from another month counts too."""
    unknown, known = incident("a", 1), incident("b", 2, impacts=())
    assert report(unknown)["customerImpactHours"] is None
    assert "Impact     unknown (1 of 1" in month_text(report(unknown))
    assert report(unknown, known)["customerImpactHours"] == 0
    july = Month(2025, 7)
    over = incident("c", 1, created_at=july.start, impacts=((july.start, AUGUST.start + HOUR),))
    assert report(unknown, over)["customerImpactHours"] == 1


def test_a_report_in_the_middle_of_its_month_counts_time_only_up_to_then() -> None:
    """Ten days with two incidents are 120 h between failures; what comes later is not known yet."""
    rows = [incident("a", 1, impacts=()), incident("b", 5, impacts=()), incident("c", 20, impacts=())]
    document = report(*rows, at=datetime(2025, 8, 11, tzinfo=UTC), items=[item("x", date(2025, 8, 12))])
    assert (document["totalIncidents"], document["mtbf"]) == (2, 120.0)
    assert document["preventionMeasuresImplemented"] == []


def test_targets_are_those_of_the_procedure() -> None:
    """Response of P0 within 2 minutes, P1 15 minutes, P2 2 hours; resolution of P0 within 1 hour, P1 4 hours."""
    wanted = {(row["severity"], row["kind"]): row["target_minutes"] for row in report()["targets"]}
    assert wanted == {
        ("P0", "response"): 2,
        ("P1", "response"): 15,
        ("P2", "response"): 120,
        ("P3", "response"): 1440,
        ("P0", "resolution"): 60,
        ("P1", "resolution"): 240,
    }
    assert report()["satisfaction"]["target"] == 0.95


@pytest.mark.parametrize(
    ("severity", "kind", "minutes"),
    [
        pytest.param("P0", "response", 2, id="P0-response"),
        pytest.param("P1", "response", 15, id="P1-response"),
        pytest.param("P2", "response", 120, id="P2-response"),
        pytest.param("P0", "resolution", 60, id="P0-resolution"),
        pytest.param("P1", "resolution", 240, id="P1-resolution"),
    ],
)
def test_a_target_of_the_procedure_is_met_up_to_its_last_minute_and_missed_after_it(
    severity: str, kind: str, minutes: int
) -> None:
    for over, met in ((0, 1), (1, 0)):
        took = timedelta(minutes=minutes, seconds=over)
        one = incident("a", 5, severity, took=None)
        answered, resolved = (took, took) if kind == "response" else (MINUTE, took)
        one = one._replace(
            first_response_at=one.created_at + answered, resolved_at=one.created_at + max(answered, resolved)
        )
        rows = {(row["severity"], row["kind"]): row for row in report(one)["targets"]}
        assert rows[severity, kind]["met"] == met


def test_an_organisation_without_targets_of_its_own_is_held_to_its_severities_promises() -> None:
    plain = organization(targets=Targets())
    assert report(of=plain)["targets"] == []


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([], {"status": "unknown", "share": None, "answers": 0, "met": None}),
        ([True] * 19 + [False], {"status": "reached", "share": 0.95, "answers": 20, "met": True}),
        ([True] * 18 + [False], {"status": "reached", "share": 0.9474, "answers": 19, "met": False}),
    ],
)
def test_customer_satisfaction_comes_from_answers_and_is_unknown_without(
    answers: list[bool], found: dict[str, Any]
) -> None:
    document = report(incident("a", 1), ratings={"a": answers, "of another month": [False] * 9})
    assert document["satisfaction"] == {**found, "target": 0.95}


def test_overdue_items_are_those_of_the_day_of_the_report() -> None:
    """The midnight that ends the day on which an item is due does not make it overdue."""
    items = [item("due", None, date(2025, 8, 16)), item("late", None, date(2025, 8, 15))]
    document = report(items=items, at=datetime(2025, 8, 17, tzinfo=UTC))
    assert [one["id"] for one in document["overdueActionItems"]] == ["late"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 s"),
        (0.4, "24 s"),
        (1, "1 min"),
        (1.54, "1.5 min"),
        (42.4, "42 min"),
        (150, "2.5 h"),
        (4608, "3.2 d"),
    ],
)
def test_lengths_are_said_as_people_say_them(value: float | None, shown: str) -> None:
    assert minutes(value) == shown


def test_the_text_names_every_figure_and_cannot_steer_a_terminal() -> None:
    text = month_text(report(incident("a", 1, root_cause="Bad\x1b[2J\nroot"), items=[item("x", None)]))
    assert "\x1b" not in text
    for words in (
        "MTTR       60 min",
        "Bad[2J root",
        "P1 response",
        "Overdue action items",
        "unknown: nobody was asked",
    ):
        assert words in text


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_without_scripts_that_refers_to_nothing_outside() -> None:
    html = render_month(report(incident("a", 1), incident("b", 2, "P0", 300)))
    page = Reader(html)
    assert not {"script", "link", "img", "iframe", "form", "a"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") or name == "src" for _, found in page.tags for name in found)
    assert "url(" not in html
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert [tag for tag, _ in page.tags].count("svg") == 4 + 4  # two plots for two widths, and the legend's four signs


def test_markup_in_texts_is_shown_and_never_obeyed() -> None:
    hostile = "<b onclick=x>{{ 6 * 7 }}'\""
    rows = [incident("a", 1, root_cause="Plain"), incident("b", 2, root_cause="Plain")]
    plain = Reader(render_month(report(*rows, items=[item("x", None)])))
    names = [row._replace(id=f"{hostile}{row.id}", title=hostile, root_cause=hostile) for row in rows]
    page = Reader(render_month(report(*names, items=[item(hostile, None)])))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert hostile in page.text


@pytest.mark.parametrize("rows", [[], [incident("a", 1, took=None)], [incident("a", 1, "SEV-9", 0)]])
def test_a_month_with_little_to_show_has_a_page_too(rows: list[Incident]) -> None:
    """None at all, none resolved, one that was over at once and has a severity that nobody defined."""
    document = report(*rows)
    assert Reader(render_month(document)).text
    assert month_text(document)


def test_every_month_of_the_year_before_is_drawn_in_its_place() -> None:
    rows = [incident(str(number), 1, created_at=AUGUST.plus(-number).start + timedelta(days=3)) for number in range(13)]
    found = [sum(month["incidentsBySevirity"].values()) for month in report(*rows)["months"]]
    assert found == [1] * 12
