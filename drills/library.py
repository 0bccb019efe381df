"""The library as a whole: what it holds, which scenarios fit an organisation, and one drill of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from drills.runner import Prepared, play, prepare
from scenarios.documents import read_document
from scenarios.loading import library_scenarios, load_organization
from scenarios.problems import InputError
from scoring.scorecard import outcome
from simulator.faults import KINDS
from simulator.responders.treatments import TreatmentName

MET, MISSED, INVALID = 0, 1, 3
SHOWN = ("difficulty", "duration", "organization", "title")
"""What a list shows of a scenario beside its id."""
TELLING = ("the organisation has no", "unknown service", "unknown action")
"""What says best why a scenario does not fit, in this order."""


def show_library(style: str, organization: str | None) -> None:
    """The library's scenarios: id, difficulty, duration, title; with an organisation, which fit it and why not."""
    if organization is not None:
        load_organization(organization, KINDS)  # What is wrong with it is told once, not for every scenario.
    rows = list(_rows(organization))
    if style == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo("{scenario:<26} difficulty {difficulty}  {duration:>6}  {organization:<12} {title}".format(**row))
        if row.get("fits") is False:
            click.echo(f"{'':<26} does not fit: {row['why_not']}")


def _rows(organization: str | None) -> Iterator[dict[str, Any]]:
    for name, path in library_scenarios().items():
        data = read_document(path).data
        row = {"scenario": name, **{key: data[key] for key in SHOWN}, "path": str(path)}
        if organization is not None:
            why_not = _why_not(name, organization)
            row |= {"fits": why_not is None, "why_not": why_not}
        yield row


def _why_not(scenario: str, organization: str) -> str | None:
    """The first reason for which a scenario cannot be played by an organisation."""
    try:
        prepare(scenario, [f"organization={organization}"])
    except InputError as error:
        first = min(error.problems, key=lambda problem: (*(word not in problem.message for word in TELLING), problem))
        others = len(error.problems) - 1
        more = f" (and {others} more)" if others else ""
        return f"{first.path}: {first.message}{more}" if first.path else f"{first.message}{more}"
    return None


def run_all(overrides: Sequence[str], *, seed: int, treatment: TreatmentName, style: str) -> int:
    """One drill of every scenario of the library, without HTTP; writes nothing. 1 if any criterion was missed, 3 if a
    drill proves nothing.
    """
    rows = [_played(prepare(name, overrides), seed, treatment) for name in library_scenarios()]
    if style == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(_line(row))
        met = sum(row["verdict"] == "met" for row in rows)
        click.echo(f"{met} of {len(rows)} met, seed {seed}, people {treatment}, uncalibrated")
    verdicts = {row["verdict"] for row in rows}
    return INVALID if "invalid" in verdicts else MISSED if "missed" in verdicts else MET


def _played(prepared: Prepared, seed: int, treatment: TreatmentName) -> dict[str, Any]:
    found = outcome(play(prepared, seed, treatment, wired=False))
    missed = [name for name, met in found["criteria"].items() if met is False]
    verdict = "invalid" if found["invalid"] else "missed" if missed else "met"
    scenario = prepared.loaded.scenario
    return {
        "scenario": scenario.scenario,
        "verdict": verdict,
        "met": sum(met is True for met in found["criteria"].values()),
        "of": len(found["criteria"]),
        "missed": missed,
        "time_to_mitigate_s": found["measures"]["time_to_mitigate"],
    }


def _line(row: dict[str, Any]) -> str:
    missed = f"  missed: {', '.join(row['missed'])}" if row["missed"] else ""
    return f"{row['scenario']:<26} {row['verdict'].upper():<8} {row['met']} of {row['of']} met{missed}"


def write_new(path: Path, text: str) -> None:
    """A file that did not exist; InputError if it did, or cannot be written."""
    from scenarios.problems import Problem

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError([Problem(str(path), 0, 0, "", "exists already; choose another name")]) from error
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", f"cannot be written: {error.strerror}")]) from error
