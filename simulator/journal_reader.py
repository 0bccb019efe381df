"""Journals read back from their files, with every reason why a file is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.fields import parse_instant
from scenarios.problems import InputError, Problem, shorten
from simulator.events import EVENT_TYPES
from simulator.journal import Journal

DRILL: dict[str, type] = {
    "scenario": str,
    "title": str,
    "organization": str,
    "seed": int,
    "treatment": str,
    "starts_at": str,
    "severity": str,
    "version": str,
}
"""What a header says of every drill, and of which type it is."""
REAL: dict[str, type] = {"incident": str, "organization": str, "starts_at": str, "version": str}
"""The same of a real incident, which has no scenario."""
MOST_PROBLEMS = 20
"""A file that is no journal at all would have one a line."""


def read_journal(path: Path) -> Journal:
    """The journal in a file, of a drill or a real incident; InputError says what is wrong with it, and where.

    A last line that does not end was being written when a process was killed, or still is: it is left out.
    Records of a type that this version does not know are kept as they are: later versions may write more.
    """
    name = str(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, 0, 0, "", "not UTF-8 text (expected a journal)")]) from error
    except OSError as error:
        raise InputError([Problem(name, 0, 0, "", f"the file cannot be read: {error.strerror}")]) from error
    problems: list[Problem] = []
    whole, _, _ = text.rpartition("\n")
    lines = whole.split("\n")  # Not splitlines: texts may hold what Unicode calls a line's end.
    rows = [_row(line, number, name, problems) for number, line in enumerate(lines, start=1)]
    if rows[0] is not None:
        problems += [Problem(name, 1, 1, path_, message) for path_, message in _header_problems(rows[0])]
    before_ms = 0
    for number, row in enumerate(rows[1:], start=1):
        if row is not None:
            found = _record_problems(row, number, before_ms)
            problems += [Problem(name, number + 1, 1, "", message) for message in found]
            before_ms = row["at_ms"] if type(row.get("at_ms")) is int else before_ms
    if problems:
        raise InputError(sorted(problems)[:MOST_PROBLEMS])
    read = [row for row in rows if row is not None]
    journal = Journal({key: value for key, value in read[0].items() if key != "journal"})
    journal.records.extend(read[1:])
    return journal


def is_real(header: Mapping[str, Any]) -> bool:
    """Whether a header is that of a real incident's journal."""
    return "incident" in header and "scenario" not in header


def _row(line: str, number: int, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict):
        return row
    problems.append(Problem(name, number, 1, "", f"not a JSON object (got {shorten(line)})"))
    return None


def _header_problems(header: dict[str, Any]) -> list[tuple[str, str]]:
    if header.get("journal") != 1:
        got = shorten(header.get("journal"))
        return [("journal", f"not a journal that this version reads (got {got}; expected 1)")]
    found = [
        (key, f"wrong type or missing (got {shorten(header.get(key))}; expected {kind.__name__})")
        for key, kind in (REAL if is_real(header) else DRILL).items()
        if type(header.get(key)) is not kind
    ]
    if isinstance(header.get("starts_at"), str):
        try:
            parse_instant(header["starts_at"])
        except ValueError as error:
            found.append(("starts_at", f"not a date and time ({error})"))
    return found


def _record_problems(record: dict[str, Any], number: int, before_ms: int) -> list[str]:
    for key, kind in (("record", int), ("at_ms", int), ("type", str), ("because", int)):
        if type(record.get(key)) is not kind:
            return [f"{key}: wrong type or missing (got {shorten(record.get(key))}; expected {kind.__name__})"]
    found = []
    if record["record"] != number:
        found.append(f"record {record['record']} stands where {number} is expected")
    if not 0 <= record["because"] < number:
        found.append(f"record {number} names record {record['because']} as its reason, which is no earlier one")
    if record["at_ms"] < before_ms:
        found.append(f"time goes back from {before_ms} to {record['at_ms']} ms")
    known = EVENT_TYPES.get(record["type"])
    missing = [name for name in known.fields if name not in record] if known else []
    if missing:
        found.append(f"{record['type']} lacks {', '.join(missing)}")
    return found
