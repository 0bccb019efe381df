"""``gameday score``: judges a timeline from outside, or a drill's journal again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from drills.options import FORMAT
from scenarios.problems import InputError, Problem

MET, MISSED, INVALID = 0, 1, 3


@click.command()
@click.argument("file", metavar="TIMELINE|JOURNAL", type=click.Path(path_type=Path))
@click.option(
    "--milestone",
    "named",
    metavar="NAME=ROW",
    multiple=True,
    help="The row, from 1, that stands for a milestone of a timeline, such as detected=3.",
)
@FORMAT
def score(file: Path, named: tuple[str, ...], style: str) -> None:
    """Judge a real incident's timeline (YAML, JSON or CSV), or the journal of a drill again.

    A timeline is measured and has no criteria, so that its exit code is 0; that of a journal is the drill's.
    """
    if file.is_dir():
        file = file / "journal.jsonl"
    if _is_journal(file):
        if named:
            raise click.UsageError("--milestone is for timelines: the milestones of a journal follow from its records")
        sys.exit(_score_journal(file, style))
    from scoring.timeline.judging import judge
    from scoring.timeline.reading import open_timeline

    card = judge(open_timeline(file, _by_hand(named)))
    if style == "json":
        click.echo(_json(card))
    else:
        from scoring.timeline.text import timeline_text

        click.echo(timeline_text(card), nl=False)


@click.command()
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--task", required=True, help="The task whose letter is corrected, such as severity.")
@click.option("--letter", required=True, type=click.Choice(["P", "S", "M", "U"]), help="What it should be.")
@click.option("--author", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why.")
def correct(journal: Path, task: str, letter: str, author: str, reason: str) -> None:
    """Correct the rating of a drill (its journal, or its folder): appended, so that both ratings are shown.

    The correction is kept beside the journal, which stays as it was; `gameday score` shows both.
    """
    from datetime import UTC, datetime

    from scoring.corrections import FILE, append_correction, read_corrections
    from simulator.journal_reader import read_journal

    journal = journal / "journal.jsonl" if journal.is_dir() else journal
    read_journal(journal)
    file = journal.with_name(FILE)
    read_corrections(file)
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    append_correction(file, {"at": at, "task": task, "letter": letter, "author": author, "reason": reason})
    click.echo(f"{file}: {task} is {letter} by {author}; the rating of the journal is still shown beside it")


def _is_journal(file: Path) -> bool:
    """Whether a file begins as journals do; what cannot be read is left to those who say why."""
    try:
        with file.open("rb") as opened:
            return opened.read(20).startswith(b'{"journal"')
    except (OSError, ValueError):
        return False


def _is_cut(file: Path) -> bool:
    """Whether the last line of a file does not end: it was being written when something stopped."""
    with file.open("rb") as opened:
        opened.seek(-1, 2)
        return opened.read(1) != b"\n"


def _by_hand(named: tuple[str, ...]) -> dict[str, int]:
    from scoring.timeline.reading import BY_HAND

    found = {}
    for text in named:
        name, _, number = text.partition("=")
        if name not in BY_HAND or not (number.isascii() and number.isdigit() and 0 < len(number) < 10 and int(number)):
            expected = f"expected NAME=ROW, where NAME is one of {', '.join(BY_HAND)} and ROW counts from 1"
            raise InputError([Problem("--milestone", 0, 0, "", f"{expected} (got {text})")])
        found[name] = int(number)
    return found


def _score_journal(file: Path, style: str) -> int:
    from scoring.corrections import FILE, corrected, read_corrections
    from scoring.rating import rating_text
    from scoring.scorecard import scorecard
    from scoring.text import text
    from scoring.wording import harmless
    from simulator.journal_reader import is_real, read_journal

    journal = read_journal(file)
    if is_real(journal.header):
        expected = "the journal of a real incident, which has no scenario to judge it by: see gameday report review"
        raise InputError([Problem(str(file), 1, 1, "", expected)])
    if not journal.records:
        raise InputError([Problem(str(file), 1, 1, "", "this journal has no whole record: there is nothing to judge")])
    card = scorecard(journal)
    if _is_cut(file):
        last = journal.records[-1]["record"]
        card["invalid_because"].append(f"the file ends within record {last + 1}: judged up to record {last}")
    corrections = read_corrections(file.with_name(FILE))
    if corrections:
        objectives = (journal.header.get("rating") or {}).get("objectives")
        card["corrected"] = corrected(card["rating"], corrections, objectives)
    if style == "json":
        click.echo(_json(card))
    else:
        click.echo(text(card, journal, colour=sys.stdout.isatty()), nl=False)
        lines = [*rating_text(card["rating"]), *(rating_text(card["corrected"], "CORRECTED") if corrections else ())]
        click.echo("\n".join(map(harmless, lines)))
    if card["invalid_because"]:
        return INVALID
    return MET if card["met"] else MISSED


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
