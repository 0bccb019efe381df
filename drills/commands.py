"""What the subcommands do: load, play, judge, print. Every function returns or implies an exit code of the program."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import click

from drills.options import open_store
from drills.response.templates import compile_templates
from drills.runner import Prepared, compile_organization_rules, plain, play, prepare
from drills.store.address import named
from scenarios.loading import library_organizations, library_scenarios, load_organization
from scenarios.organization import Organization
from scenarios.problems import InputError, Problem
from scoring.scorecard import invalid, scorecard
from simulator.faults import KINDS
from simulator.journal import Journal
from simulator.responders.treatments import TreatmentName

MET, MISSED, INVALID = 0, 1, 3


def run_scenario(
    reference: str,
    overrides: Sequence[str],
    *,
    seed: int,
    runs: int,
    jobs: int,
    treatment: TreatmentName,
    wired: bool,
    folder: Path | None,
    store: str | None,
    style: str,
) -> int:
    """Play one drill and, with more runs than one, the same over as many seeds; write and print what came out."""
    prepared = prepare(reference, overrides)
    address = named(store)
    if address is not None:
        open_store(address).check()
    journal = play(prepared, seed, treatment, wired)
    why = [] if invalid(journal) else [finding.document() for finding in prepared.findings]
    many, tried = None, []
    if runs > 1 and not invalid(journal):
        from drills.advice import improvements
        from drills.sweep import sweep

        with _progress(runs) as advance:
            many = sweep(prepared, range(seed, seed + runs), treatment, advance, jobs)
        tried = improvements(prepared, seed, treatment, journal)
    card = scorecard(journal, why=why, changes=tried, many=many)
    folder = folder or Path("reports") / drill_name(prepared, seed, treatment)
    page = write_drill(folder, card, journal)
    if address is not None:
        open_store(address).add_journal(journal, page.with_name("journal.jsonl"))
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


def check_files(references: Sequence[str], overrides: Sequence[str], style: str) -> int:
    """Check scenarios and organisations (none named: the whole library); 1 if a criterion cannot be met or nobody is on
    call at times.
    """
    rows: list[dict[str, Any]] = []
    organizations: dict[str, list[Any]] = {}
    problems: list[Problem] = []
    for reference in references or list(library_scenarios()):
        try:
            row, organization = _check(reference, overrides)
        except InputError as error:
            problems += error.problems
            continue
        rows.append({"file": reference, **row})
        organizations[organization.organization] = [plain(one) for one in organization.contradictions]
    if problems:
        raise InputError(problems)
    if style == "json":
        click.echo(json.dumps({"checked": rows, "contradictions": organizations}, indent=2, ensure_ascii=False))
    else:
        _print_check(rows, organizations)
    return MISSED if any(row["findings"] or row["rota"] for row in rows) else MET


def _check(reference: str, overrides: Sequence[str]) -> tuple[dict[str, Any], Organization]:
    """What cannot be met in a scenario, which alert rules its drills leave out, and when nobody is on call meanwhile;
    of an organisation by itself, when nobody is on call in the weeks to come. And the organisation.
    """
    from drills.rota import unattended
    from simulator.rule_coverage import not_simulated

    path = Path(reference)
    if reference in library_organizations() or path.name == "organization.yaml" or path.is_dir():
        loaded = load_organization(reference, KINDS, overrides)
        compile_organization_rules(loaded)
        compile_templates(loaded.templates)
        return {"findings": [], "rules": None, "rota": unattended(loaded.organization)}, loaded.organization
    prepared = prepare(reference, overrides)
    organization, scenario = prepared.loaded.organization, prepared.loaded.scenario
    missing = not_simulated(organization, scenario, prepared.rules)
    left_out = [
        {"alert": rule.name, "missing": list(dict.fromkeys(map(str, selectors)))} for rule, selectors in missing.items()
    ]
    row = {
        "findings": [finding.document() for finding in prepared.findings],
        "rules": {"simulated": len(prepared.rules.alerts) - len(left_out), "not_simulated": left_out},
        "rota": unattended(organization, scenario.starts_at, timedelta(milliseconds=scenario.duration)),
    }
    return row, organization


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


def drill_name(prepared: Prepared, seed: int, treatment: str) -> str:
    """The drill's id: drills that differ in anything but the number of seeds have different ones."""
    parts = [prepared.loaded.scenario.scenario, f"seed{seed}"]
    if treatment != "modelled":
        parts.append(treatment)
    if prepared.overrides:
        parts.append(hashlib.sha256("\n".join(prepared.overrides).encode()).hexdigest()[:8])
    return "-".join(parts)


def _print_check(rows: Sequence[Mapping[str, Any]], organizations: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    for row in rows:
        missed = sorted({finding["criterion"] for finding in row["findings"]})
        verdicts = [f"{_plural(len(missed), 'criterion', 'criteria')} that cannot be met"] if missed else []
        if row["rota"]:
            verdicts.append(f"{_plural(len(row['rota']), 'schedule', 'schedules')} with nobody on call at times")
        click.echo(f"{row['file']}: valid; {', '.join(verdicts) or 'nothing found'}")
        for finding in row["findings"]:
            click.echo(f"  {finding['criterion']}: {finding['text']}")
        for rule in row["rules"]["not_simulated"] if row["rules"] else ():
            click.echo(f"  {rule['alert']}: not simulated; nothing produces {', '.join(rule['missing'])}")
        for one in row["rota"]:
            click.echo(f"  {one['schedule']}: {one['text']}")
    for name, contradictions in organizations.items():
        if contradictions:
            places = _plural(len(contradictions), "place", "places")
            click.echo(f"warning: the procedure of {name} contradicts itself in {places}:")
        for one in contradictions:
            click.echo(f"  {one['about']}: {one['says']}; also {one['also_says']}; used: {one['uses']}")


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def write_drill(folder: Path, card: Mapping[str, Any], journal: Journal) -> Path:
    """Journal, scorecard and report into the drill's folder; the report's path."""
    from scoring.report import render

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "journal.jsonl").write_text(journal.text(), encoding="utf-8")
        (folder / "scorecard.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        page = folder / "report.html"
        page.write_text(render(card, journal), encoding="utf-8")
    except OSError as error:
        raise InputError([Problem("", 0, 0, "", f"cannot write to {folder}: {error.strerror}")]) from error
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
