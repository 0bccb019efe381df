"""Customers' answers as a survey form exports them: CSV, a line an answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

from scenarios.problems import InputError, Problem, did_you_mean, shorten

COLUMNS = ("response", "incident", "satisfied")
"""The answer's own id, the incident's id, and `yes` or `no`; further columns are passed over."""
WORDS = {"yes": True, "no": False}


def read_answers(path: Path, incidents: Collection[str]) -> list[dict[str, Any]]:
    """The answers in a file, about these incidents; InputError with every problem, by line."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError([Problem(file, 0, 0, "", f"the file cannot be read: {reason}")]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    places: dict[str, int] = {}
    try:
        heads = [head.strip().lower() for head in next(reader, [])]
        missing = [column for column in COLUMNS if column not in heads]
        if missing:
            message = f"missing {', '.join(missing)} (expected the columns {', '.join(COLUMNS)})"
            raise InputError([Problem(file, 1, 1, "", message)])
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = dict(zip(heads, (cell.strip() for cell in cells), strict=False))
                row = {column: values.get(column, "") for column in COLUMNS}
                for column, message in _problems(row, incidents, places):
                    problems.append(Problem(file, reader.line_num, 1, column, message))
                places.setdefault(row["response"], reader.line_num)
                rows.append({**row, "satisfied": WORDS.get(row["satisfied"].lower())})
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, 1, "", f"not CSV: {error}"))
    if problems:
        raise InputError(problems)
    return rows


def _problems(row: dict[str, str], incidents: Collection[str], places: dict[str, int]) -> list[tuple[str, str]]:
    found = []
    if not row["response"]:
        found.append(("response", "missing (expected the id of the answer)"))
    elif row["response"] in places:
        found.append(("response", f"{shorten(row['response'])} stands in line {places[row['response']]} already"))
    if row["incident"] not in incidents:
        hint = did_you_mean(row["incident"], incidents)
        found.append(("incident", f"the store knows no incident {shorten(row['incident'])}{hint}"))
    if row["satisfied"].lower() not in WORDS:
        found.append(("satisfied", f"got {shorten(row['satisfied'])} (expected yes or no)"))
    return found
