"""``gameday report review``: the post-incident review of one drill, drafted from its journal."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("journal", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="What is printed: a document to edit, or one JSON document.",
)
def review(journal: Path, style: str) -> None:
    """Draft the post-incident review of a drill from its journal (a file, or the drill's folder)."""
    from scoring.review import markdown
    from scoring.review import review as draft
    from simulator.journal_reader import read_journal

    drafted = draft(read_journal(journal / "journal.jsonl" if journal.is_dir() else journal))
    text = markdown(drafted) if style == "markdown" else json.dumps(drafted, indent=2, ensure_ascii=False) + "\n"
    click.echo(text, nl=False)
