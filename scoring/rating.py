"""Below the verdict: how well each part of the response was done, as letters and as a score from 0 to 100.

The criteria, met or missed, are the verdict. A *task* is a part of the response, such as `detected`. Its letter is one
of those of the Homeland Security Exercise and Evaluation Program: P, performed without challenges; S, with some; M,
with major ones; U, unable to be performed. An objective has the worst letter of its tasks, and the drill that of its
objectives. The score is the share of the weights that was earned; what could not be judged is left out and listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from scoring.figures import rounded
from scoring.wording import elapsed, plain
from simulator.journal import Journal

LETTERS = {
    "P": "performed without challenges",
    "S": "performed with some challenges",
    "M": "performed with major challenges",
    "U": "unable to be performed",
}
"""From the best to the worst."""

WEIGHTS = {
    "detected": 15,
    "acknowledged": 5,
    "declared": 5,
    "assembled": 10,
    "severity": 5,
    "identified": 10,
    "mitigated": 20,
    "harm": 5,
    "internal_every": 5,
    "customers_within": 5,
    "promises": 5,
    "verified": 3,
    "resolved": 3,
    "all_clear": 2,
    "checklists": 2,
}
"""What each task counts where the scenario does not say so; sums to 100."""

OBJECTIVES = {
    "Detection and escalation": ("detected", "acknowledged", "declared", "assembled", "severity"),
    "Mitigation": ("identified", "mitigated", "harm"),
    "Communication": ("internal_every", "customers_within", "promises"),
    "Recovery and closure": ("verified", "resolved", "all_clear", "checklists"),
}
"""The objectives that are rated where the scenario names no tasks for its own."""

LATE = Fraction(3, 2)
"""A time up to this many limits is late with some challenges (S), a longer one with major ones (M)."""
MOST = Fraction(4, 5)
HALF = Fraction(1, 2)


class Task(NamedTuple):
    """One task, judged; `letter` and `share` are None where it could not be."""

    letter: str | None
    share: Fraction | None
    """What of its weight was earned: 1 within the limit, falling evenly to 0 at twice the limit."""
    rule: str
    """The rule that gave the letter, with the figures that it was applied to."""
    evidence: Sequence[int] = ()


def rating(card: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """The rating of a drill: `{"letter", "score", "of", "objectives": […], "lines": […], "missing": […]}`.

    `card` is the scorecard's criteria, measures, promises and procedure; weights and objectives are those of the
    journal's header (`rating`) where it has them. `score` is out of 100 and null if nothing could be judged; `of` is
    the denominator, the weights of what could be.
    """
    own = journal.header.get("rating") or {}
    tasks = dict(_tasks(card, journal))
    weights = own.get("weights") or WEIGHTS
    return summed(
        {name: _line(name, task, weights.get(name, 0)) for name, task in tasks.items()}, own.get("objectives")
    )


def summed(lines: Mapping[str, dict[str, Any]], objectives: Mapping[str, Sequence[str]] | None) -> dict[str, Any]:
    """Lines of tasks rolled up: letters by the worst, points by their sum."""
    judged = [line for line in lines.values() if line["share"] is not None and line["weight"]]
    of = sum(line["weight"] for line in judged)
    points = sum((Fraction(str(line["share"])) * line["weight"] for line in judged), Fraction())
    told = []
    for says, names in (objectives or OBJECTIVES).items():
        parts = [lines[name] for name in names if name in lines and lines[name]["letter"] is not None]
        letter = _worst(part["letter"] for part in parts)
        decisive = [part for part in parts if part["letter"] == letter]
        told.append(
            {
                "objective": says,
                "letter": letter,
                "rule": f"the worst of {len(parts)} tasks: {'; '.join(part['rule'] for part in decisive)}"
                if parts
                else "",
                "tasks": list(names),
                "evidence": sorted({record for part in decisive for record in part["evidence"]}),
            }
        )
    return {
        "letter": _worst(one["letter"] for one in told),
        "score": rounded(points * 100 / of, 1) if of else None,
        "of": of,
        "objectives": told,
        "lines": list(lines.values()),
        "missing": [line["task"] for line in lines.values() if line["share"] is None and line["weight"]],
    }


def _worst(letters: Iterator[str | None] | Any) -> str | None:
    return max((letter for letter in letters if letter is not None), key=list(LETTERS).index, default=None)


def _line(name: str, task: Task, weight: int) -> dict[str, Any]:
    share = None if task.share is None else rounded(task.share, 4)
    return {
        "task": name,
        "letter": task.letter,
        "weight": weight,
        "share": share,
        "points": None if task.share is None else rounded(Fraction(str(share)) * weight, 4),
        "rule": task.rule,
        "evidence": list(task.evidence),
    }


def _tasks(card: Mapping[str, Any], journal: Journal) -> Iterator[tuple[str, Task]]:
    criteria, measures = card["criteria"], card["measures"]
    procedure = card["procedure"]
    limited = {"acknowledged": procedure["targets"].get("respond"), "resolved": procedure["targets"].get("resolve")}
    measured = {
        "detected": "time_to_detect",
        "acknowledged": "time_to_acknowledge",
        "declared": "time_to_declare",
        "assembled": "time_to_assemble",
        "identified": "time_to_identify",
        "mitigated": "time_to_mitigate",
        "verified": "time_to_verify",
        "resolved": "time_to_resolve",
    }
    for name, measure in measured.items():
        result = criteria.get(name) or limited.get(name) or measures.get(measure)
        if result is not None:
            yield name, timed(name, result)
    for name, result in criteria.get("communication", {}).get("parts", {}).items():
        yield name, timed(name, result)
    yield "promises", _promises(card["promises"])
    yield "severity", _severity(procedure["severity"])
    yield "all_clear", _all_clear(procedure["all_clear"])
    yield "checklists", _checklists(procedure["checklists"])
    yield "harm", _harm(journal)


def timed(name: str, result: Mapping[str, Any]) -> Task:
    """The task behind a time and its limit; without a limit all that counts is whether it was done."""
    evidence, limit_s, value_s = result.get("evidence", ()), result.get("limit_s"), result.get("value_s")
    what = plain(name)
    if result["status"] == "never":
        if limit_s is not None and result["met"] is None:
            return Task(None, None, f"{what}: the drill ended before the limit")
        return Task("U", Fraction(0), f"{what}: never", evidence)
    if value_s is None:
        return Task(None, None, f"{what}: {plain(result['status'])}")
    if limit_s is None:
        return Task("P", Fraction(1), f"{what}: done, after {elapsed(value_s)}", evidence)
    value, limit = Fraction(str(value_s)), Fraction(str(limit_s))
    against = f"{what}: {elapsed(value_s)} of {elapsed(limit_s)}"
    if value <= limit:
        return Task("P", Fraction(1), f"{against}, within the limit", evidence)
    share = max(Fraction(0), 2 - value / limit) if limit else Fraction(0)
    if value <= LATE * limit:
        return Task("S", share, f"{against}, late by up to half the limit", evidence)
    return Task("M", share, f"{against}, late by more than half the limit", evidence)


def _share(what: str, good: int, of: int, evidence: Sequence[int] = ()) -> Task:
    share = Fraction(good, of)
    letter = "P" if share == 1 else "S" if share >= MOST else "M" if share >= HALF else "U"
    rule = {"P": "all of them", "S": "at least four of five", "M": "at least half", "U": "less than half"}[letter]
    return Task(letter, share, f"{what}: {good} of {of}, {rule}", evidence)


def _promises(promises: Mapping[str, Any]) -> Task:
    if not promises["made"]:
        return Task(None, None, "promises: none was made")
    return _share("promises kept", promises["kept"], promises["made"], promises.get("broken", ()))


def _severity(chosen: Mapping[str, Any]) -> Task:
    evidence = chosen["evidence"]
    if chosen["declared"] is None:
        return Task("U", Fraction(0), "severity: none was declared")
    if chosen["verdict"] is None:
        return Task(None, None, "severity: it cannot be compared with the true one")
    if chosen["verdict"] == "right" == chosen["settled"]:
        return Task("P", Fraction(1), "severity: right", evidence)
    if chosen["settled"] == "right":
        return Task("S", HALF, f"severity: {chosen['verdict']} at first, then right", evidence)
    return Task("M", Fraction(0), f"severity: {chosen['settled']} in the end", evidence)


def _all_clear(clear: Mapping[str, Any] | None) -> Task:
    if clear is None:
        return Task(None, None, "all clear: none was given")
    evidence = [clear["record"]]
    if not clear["true"]:
        return Task("U", Fraction(0), "all clear: given while users were not safe", evidence)
    if not clear["verified"]:
        return Task("S", HALF, "all clear: true, but not verified", evidence)
    return Task("P", Fraction(1), "all clear: verified and true", evidence)


def _checklists(checklists: Sequence[Mapping[str, Any]]) -> Task:
    due = [item for checklist in checklists for item in checklist["items"] if item["status"] != "open"]
    if not due:
        return Task(None, None, "checklists: nothing was due")
    done = [item for item in due if item["status"] == "done"]
    records = [item["record"] for item in due if item["status"] == "late" and item["record"] is not None]
    return _share("items of checklists in time", len(done), len(due), records)


def _harm(journal: Journal) -> Task:
    applied = [record for record in journal.records if record["type"] == "mitigation_took_effect"]
    harmful = [record["record"] for record in applied if record["harmful"]]
    if harmful:
        return Task("M", Fraction(0), f"harm: {len(harmful)} of {len(applied)} changes made things worse", harmful)
    if not applied:
        return Task(None, None, "harm: no change took effect")
    return Task("P", Fraction(1), f"harm: none of {len(applied)} changes made things worse")


def rating_text(rated: Mapping[str, Any], title: str = "RATING") -> Iterator[str]:
    """The rating as lines for a terminal: each objective with its rule, then the score line by line."""
    letter = rated["letter"]
    yield f"{title}  {f'{letter}: {LETTERS[letter]}' if letter else 'nothing could be rated'}"
    for one in rated["objectives"]:
        yield f"  {one['letter'] or '-'}  {one['objective']}: {one['rule'] or 'no task of it could be judged'}"
    score = "none" if rated["score"] is None else f"{rated['score']:g} of 100"
    yield f"SCORE  {score}, over weights of {rated['of']}"
    for line in rated["lines"]:
        points = "    -" if line["points"] is None else f"{line['points']:5.1f}"
        if line["weight"]:
            yield f"  {points} of {line['weight']:>3}  {line['rule']}"
    if rated["missing"]:
        yield f"  not judged: {', '.join(map(plain, rated['missing']))}"
    for one in rated.get("corrections", ()):
        yield f"  corrected: {plain(one['task'])} to {one['letter']} by {one['author']} at {one['at']}: {one['reason']}"
