"""The files that the index is made from: journals, and logs of real incidents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drills.store.rows import Rows, journal_rows, log_rows
from scenarios.documents import read_document
from scenarios.incident_log import read_incident_log
from scenarios.problems import InputError, Problem
from simulator.journal_reader import read_journal

JOURNAL = "journal.jsonl"
LOG_NAMES = ("incidents.yaml", "*.incidents.yaml")
EXPECTED = f"expected a folder, a journal (.jsonl) or an incident log ({' or '.join(LOG_NAMES)})"


def indexed_files(places: Sequence[Path]) -> list[Path]:
    """Every journal and incident log in files and folders, sorted; InputError for what is neither, or for nothing."""
    found: set[Path] = set()
    problems = []
    for place in places:
        if place.is_dir():
            found.update(path for pattern in (JOURNAL, *LOG_NAMES) for path in place.rglob(pattern))
        elif not place.exists():
            problems.append(Problem(str(place), 0, 0, "", f"there is no such file or folder ({EXPECTED})"))
        elif place.suffix in (".jsonl", ".yaml", ".yml"):
            found.add(place)
        else:
            problems.append(Problem(str(place), 0, 0, "", EXPECTED))
    if not found and not problems:
        names = ", ".join(map(str, places))
        problems.append(Problem(names, 0, 0, "", f"no journal and no incident log is there ({EXPECTED})"))
    if problems:
        raise InputError(problems)
    # As they are named here and now, so that a folder given twice in two ways is read once.
    return sorted({path.resolve() for path in found})


def read_rows(paths: Sequence[Path]) -> list[Rows]:
    """What the index says of each file; InputError with the problems of all of them."""
    rows: list[Rows] = []
    problems: list[Problem] = []
    owners: dict[str, Path] = {}
    for path in paths:
        try:
            made = _read(path)
        except InputError as error:
            problems += error.problems
            continue
        for row in made.all_incidents:
            if not row["is_drill"] and owners.setdefault(row["id"], path) != path:
                message = f'"{row["number"]}" is in {owners[row["id"]]} already'
                problems.append(Problem(str(path), 0, 0, "", message))
        rows.append(made)
    if problems:
        raise InputError(problems)
    return rows


def _read(path: Path) -> Rows:
    if path.suffix == ".jsonl":
        return journal_rows(read_journal(path), path)
    return log_rows(read_incident_log(read_document(path)), path)
