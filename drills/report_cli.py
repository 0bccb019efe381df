"""``gameday report``: figures over the incidents and drills of a store."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drills.options import AT, FORMAT, ORGANIZATION, STORE, as_of, load, open_store
from drills.review_cli import review
from scenarios.problems import InputError, Problem

if TYPE_CHECKING:
    from scoring.figures import Month

FORMATS = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="What is printed: lines, one JSON document, or one HTML page.",
)
OUTPUT = click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to write to instead.")


@click.group()
def report() -> None:
    """Report on a month of incidents, or on who is trained."""


@report.command()
@click.argument("month", metavar="YYYY-MM")
@click.option("--drills", is_flag=True, help="Report on the incidents of drills instead of real ones.")
@ORGANIZATION
@AT
@STORE
@FORMATS
@OUTPUT
def month(  # noqa: PLR0917 - click passes them by name
    month: str,
    drills: bool,
    reference: str,
    at: str | None,
    address: str | None,
    style: str,
    output: Path | None,
) -> None:
    """Incidents of a month: counts, times, targets, causes, impact, and the year before it."""
    from scoring.monthly import monthly_report

    chosen, known_at = _parse_month(month), as_of(at)
    organization, store = load(reference), open_store(address)
    document = monthly_report(
        chosen,
        organization,
        store.incidents(organization.organization, drills),
        at=known_at,
        ratings=store.ratings(),
        items=store.action_items(),
        drills=drills,
    )
    if style == "html":
        from scoring.report.month_page import render_month

        _deliver(render_month(document), output)
    elif style == "text":
        from scoring.month_text import month_text

        _deliver(month_text(document), output)
    else:
        _deliver(_json(document), output)


@report.command()
@ORGANIZATION
@AT
@STORE
@FORMAT
@OUTPUT
def program(reference: str, at: str | None, address: str | None, style: str, output: Path | None) -> None:
    """Who is trained in what: drills, seats and results of each person, what is due and what has expired."""
    from datetime import timedelta

    from scoring.training import training_report
    from scoring.training_text import training_text

    today = (as_of(at) - timedelta(microseconds=1)).date()
    organization, store = load(reference), open_store(address)
    name = organization.organization
    document = training_report(organization, store.sittings(name), store.attendances(name), store.names(), today)
    _deliver(_json(document) if style == "json" else training_text(document), output)


def _parse_month(text: str) -> Month:
    from scoring.figures import Month

    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1971 <= year <= 9998 and 1 <= number <= 12):
        raise click.BadParameter(f"expected a month such as 2025-08 (got {text})", param_hint="YYYY-MM")
    return Month(year, number)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _deliver(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(output), 0, 0, "", f"cannot be written: {error.strerror}")]) from error


report.add_command(review)
