"""What the subcommands do: load, play, judge, print. Every function returns or implies an exit code of the program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import click

from drills.runner import Prepared, play, prepare
from scenarios.loading import library_scenarios, load_organization, load_scenario
from scoring.feasibility import Finding, findings
from scoring.scorecard import scorecard
from simulator.faults import KINDS
from simulator.journal import Journal
from simulator.responders.treatments import TreatmentName

MET, MISSED, INVALID = 0, 1, 3


def show_library(style: str) -> None:
    """The library's scenarios: id, difficulty, duration, title."""
    from scenarios.fields import format_duration

    rows = []
    for name in library_scenarios():
        scenario = load_scenario(name, KINDS).scenario
        rows.append(
            {
                "scenario": name,
                "difficulty": scenario.difficulty,
                "duration": format_duration(scenario.duration),
                "organization": scenario.organization,
                "title": scenario.title,
            }
        )
    if style == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo("{scenario:<28} difficulty {difficulty}  {duration:>6}  {organization:<10} {title}".format(**row))


def run_scenario(
    reference: str,
    overrides: Sequence[str],
    *,
    seed: int,
    runs: int,
    treatment: TreatmentName,
    wired: bool,
    folder: Path | None,
    style: str,
) -> int:
    """Play one drill and, with more runs than one, the same over as many seeds; write and print what came out."""
    prepared = prepare(reference, overrides)
    journal = play(prepared, seed, treatment, wired)
    why = [finding.document() for finding in _findings(prepared)]
    many, tried = None, []
    if runs > 1:
        from drills.advice import improvements
        from drills.sweep import sweep

        with _progress(runs) as advance:
            many = sweep(prepared, range(seed, seed + runs), treatment, advance)
        tried = improvements(prepared, seed, treatment, journal)
    card = scorecard(journal, why=why, changes=tried, many=many)
    folder = folder or Path("reports") / f"{prepared.loaded.scenario.scenario}-seed{seed}"
    page = _write(folder, card, journal)
    if style == "json":
        click.echo(json.dumps(card, indent=2, ensure_ascii=False))
    else:
        from scoring.text import text

        click.echo(text(card, journal, report=str(page), colour=sys.stdout.isatty()), nl=False)
    if card["invalid_because"]:
        return INVALID
    if many is not None:
        return MET if (card["pass_rate"] or 0.0) >= prepared.loaded.scenario.pass_rate else MISSED
    return MET if card["met"] else MISSED


def check_files(files: Sequence[str], overrides: Sequence[str], style: str) -> int:
    """Check scenarios and organisations (none named: the whole library); 1 if a criterion cannot be met."""
    rows: list[dict[str, Any]] = []
    for name in files or list(library_scenarios()):
        if (Path(name) / "organization.yaml").exists() or Path(name).name == "organization.yaml":
            organization = load_organization(name, KINDS, overrides)
            rows.append(_row(name, (), organization.organization.contradictions))
        else:
            prepared = prepare(name, overrides)
            rows.append(_row(name, _findings(prepared), prepared.loaded.organization.contradictions))
    if style == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            _print_check(row)
    return MISSED if any(row["findings"] for row in rows) else MET


def verify_scenario(reference: str, overrides: Sequence[str], seeds: int, digests_only: bool) -> int:
    """Play every seed twice, once with HTTP and once without; 1 and the first record that differs, if one does."""
    prepared = prepare(reference, overrides)
    different = 0
    for seed in range(1, seeds + 1):
        first, second = play(prepared, seed), play(prepare(reference, overrides), seed, wired=False)
        where = _first_difference(first, second)
        if where is not None:
            different += 1
            click.echo(f"seed {seed}: the two histories part at record {where}:")
            for journal in (first, second):
                click.echo(f"  {journal.records[where - 1] if where <= len(journal.records) else 'ended'}")
        elif digests_only:
            click.echo(f"{seed} {first.digest()}")
        else:
            click.echo(f"seed {seed}: {len(first.records)} records, twice the same, {first.digest()}")
    return MISSED if different else MET


def show_schema(kind: Literal["scenario", "organization"]) -> None:
    """Print a JSON Schema."""
    from scenarios.schema import json_schema

    click.echo(json.dumps(json_schema(kind, KINDS), indent=2))


def _findings(prepared: Prepared) -> list[Finding]:
    return findings(prepared.loaded.organization, prepared.loaded.scenario, prepared.rules)


def _row(name: str, found: Sequence[Finding], contradictions: Sequence[Any]) -> dict[str, Any]:
    from drills.runner import plain

    return {
        "file": name,
        "findings": [finding.document() for finding in found],
        "warnings": [plain(contradiction) for contradiction in contradictions],
    }


def _print_check(row: Mapping[str, Any]) -> None:
    click.echo(f"{row['file']}: valid; {_plural(len(row['findings']), 'criterion', 'criteria')} that cannot be met")
    for finding in row["findings"]:
        click.echo(f"  {finding['criterion']}: {finding['text']}")
    if row["warnings"]:
        click.echo(
            f"  warning: the procedure contradicts itself in {_plural(len(row['warnings']), 'place', 'places')}:"
        )
    for warning in row["warnings"]:
        click.echo(f"    {warning['about']}: {warning['says']}; also {warning['also_says']}; used: {warning['uses']}")


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _write(folder: Path, card: Mapping[str, Any], journal: Journal) -> Path:
    """Journal, scorecard and report into the drill's folder; the report's path."""
    from scoring.report import render

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "journal.jsonl").write_text(journal.text(), encoding="utf-8")
        (folder / "scorecard.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        page = folder / "report.html"
        page.write_text(render(card, journal), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write to {folder}: {error.strerror}") from error
    return page


def _first_difference(first: Journal, second: Journal) -> int | None:
    """Number of the first record in which two journals differ; None if they are the same."""
    if first.digest() == second.digest():
        return None
    pairs = zip(first.lines(), second.lines(), strict=False)
    same = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(first.records), len(second.records)))
    return same + 1


def _unseen(_done: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar with the time left on a terminal's standard error; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    with click.progressbar(length=total, label="Seeds", file=sys.stderr) as bar:
        yield bar.update
