"""How the response followed the procedure: severity, promised times, checklists, the all-clear; and what to say of it.

Everything comes from the journal. What its header does not tell (that of a real incident's timeline, or of an older
version) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.measures import Instant, Result, milestone_result
from simulator.journal import Journal


def procedure(journal: Journal, found: Mapping[str, Instant]) -> dict[str, Any]:
    """The scorecard's account of the procedure: `severity`, `targets`, and the `findings` that follow."""
    told = severity(journal)
    account = {"severity": told, "targets": targets(journal, found)}
    return {**account, "findings": list(_findings(account))}


def severity(journal: Journal) -> dict[str, Any]:
    """What was declared and what it ended as, against the true severity.

    `verdict` is *right*, *too high* or *too low*, of what was declared; `settled` the same of what it ended as; None
    where nothing was declared. `evidence` are the records of the declaration and of every change.
    """
    rank = list(journal.header.get("severities", ()))
    true = journal.header["severity"]
    chosen = [record for record in journal.records if record["type"] in ("incident_declared", "severity_changed")]
    named = [record["severity"] if record["type"] == "incident_declared" else record["after"] for record in chosen]
    return {
        "true": true,
        "declared": named[0] if named else None,
        "final": named[-1] if named else None,
        "verdict": _against(rank, named[0], true) if named else None,
        "settled": _against(rank, named[-1], true) if named else None,
        "evidence": [record["record"] for record in chosen],
    }


def _against(rank: list[str], chosen: str, true: str) -> str | None:
    if chosen == true:
        return "right"
    if chosen not in rank or true not in rank:
        return None
    return "too high" if rank.index(chosen) < rank.index(true) else "too low"


def targets(journal: Journal, found: Mapping[str, Instant]) -> dict[str, Result]:
    """The times that the true severity promises, from the first signal: `respond` to the acknowledgement, `resolve` to
    the resolution; only those that it does promise.
    """
    promises = journal.header.get("severities", {}).get(journal.header["severity"], {})
    kept = {"respond": ("acknowledged", "respond_within"), "resolve": ("resolved", "resolve_within")}
    return {
        name: milestone_result(journal, found, "detected", milestone, promises[promise])
        for name, (milestone, promise) in kept.items()
        if promise in promises
    }


def _findings(account: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    told = account["severity"]
    if told["verdict"] in ("too high", "too low"):
        mended = f"; changed to {told['final']} later" if told["settled"] == "right" else ""
        text = f"{told['declared']} was declared where it was a {told['true']}: {told['verdict']}{mended}"
        yield _finding("severity", text, told["evidence"])
    elif told["settled"] in ("too high", "too low"):
        text = f"{told['declared']} was right and was changed to {told['final']}, which is {told['settled']}"
        yield _finding("severity", text, told["evidence"])
    for name, result in account["targets"].items():
        if result["met"] is False:
            what = "first response" if name == "respond" else "resolution"
            yield _finding(name, f"the {what} came later than a {told['true']} promises", result["evidence"])


def _finding(about: str, text: str, evidence: list[int]) -> dict[str, Any]:
    return {"about": about, "text": text, "evidence": evidence}
