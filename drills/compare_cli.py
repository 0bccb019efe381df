"""``gameday compare``: did the response get worse between two versions?"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import click

from drills.options import FORMAT
from scenarios.problems import InputError, Problem

if TYPE_CHECKING:
    from simulator.responders.treatments import TreatmentName

SAME, WORSE = 0, 1


@click.command()
@click.argument("base")
@click.argument("head")
@click.option("--scenario", "wanted", multiple=True, help="Only this scenario of the two versions.")
@click.option("--set", "overrides", metavar="PATH=VALUE", multiple=True, help="Change a value of HEAD.")
@click.option("--seed", default=1, show_default=True, help="The first drill's luck.")
@click.option("--runs", default=600, show_default=True, type=click.IntRange(10), help="Pairs a scenario, at most.")
@click.option("--treatment", type=click.Choice(["modelled", "absent", "ideal", "wrong"]), default="modelled",
              show_default=True, help="The policy that modelled responders follow.")  # fmt: skip
@click.option("--min-rate", default="5%", show_default=True, help="The least fall of a pass rate that is minded.")
@click.option("--min-time", default="1m", show_default=True, help="The least delay of a median or 90th percentile.")
@click.option(
    "--min-pages", default=0.5, show_default=True, type=click.FloatRange(0), help="Of pages on a healthy day."
)
@click.option("--advisory", is_flag=True, help="Say what got worse, and end with 0 all the same.")
@click.option("--accepted", type=click.Path(path_type=Path), help="YAML file of accepted changes, with reasons.")
@click.option("--summary", type=click.Path(path_type=Path), help="Markdown file to write, for the pull request.")
@click.option("--save-baseline", "baseline", type=click.Path(path_type=Path), help="File to keep HEAD's outcomes in.")
@click.option("--jobs", default=0, type=click.IntRange(0), show_default="as many as processors", help="Processes.")
@FORMAT
def compare(base: str, head: str, **options: Any) -> None:
    """Play two versions of organisation or scenario on the same luck, and say what got worse, by how much, how surely.

    BASE and HEAD are scenarios, organisations, folders with scenarios, or git revisions; BASE may be a baseline, a file
    whose name ends in .baseline, which was kept with --save-baseline.
    """
    with TemporaryDirectory() as folder:
        document = _compare(base, head, options, Path(folder))
    from scoring.comparison_text import comparison_markdown, comparison_text

    document["advisory"] = options["advisory"]
    if options["summary"] is not None:
        _write(options["summary"], comparison_markdown(document))
    if options["style"] == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(comparison_text(document), nl=False)
    sys.exit(WORSE if document["worse"] and not options["advisory"] else SAME)


def _compare(base: str, head: str, options: dict[str, Any], folder: Path) -> dict[str, Any]:
    from drills.comparing import baseline_text, read_baseline
    from drills.comparing import compare as play_and_compare
    from drills.versions import Play, versions
    from scenarios.fields import parse_duration, parse_ratio
    from scoring.comparison import Least

    try:
        rate, time_s = parse_ratio(options["min_rate"]), parse_duration(options["min_time"]) / 1000
        least = Least(rate, time_s, options["min_pages"])
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="--min-rate or --min-time") from error
    accepted = [] if options["accepted"] is None else read_accepted(options["accepted"])
    kept = read_baseline(Path(base)) if base.endswith(".baseline") else None
    plays, notes = versions(head if kept else base, head, options["wanted"], folder)
    plays = {
        name: (before, Play(after.reference, (*after.overrides, *options["overrides"])))
        for name, (before, after) in plays.items()
        if kept is None or name in kept["scenarios"]
    }
    if not plays:
        raise InputError([Problem(base, 0, 0, "", f"it has no scenario in common with {head}")])
    treatment = cast("TreatmentName", kept["treatment"] if kept else options["treatment"])
    seed = kept["seed"] if kept else options["seed"]
    most = min(options["runs"], *(len(kept["scenarios"][name]) for name in plays)) if kept else options["runs"]
    drills = most * len(plays) * (1 if kept else 2)
    with click.progressbar(length=drills, label="Drills", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        document, pairs = play_and_compare(
            plays, seed=seed, most=most, treatment=treatment, least=least, accepted=accepted, baseline=kept,
            processes=options["jobs"], progress=bar.update,
        )  # fmt: skip
    if options["baseline"] is not None:
        _write(options["baseline"], baseline_text(pairs, seed, treatment))
    return {**document, "notes": notes}


def read_accepted(path: Path) -> Sequence[dict[str, str]]:
    """Accepted changes, ``accepted: [{scenario: …, name: time_to_assemble, reason: …}]``; InputError for others."""
    from scenarios.documents import read_document

    document = read_document(path)
    rows = document.at("accepted")
    if not isinstance(rows, list):
        raise InputError([document.problem(("accepted",), "expected a list of scenario, name and reason")])
    keys = ("scenario", "name", "reason")
    problems = [
        document.problem(("accepted", index), f"expected {', '.join(keys)}, each text that says something")
        for index, row in enumerate(rows)
        if not isinstance(row, dict)
        or sorted(row) != sorted(keys)
        or not all(isinstance(row[key], str) and row[key].strip() for key in keys)
    ]
    if problems:
        raise InputError(problems)
    return rows


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", f"cannot be written: {error.strerror}")]) from error
