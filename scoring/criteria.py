"""Whether the response was good enough: the scenario's criteria, each with the instants and records that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scoring.measures import Instant, Result, Update, between, longest_silence, milestone_result, told_by
from simulator.journal import Journal


def criteria(
    journal: Journal, found: Mapping[str, Instant], heard: Mapping[str, list[Update]]
) -> dict[str, dict[str, Any]]:
    """The judged criteria by name, in the order of the journal's header.

    Each is a result (`scoring.measures`), but for `communication`, which has `met` and `parts`, each part a result:
    `internal_every`, `customers_within` (the status page), and `customers_by_…` for every other channel there is.
    """
    judged: dict[str, dict[str, Any]] = {}
    for name, limit in journal.header["criteria"].items():
        if name == "communication" and limit:
            judged[name] = _communication(journal, found, heard, limit)
        elif limit:
            judged[name] = milestone_result(journal, found, limit.get("from", "impact"), name, limit["within"])
    return judged


def _communication(
    journal: Journal, found: Mapping[str, Instant], heard: Mapping[str, list[Update]], limits: Mapping[str, int | None]
) -> dict[str, Any]:
    parts: dict[str, Result] = {}
    if (every_ms := limits.get("internal_every")) is not None:
        parts["internal_every"] = longest_silence(journal, found, "internal", heard["internal"], every_ms)
    if (within_ms := limits.get("customers_within")) is not None:
        unknown = "declared" not in found and "declared" in journal.header.get("unpublished", ())
        for channel, told in told_by(journal).items():
            part = "customers_within" if channel == "status_page" else f"customers_by_{channel}"
            parts[part] = between(journal, found.get("declared"), told, within_ms, unknown=unknown)
    return {"met": together(part["met"] for part in parts.values()), "parts": parts}


def together(verdicts: Iterable[bool | None]) -> bool | None:
    """Several verdicts as one: missed if any was missed, open if none could be judged, else met."""
    judged = [verdict for verdict in verdicts if verdict is not None]
    return all(judged) if judged else None
