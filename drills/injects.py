"""The master list of a scenario's injects as a table: written for a facilitator, read back into the scenario's form."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from scenarios.documents import read_document
from scenarios.loading import load_scenario
from scenarios.problems import InputError, Problem
from simulator.faults import KINDS

COLUMNS = ("id", "to", "at", "milestone", "after", "says", "expect", "within", "points", "more")


def export(scenario: str, file: Path | None) -> None:
    """The injects of a scenario as CSV, to a file or to standard output."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for inject in load_scenario(scenario, KINDS).document.at("injects") or ():
        writer.writerow(_row(inject))
    if file is None:
        click.echo(text.getvalue(), nl=False)
        return
    try:
        file.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(file), 0, 0, "", f"cannot be written: {error.strerror}")]) from error


def read(file: Path) -> str:
    """The injects of a CSV file as a scenario file states them; InputError with every row that cannot be read."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(file), 0, 0, "", f"cannot be read: {error}")]) from error
    problems = [
        Problem(str(file), line, 1, "", f'a row without "{name}"')
        for line, row in enumerate(rows, start=2)
        for name in ("id", "says")
        if not row.get(name)
    ]
    if rows and (unknown := [str(name) for name in rows[0] if name not in COLUMNS]):
        problems.append(Problem(str(file), 1, 1, "", f"unknown columns: {', '.join(unknown)}"))
    if problems:
        raise InputError(problems)
    return "injects:\n" + "".join(f"  - {json.dumps(_stated(row), ensure_ascii=False)}\n" for row in rows)


def insert(scenario: Path, file: Path) -> None:
    """Put the injects of a CSV file in place of those of a scenario file, whose other lines stay as they are."""
    stated = read(file)
    read_document(scenario)
    lines = scenario.read_text(encoding="utf-8").splitlines(keepends=True)
    begin = next((number for number, line in enumerate(lines) if line.startswith("injects:")), None)
    if begin is None:
        begin = end = next((number for number, line in enumerate(lines) if line.startswith("findings:")), len(lines))
    else:
        following = range(begin + 1, len(lines))
        end = next((number for number in following if lines[number][:1] not in (" ", "-", "#", "\n")), len(lines))
    scenario.write_text("".join([*lines[:begin], stated, *lines[end:]]), encoding="utf-8")


def _row(stated: Mapping[str, Any]) -> dict[str, str]:
    """An inject as its file states it; what has no column of its own goes into the last one, as JSON."""
    left = dict(stated)
    when, expect = left.pop("when", None), left.pop("expect", None)
    row: dict[str, str] = {name: str(left.pop(name)) for name in ("id", "to", "at", "says", "points") if name in left}
    if when is not None:
        row |= {"milestone": when["milestone"], "after": str(when.get("after", ""))}
    if expect is not None:
        row |= {"expect": expect["action"], "within": str(expect["within"])}
    if left:
        row["more"] = json.dumps(left, ensure_ascii=False)
    return row


def _stated(row: Mapping[str, str]) -> dict[str, Any]:
    stated: dict[str, Any] = {"id": row["id"]}
    for name in ("to", "at"):
        if row.get(name):
            stated[name] = row[name]
    if row.get("milestone"):
        stated["when"] = {"milestone": row["milestone"], "after": row.get("after") or "0s"}
    stated["says"] = row["says"]
    if row.get("expect"):
        stated["expect"] = {"action": row["expect"], "within": row.get("within") or "15m"}
    if row.get("points"):
        stated["points"] = int(row["points"]) if row["points"].isdecimal() else row["points"]
    return {**stated, **_more(row.get("more") or "{}")}


def _more(text: str) -> dict[str, Any]:
    try:
        more = json.loads(text)
    except ValueError:
        more = None
    if not isinstance(more, dict):
        raise InputError([Problem("", 0, 0, "", f'the column "more" holds no JSON object (got {text})')])
    return more
