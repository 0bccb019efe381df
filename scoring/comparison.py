"""Whether the response got worse between two versions: drills on the same luck, compared in pairs.

Both versions play the same seeds, and every draw is keyed, so that a pair differs only where the versions do. A
criterion is compared by McNemar's exact test (Q. McNemar, Psychometrika 12, 1947), a time by the sign test of its
pairs; both ask, one-sided, whether the pairs that changed lean to the worse. Holm's method (S. Holm, Scand. J. Statist.
6, 1979) takes care of asking many questions, and the error is shared out evenly among the looks at which playing may
stop. Worse is only what is significant *and* at least as large as the least effect that is minded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import comb, inf
from typing import Any, NamedTuple

from scoring.statistics import wilson

FORMAT = 1
ALPHA = 0.01
"""How likely it may be, at most, that something is called worse that is not."""
LOOKS = (75, 150, 300, 600)
"""After how many pairs a scenario is looked at."""

Outcome = Mapping[str, Any]
"""What `scoring.scorecard.outcome` keeps of a drill."""


class Least(NamedTuple):
    """The least effects that are minded; smaller ones are shown and never fail."""

    rate: float = 0.05
    """Of a criterion's pass rate, as a share."""
    time_s: float = 60.0
    """Of the median or the 90th percentile of a time."""
    pages: float = 0.5
    """Of the pages on a healthy day."""


def sign_test(worse: int, better: int) -> float:
    """How likely at least so many of the changed pairs would be worse if worse and better were equally likely."""
    n = worse + better
    tail: int = sum(comb(n, k) for k in range(worse, n + 1))
    return tail / (1 << n)


