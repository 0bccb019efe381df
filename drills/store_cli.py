"""``gameday store``, ``people`` and ``ratings``: what the store knows, and what it alone owns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from drills.options import FORMAT, ORGANIZATION, STORE, day, load, open_store
from scenarios.problems import InputError, Problem, count, did_you_mean

PLACES = click.argument("places", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER...")


@click.group()
def store() -> None:
    """Keep an index of drills and incidents in a database."""


@store.command()
@PLACES
@STORE
def add(places: tuple[Path, ...], address: str | None) -> None:
    """Index the journals and incident logs in these folders and files."""
    opened = open_store(address)
    _tell(opened.database.shown, *opened.add(places))


@store.command()
@PLACES
@STORE
def rebuild(places: tuple[Path, ...], address: str | None) -> None:
    """Forget the index and make it anew; names, trainings, ratings and action items stay."""
    opened = open_store(address)
    _tell(opened.database.shown, *opened.rebuild(places))


def _tell(shown: str, drills: int, incidents: int) -> None:
    click.echo(f"{shown}: {count(drills, 'drill')} and {count(incidents, 'real incident')} indexed")


@store.command()
@STORE
def upgrade(address: str | None) -> None:
    """Bring a store made by an older gameday to the present format."""
    opened = open_store(address)
    before, after = opened.database.upgrade()
    done = "made" if before is None else f"was {before}" if before != after else "unchanged"
    click.echo(f"{opened.database.shown}: format {after} ({done})")


@store.command("list")
@STORE
@FORMAT
def list_command(address: str | None, style: str) -> None:
    """Show the drills in the store, the latest start first."""
    rows = open_store(address).drills()
    if style == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=lambda moment: moment.isoformat()))
        return
    for row in rows:
        click.echo(_drill_line(row))


def _drill_line(row: dict[str, Any]) -> str:
    verdict = "INVALID" if not row["valid"] else "MET" if row["met"] else "MISSED"
    figures = f"{row['met_count']} of {row['criteria_count']}"
    return f"{row['id']:<52} {row['starts_at']:%Y-%m-%d}  {row['treatment']:<9} {verdict:<7} {figures}"


@click.group()
def people() -> None:
    """Keep people's names and trainings, which no journal holds."""


@people.command()
@click.argument("person")
@click.argument("name")
@STORE
def name(person: str, name: str, address: str | None) -> None:
    """Say what a participant is called."""
    open_store(address).name(person, name)


@people.command()
@click.argument("person")
@STORE
def forget(person: str, address: str | None) -> None:
    """Delete a participant's name; journals keep the id, and their digests stay the same."""
    opened = open_store(address)
    with opened.database.reading():
        pass  # A store that is not there has no name to forget.
    there = opened.forget(person)
    click.echo(f"{person}: {'name deleted' if there else 'no name is known'}")


@people.command("list")
@STORE
@FORMAT
def list_people(address: str | None, style: str) -> None:
    """Show participant ids and names."""
    names = open_store(address).names()
    if style == "json":
        click.echo(json.dumps(names, indent=2, ensure_ascii=False))
        return
    for person, known in names.items():
        click.echo(f"{person:<28} {known}")


@people.command()
@click.argument("training")
@click.argument("persons", nargs=-1, required=True, metavar="PERSON...")
@click.option("--on", "on", metavar="DATE", show_default="today (UTC)", help="The day on which it was.")
@ORGANIZATION
@STORE
def trained(training: str, persons: tuple[str, ...], on: str | None, reference: str, address: str | None) -> None:
    """Record that people had a training of the organisation's."""
    organization = load(reference)
    problems = _unknown("training", [training], organization.training)
    problems += _unknown("person", persons, organization.people)
    if problems:
        raise InputError(problems)
    today = datetime.now(UTC).date()
    open_store(address).attend(organization.organization, persons, training, day(on, "--on") if on else today)


def _unknown(noun: str, words: Sequence[str], known: Any) -> list[Problem]:
    return [
        Problem("", 0, 0, "", f'unknown {noun} "{word}"{did_you_mean(word, known)}')
        for word in words
        if word not in known
    ]


@click.group()
def ratings() -> None:
    """Keep what customers say about how incidents were handled."""


@ratings.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@STORE
def import_ratings(file: Path, address: str | None) -> None:
    """Take in a survey form's answers: CSV with the columns response, incident, satisfied (yes or no)."""
    from drills.store.survey import read_answers

    opened = open_store(address)
    rows = read_answers(file, opened.known_incidents())
    opened.rate(rows)
    click.echo(f"{opened.database.shown}: {count(len(rows), 'answer')} taken in")
