"""Whether the status page said what was true: each of its states, for as long as customers could read it, against the
world.

A finding is a plain dict, as it stands in `scorecard.json`::

    {"finding": "fixed_while_users_suffer", "status": "monitoring", "from_s": 2410.0, "to_s": 3010.0, "for_s": 84.0,
     "text": "the status page said monitoring while users were hurt, for 1:24", "records": [214, 230]}

`for_s` is how long it was untrue of the time from `from_s` to `to_s`, in which it could be read. The records are the
delivery that put it on the page, and what speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scoring.measures import Instant
from scoring.wording import elapsed
from simulator.journal import Journal
from simulator.milestones import end

LAG_MS = 900_000
"""How long the page may say "investigating" after the cause was found: as late as an update may come in all but a few
cases (96 % of those on Google Cloud's status pages come within 15 minutes of the promise).
"""


class Shown(NamedTuple):
    """A state that customers could read, and when."""

    status: str
    from_ms: int
    until_ms: int
    record: int
    """The record of the delivery."""


class _Stretch(NamedTuple):
    """A time in which something was so."""

    from_ms: int
    until_ms: int
    record: int
    """What began it; 0: nothing had to."""


def status_page(journal: Journal, found: Mapping[str, Instant]) -> dict[str, Any]:
    """`shown`, how many states the page took, and `findings`, what was untrue of them, in the order of the page."""
    shown = list(page(journal))
    hurt, undiagnosed = list(_hurt(journal)), list(_undiagnosed(journal))
    identified = found.get("identified")
    findings: list[dict[str, Any]] = []
    for state in shown:
        if state.status in ("monitoring", "resolved"):
            words = f"said {state.status} while users were hurt"
            findings += _finding("fixed_while_users_suffer", state, hurt, words)
        elif state.status == "identified":
            words = "said identified while the true cause was not the one named"
            findings += _finding("identified_without_the_cause", state, undiagnosed, words)
        elif identified is not None:
            late = _Stretch(identified.at_ms + LAG_MS, end(journal).at_ms, identified.record)
            words = f"said investigating although the cause had been known for over {elapsed(LAG_MS / 1000)}"
            findings += _finding("investigating_after_identified", state, [late], words)
    return {"shown": len(shown), "findings": findings}


def page(journal: Journal) -> Iterator[Shown]:
    """Every state that the page took, until the next one or the end of the drill."""
    statuses: dict[str, str] = {}
    showing: Shown | None = None
    stop_ms = end(journal).at_ms
    for record in journal.records:
        if record["type"] == "publish":
            statuses[record["key"]] = record["status"]
        elif record["type"] == "delivered" and record["key"] in statuses:
            if showing is not None:
                yield showing._replace(until_ms=record["at_ms"])
            showing = Shown(statuses.pop(record["key"]), record["at_ms"], stop_ms, record["record"])
    if showing is not None:
        yield showing


def _finding(kind: str, shown: Shown, untrue: list[_Stretch], words: str) -> Iterator[dict[str, Any]]:
    """One finding, if what was shown was untrue for any time at all."""
    overlaps = [
        (min(shown.until_ms, stretch.until_ms) - max(shown.from_ms, stretch.from_ms), stretch) for stretch in untrue
    ]
    overlaps = [(length_ms, stretch) for length_ms, stretch in overlaps if length_ms > 0]
    if overlaps:
        for_s = sum(length_ms for length_ms, _ in overlaps) / 1000
        yield {
            "finding": kind,
            "status": shown.status,
            "from_s": shown.from_ms / 1000,
            "to_s": shown.until_ms / 1000,
            "for_s": for_s,
            "text": f"the status page {words}, for {elapsed(for_s)}",
            "records": sorted({shown.record, overlaps[0][1].record} - {0}),
        }


def _hurt(journal: Journal) -> Iterator[_Stretch]:
    """When at least one user-facing service was outside its objective."""
    outside: set[str] = set()
    began = 0, 0
    for record in journal.records:
        if record["type"] == "objective_left":
            began = began if outside else (record["at_ms"], record["record"])
            outside.add(record["service"])
        elif record["type"] == "objective_met" and record["service"] in outside:
            outside.remove(record["service"])
            if not outside:
                yield _Stretch(began[0], record["at_ms"], began[1])
    if outside:
        yield _Stretch(began[0], end(journal).at_ms, began[1])


def _undiagnosed(journal: Journal) -> Iterator[_Stretch]:
    """When nobody had named a cause, or the one that was named last was not true."""
    began: tuple[int, int] | None = (0, 0)
    for record in journal.records:
        if record["type"] != "cause_judged":
            continue
        if began is not None:
            yield _Stretch(began[0], record["at_ms"], began[1])
        began = None if record["right"] else (record["at_ms"], record["record"])
    if began is not None:
        yield _Stretch(began[0], end(journal).at_ms, began[1])