def holm(values: Sequence[float]) -> list[float]:
    """The p-values adjusted by Holm's method, in their order."""
    adjusted, most = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        most = max(most, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = most
    return adjusted


def questions(pairs: Sequence[tuple[Outcome, Outcome]]) -> Iterator[dict[str, Any]]:
    """Every criterion and measure of a scenario's pairs: what it was, what it is, how many pairs changed, and `p`.

    Invalid drills prove nothing; a pair with one is left out. Times are seconds, null where too many drills never got
    there.
    """
    valid = [(base, head) for base, head in pairs if not base["invalid"] and not head["invalid"]]
    for name in _names(valid, "criteria"):
        yield _criterion(name, [(base["criteria"].get(name), head["criteria"].get(name)) for base, head in valid])
    for name in _names(valid, "measures"):
        yield _measure(name, [(base["measures"].get(name), head["measures"].get(name)) for base, head in valid])


def _names(pairs: Sequence[tuple[Outcome, Outcome]], what: str) -> list[str]:
    return list(dict.fromkeys(name for pair in pairs for one in pair for name in one[what]))


def _criterion(name: str, verdicts: Sequence[tuple[bool | None, bool | None]]) -> dict[str, Any]:
    judged = [(before, after) for before, after in verdicts if before is not None and after is not None]
    worse, better = judged.count((True, False)), judged.count((False, True))
    rates = [sum(pair[side] is True for pair in judged) / len(judged) if judged else None for side in (0, 1)]
    return {
        "kind": "criterion",
        "name": name,
        "pairs": len(judged),
        "base": rates[0],
        "head": rates[1],
        "change": None if rates[0] is None or rates[1] is None else rates[1] - rates[0],
        "worse": worse,
        "better": better,
        "p": sign_test(worse, better),
    }


def _measure(name: str, values: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    taken = [(_seconds(before), _seconds(after)) for before, after in values]
    pairs = [(before, after) for before, after in taken if before is not None and after is not None]
    worse, better = sum(after > before for before, after in pairs), sum(after < before for before, after in pairs)
    sides = [sorted(pair[side] for pair in pairs) for side in (0, 1)]
    quantiles = [{f"p{round(100 * q)}_s": _quantile(side, q) for q in (0.5, 0.9)} for side in sides]
    return {
        "kind": "time",
        "name": name,
        "pairs": len(pairs),
        "base": quantiles[0],
        "head": quantiles[1],
        "change": {key: _shift(quantiles[0][key], quantiles[1][key]) for key in quantiles[0]},
        "worse": worse,
        "better": better,
        "p": sign_test(worse, better),
    }


def _seconds(value: Any) -> float | None:
    """A time; infinite where it was never reached, None where it could not be measured."""
    return inf if value == "never" else None if isinstance(value, str) or value is None else float(value)


def _quantile(ordered: Sequence[float], q: float) -> float | None:
    """The nearest-rank quantile; None where it falls among those that never got there, or of nothing."""
    value = ordered[max(0, -int(-q * len(ordered) // 1) - 1)] if ordered else inf
    return None if value == inf else value


def _shift(before: float | None, after: float | None) -> float | str | None:
    if before is None or after is None:
        return 0.0 if before is after else ("never any more" if after is None else "reached now")
    return round(after - before, 3)


def _enough(question: Mapping[str, Any], least: Least) -> bool:
    """Whether a change is as large as what is minded, and to the worse."""
    change = question["change"]
    if question["kind"] == "criterion":
        return change is not None and -change >= least.rate - 1e-12
    if question["kind"] == "pages":
        return bool(change >= least.pages)
    return any(one == "never any more" or (isinstance(one, float) and one >= least.time_s) for one in change.values())


def pages_question(base: Sequence[int], head: Sequence[int]) -> dict[str, Any]:
    """Pages on the same healthy days under both versions: what a noisier alert costs. Its `p` is None: the days are
    few, and the same luck; the mean decides.
    """
    before, after = sum(base) / len(base), sum(head) / len(head)
    worse, better = (sum(x < y for x, y in zip(one, two, strict=True)) for one, two in ((base, head), (head, base)))
    told = {"kind": "pages", "name": "pages_on_a_healthy_day", "pairs": len(base), "base": before, "head": after}
    return {**told, "change": after - before, "worse": worse, "better": better, "p": None}


def changed(pairs: Sequence[tuple[Outcome, Outcome]]) -> int:
    """How many pairs have not the same outcome."""
    return sum(base != head for base, head in pairs)


def surely_same(pairs: Sequence[tuple[Outcome, Outcome]], least: Least) -> bool:
    """Whether too few drills can change (95 %) for any criterion to move by the least effect."""
    return wilson(changed(pairs), len(pairs))[1] < least.rate


def judge(
    scenarios: Mapping[str, Sequence[tuple[Outcome, Outcome]]],
    pages: Mapping[str, dict[str, Any]],
    least: Least,
    accepted: Sequence[Mapping[str, str]] = (),
    looks: int = len(LOOKS),
) -> dict[str, Any]:
    """Everything that was asked of all scenarios, adjusted together: `{"worse", "accepted", "scenarios"}`.

    pages     `pages_question` of each scenario for which it was asked
    accepted  changes to the worse that do not fail: `{"scenario", "name", "reason"}`
    looks     how many times playing may be looked at, among which the error is shared
    """
    told = {name: [*questions(pairs), *([pages[name]] if name in pages else [])] for name, pairs in scenarios.items()}
    flat = [(name, question) for name, asked in told.items() for question in asked]
    tested = [question for _, question in flat if question["p"] is not None]
    for question, value in zip(tested, holm([question["p"] for question in tested]), strict=True):
        question["p_adjusted"] = value
    reasons = {(one["scenario"], one["name"]): one["reason"] for one in accepted}
    worse, waved = [], []
    for name, question in flat:
        sure = question["p"] is None or question["p_adjusted"] <= ALPHA / looks
        question["flagged"] = sure and _enough(question, least)
        if question["flagged"] and (name, question["name"]) in reasons:
            waved.append({"scenario": name, "name": question["name"], "reason": reasons[name, question["name"]]})
        elif question["flagged"]:
            worse.append({"scenario": name, "name": question["name"]})
    return {
        "compare": FORMAT,
        "worse": worse,
        "accepted": waved,
        "alpha": ALPHA,
        "least": least._asdict(),
        "scenarios": {
            name: {
                "pairs": len(pairs),
                "changed": changed(pairs),
                "invalid": [sum(pair[side]["invalid"] for pair in pairs) for side in (0, 1)],
                "questions": told[name],
            }
            for name, pairs in scenarios.items()
        },
    }
