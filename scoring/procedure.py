"""How the response followed the procedure: severity, promised times, checklists, the all-clear; and what to say of it.

Everything comes from the journal. What its header does not tell (that of a real incident's timeline, or of an older
version) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.measures import Instant, Result, milestone_result
from simulator.journal import Journal, Record


def procedure(journal: Journal, found: Mapping[str, Instant]) -> dict[str, Any]:
    """The scorecard's account of the procedure: `severity`, `targets`, `checklists`, `all_clear`, and the
    `findings` that follow.
    """
    account = {
        "severity": severity(journal),
        "targets": targets(journal, found),
        "checklists": checklists(journal),
        "all_clear": all_clear(journal),
    }
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


def checklists(journal: Journal) -> list[dict[str, Any]]:
    """Every checklist that was opened, as it stood in the end: its items with owner, time due and time done.

    An item is *done*, *late*, *missing* (due, and not done by the end) or *open* (not due yet). One without a time of
    its own is due at the resolution.
    """
    opened: dict[str, Record] = {}
    ticked: dict[tuple[str, str], Record] = {}
    for record in journal.records:
        if record["type"] == "checklist_opened":
            opened[record["checklist"]] = record
            ticked = {key: tick for key, tick in ticked.items() if key[0] != record["checklist"]}
        elif record["type"] == "items_ticked":
            for item in record["items"]:
                ticked.setdefault((record["checklist"], item), record)
    resolved = next((record["at_ms"] for record in journal.records if record["type"] == "incident_resolved"), None)
    last_ms = journal.records[-1]["at_ms"] if journal.records else 0
    told = []
    for name, checklist in journal.header.get("checklists", {}).items():
        if name in opened:
            since_ms = opened[name]["at_ms"]
            items = []
            for item in checklist["items"]:
                within_ms = item.get("within", checklist.get("within"))
                due_ms = resolved if within_ms is None else since_ms + within_ms
                items.append(_item(item, due_ms, ticked.get((name, item["id"])), last_ms))
            about = {"title": checklist["title"], "phase": checklist["phase"], "record": opened[name]["record"]}
            told.append({"checklist": name, **about, "items": items})
    return told


def _item(item: Mapping[str, Any], due_ms: int | None, tick: Record | None, last_ms: int) -> dict[str, Any]:
    if tick is not None:
        status = "late" if due_ms is not None and tick["at_ms"] > due_ms else "done"
    else:
        status = "missing" if due_ms is not None and due_ms <= last_ms else "open"
    return {
        "item": item["id"],
        "says": item["says"],
        "owner": item["owner"],
        "status": status,
        "due_s": None if due_ms is None else due_ms / 1000,
        "at_s": None if tick is None else tick["at_ms"] / 1000,
        "record": None if tick is None else tick["record"],
    }


def all_clear(journal: Journal) -> dict[str, Any] | None:
    """The last resolution: whether it was `verified`, the reason of an `override`, and whether it was `true`, that is
    whether users were served and would have been at the faults' worst. None: nobody resolved.
    """
    hurt: set[str] = set()
    unsafe, told = False, None
    for record in journal.records:
        kind = record["type"]
        if kind == "objective_left":
            hurt.add(record["service"])
        elif kind == "objective_met":
            hurt.discard(record["service"])
        elif kind in ("worst_case_failed", "worst_case_held"):
            unsafe = kind == "worst_case_failed"
        elif kind == "incident_resolved":
            override = record.get("override")
            told = {
                "verified": override is None,
                "override": override,
                "true": not hurt and not unsafe,
                "record": record["record"],
            }
    return told


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
    for checklist in account["checklists"]:
        kept = [item for item in checklist["items"] if item["status"] in ("late", "missing")]
        if kept:
            words = ", ".join(f"{item['says']} ({item['status']})" for item in kept)
            evidence = [checklist["record"], *sorted({item["record"] for item in kept if item["record"] is not None})]
            text = f"{checklist['title']}: {len(kept)} of {len(checklist['items'])} not in time: {words}"
            yield _finding("checklist", text, evidence)
    clear = account["all_clear"]
    if clear is not None and not clear["verified"]:
        yield _finding("override", f"resolved without a passed verification: {clear['override']}", [clear["record"]])
    if clear is not None and not clear["true"]:
        yield _finding("all clear", "resolved while users were not safe: a false all-clear", [clear["record"]])


def _finding(about: str, text: str, evidence: list[int]) -> dict[str, Any]:
    return {"about": about, "text": text, "evidence": evidence}
