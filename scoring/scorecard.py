"""The scorecard of one drill, from its journal alone: one JSON document (`scorecard.schema.json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.criteria import criteria, together
from scoring.measures import Instant, instants, measures, promises, updates
from scoring.procedure import procedure
from scoring.rating import rating
from scoring.statistics import RunSummary
from scoring.truthfulness import status_page
from simulator.journal import Journal
from simulator.milestones import NAMES, milestones

FORMAT = 1
"""Raised whenever a key changes its meaning or goes away; new keys do not raise it."""


def scorecard(
    journal: Journal,
    *,
    why: Sequence[Mapping[str, Any]] = (),
    changes: Sequence[Mapping[str, Any]] = (),
    many: RunSummary | None = None,
) -> dict[str, Any]:
    """Judge a drill; the document of `gameday run --format json`, also written as `scorecard.json`.

    why      criteria that no response could meet: `{"criterion", "text", "parts": [{"name", "best_s", "worst_s"}]}`
    changes  tried improvements (key `try`): `{"command", "change", "effects": [text, …]}`
    many     the same drill over many seeds, this one among them: adds rates and quantiles under `pass_rate`,
             `interval_95` and `judged`, and `p50_s`, `p90_s`, `never` and `measured`
    """
    header = journal.header
    found = instants(milestones(journal))
    heard = updates(journal)
    judged = criteria(journal, found, heard)
    measured = measures(journal, found, heard)
    verdicts = [criterion["met"] for criterion in judged.values()]
    because = invalid(journal)
    if many is None:
        counts: dict[str, Any] = {"runs": int(not because), "invalid": int(bool(because))}
    else:
        counts = {"runs": many.runs, "invalid": many.invalid}
        counts |= {key: value for key, value in many.rate().items() if key != "judged"}
        judged = {name: {**criterion, **many.rate(name)} for name, criterion in judged.items()}
        measured = {name: {**result, **many.spread(name)} for name, result in measured.items()}
    card = {
        "scorecard": FORMAT,
        **{key: header[key] for key in ("scenario", "title", "organization", "seed", "treatment", "calibration")},
        "met": bool(together(verdicts)),
        "met_count": verdicts.count(True),
        "of": len(verdicts) - verdicts.count(None),
        **counts,
        "invalid_because": because,
        "criteria": judged,
        "measures": measured,
        "promises": promises(journal, found, heard),
        "procedure": procedure(journal, found),
        "status_page": status_page(journal, found),
        "detected_by": detected_by(journal, found),
        "milestones": {name: _milestone(found.get(name)) for name in NAMES},
        "why": [dict(reason) for reason in why],
        "try": [dict(change) for change in changes],
        "rules": header["rules"],
        "digest": journal.digest(),
        "records": len(journal.records),
        "version": header["version"],
    }
    return {**card, "rating": rating(card, journal)}


def outcome(journal: Journal) -> dict[str, Any]:
    """What the statistics over many drills need of one: small, and without the cost of a digest.

    `{"invalid": bool, "criteria": {name: met}, "measures": {name: value_s, or the status where not reached}}`
    """
    found = instants(milestones(journal))
    heard = updates(journal)
    return {
        "invalid": bool(invalid(journal)),
        "criteria": {name: criterion["met"] for name, criterion in criteria(journal, found, heard).items()},
        "measures": {
            name: result["status"] if result["value_s"] is None else result["value_s"]
            for name, result in measures(journal, found, heard).items()
        },
    }


def detected_by(journal: Journal, found: Mapping[str, Instant]) -> dict[str, str] | None:
    """The signal by which the response process first learned of the trouble."""
    if "detected" not in found:
        return None
    record = journal.records[found["detected"].record - 1]
    return {"kind": record["kind"], "name": record["name"]}


def invalid(journal: Journal) -> list[str]:
    """Why the drill proves nothing, if so: a fault that never took effect, or a run cut short.

    The header's `faults` lists the ids of those that the scenario holds.
    """
    reasons = []
    effective = {record["fault"] for record in journal.records if record["type"] == "fault_took_effect"}
    for fault in journal.header.get("faults", ()):
        if fault not in effective:
            reasons.append(f"fault {fault} never took effect")
    if not any(record["type"] == "drill_ended" for record in reversed(journal.records)):
        reasons.append("the drill was cut short: its journal has no end")
    return reasons


def _milestone(instant: Instant | None) -> dict[str, Any] | None:
    return None if instant is None else {"at_s": instant.at_ms / 1000, "record": instant.record}
