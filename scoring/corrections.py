"""Corrections by the facilitator: appended to a file beside the journal, with author and reason; nothing is erased.

A line is ``{"correction": 1, "at": "2025-08-10T09:00:00Z", "task": "severity", "letter": "S", "author": …,
"reason": …}``.
Both ratings are shown: the one that follows from the journal, and the corrected one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from scenarios.fields import parse_instant
from scenarios.problems import InputError, Problem, alternatives, did_you_mean, shorten
from scoring.figures import rounded
from scoring.rating import LETTERS, WEIGHTS, summed

FILE = "corrections.jsonl"
SHARES = {"P": Fraction(1), "S": Fraction(3, 4), "M": Fraction(1, 4), "U": Fraction(0)}
"""What of its weight a task earns to which a person gave its letter."""
_KEYS = ("at", "task", "letter", "author", "reason")


def correction_problems(correction: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a correction: key and message."""
    found = [(key, "missing, or not text") for key in _KEYS if not isinstance(correction.get(key), str)]
    found += [(key, "must say something") for key in ("author", "reason") if not str(correction.get(key, "")).strip()]
    if found:
        return found
    if correction["task"] not in WEIGHTS:
        found.append(
            ("task", f"not a task (got {shorten(correction['task'])}){did_you_mean(correction['task'], WEIGHTS)}")
        )
    if correction["letter"] not in LETTERS:
        found.append(("letter", f"expected {alternatives(LETTERS)} (got {shorten(correction['letter'])})"))
    try:
        parse_instant(correction["at"])
    except ValueError as error:
        found.append(("at", str(error)))
    return found


def read_corrections(file: Path) -> list[dict[str, Any]]:
    """The corrections of a file, none if there is no file; InputError with everything that is wrong in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(file), 0, 0, "", f"the file cannot be read: {error}")]) from error
    corrections, problems = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            correction = json.loads(line)
        except ValueError:
            correction = None
        if not isinstance(correction, dict) or correction.get("correction") != 1:
            problems.append(Problem(str(file), number, 1, "", "not a correction that this version reads"))
            continue
        problems += [Problem(str(file), number, 1, *problem) for problem in correction_problems(correction)]
        corrections.append(correction)
    if problems:
        raise InputError(problems)
    return corrections


def append_correction(file: Path, correction: Mapping[str, Any]) -> None:
    """Add a correction at the end of the file; InputError if it is none."""
    problems = correction_problems(correction)
    if problems:
        raise InputError([Problem("correction", 0, 0, *problem) for problem in problems])
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(json.dumps({"correction": 1, **correction}, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputError([Problem(str(file), 0, 0, "", f"cannot be written: {error.strerror}")]) from error


def corrected(
    rated: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]], objectives: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """The rating under the corrections, of which the last about a task counts; the rating itself stays as it was."""
    lines = {line["task"]: dict(line) for line in rated["lines"]}
    for correction in corrections:
        task, letter = correction["task"], correction["letter"]
        line = lines.setdefault(task, {"task": task, "weight": WEIGHTS[task], "evidence": []})
        line |= {
            "letter": letter,
            "share": rounded(SHARES[letter], 4),
            "points": rounded(SHARES[letter] * line["weight"], 4),
            "rule": f"{task}: {letter} by {correction['author']}: {correction['reason']}",
        }
    return {**summed(lines, objectives), "corrections": [dict(correction) for correction in corrections]}
