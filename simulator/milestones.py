"""The instants that a journal makes known: impact, detected, …, resolved, each proved by one record.

A workflow's state is a claim; a milestone is a fact. So *identified* needs the world's word that the cause was the
right one, *mitigated* asks whether users would stay safe at the faults' worst, and *resolved* does not count a closure
that was taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulator.journal import Journal, Record

NAMES = (
    "impact",
    "detected",
    "acknowledged",
    "declared",
    "assembled",
    "identified",
    "mitigated",
    "recovered",
    "verified",
    "resolved",
)
"""Every milestone, in the order in which a response usually reaches them."""

_FIRST_OF_TYPE = {
    "impact": "objective_left",
    "detected": "incident_triggered",
    "acknowledged": "page_acknowledged",
    "declared": "incident_declared",
    "assembled": "team_assembled",
}


class Milestone(NamedTuple):
    """When it was, in drill time, and the number of the record that says so."""

    at_ms: int
    record: int


def milestones(journal: Journal) -> dict[str, Milestone]:
    """The milestones that the journal reached, by name; one that was not reached is left out."""
    by_type: dict[str, list[Record]] = {}
    for record in journal.records:
        by_type.setdefault(record["type"], []).append(record)
    reopened = max((record["record"] for record in by_type.get("incident_reopened", ())), default=0)
    candidates: dict[str, Iterator[Record]] = {
        name: iter(by_type.get(kind, ())) for name, kind in _FIRST_OF_TYPE.items()
    }
    candidates["identified"] = _rightly_named(journal.records, by_type.get("cause_judged", ()))
    candidates["mitigated"] = _sustained(journal, by_type)
    candidates["recovered"] = _healed(journal, by_type.get("worst_case_held", ()))
    candidates["verified"] = (
        r for r in by_type.get("verification_finished", ()) if r["passed"] and r["record"] > reopened
    )
    candidates["resolved"] = (r for r in by_type.get("incident_resolved", ()) if r["record"] > reopened)
    found = {name: next(candidates[name], None) for name in NAMES}
    return {name: Milestone(record["at_ms"], record["record"]) for name, record in found.items() if record is not None}


def end(journal: Journal) -> Milestone:
    """Where the drill's world stopped; a journal that was cut short ends with its last record."""
    last = next((record for record in reversed(journal.records) if record["type"] == "drill_ended"), None)
    last = last or journal.records[-1]
    return Milestone(last["at_ms"], last["record"])


def chain(records: Sequence[Record], number: int) -> list[int]:
    """The numbers of a record and of everything that led to it, oldest first."""
    numbers = []
    while number:
        numbers.append(number)
        earlier = records[number - 1]["because"]
        assert earlier < number, f"record {number} names a later record {earlier} as its reason"
        number = earlier
    return numbers[::-1]


def _rightly_named(records: Sequence[Record], judged: Sequence[Record]) -> Iterator[Record]:
    """The `cause_identified` records whose cause the world calls right."""
    for judgement in judged:
        claim = records[judgement["because"] - 1]
        if judgement["right"] and claim["type"] == "cause_identified":
            yield claim


def _healed(journal: Journal, held: Sequence[Record]) -> Iterator[Record]:
    """The ends of faults that came before the end of the drill; one that lasted until then did not end by itself."""
    return (record for record in held if record["by"] == "fault_end" and record["at_ms"] < end(journal).at_ms)


def _sustained(journal: Journal, by_type: dict[str, list[Record]]) -> Iterator[Record]:
    """The starts of stretches that a mitigation began and that lasted a sustain window within the drill."""
    if "worst_case_held" not in by_type:
        return
    changes = by_type["worst_case_held"] + by_type.get("worst_case_failed", [])
    changes.sort(key=lambda record: int(record["record"]))
    end_ms, sustain_ms = end(journal).at_ms, journal.header["sustain_ms"]
    start: Record | None = None
    for change in (*changes, None):
        if change is not None and change["type"] == "worst_case_held":
            start = start or change
            continue
        stop_ms = end_ms if change is None else min(change["at_ms"], end_ms)
        if start is not None and start["by"] == "mitigation" and stop_ms - start["at_ms"] >= sustain_ms:
            yield start
        start = None
