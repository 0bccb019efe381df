"""How long each part of the response took, and how long each audience heard nothing.

A result is a plain dict, as it stands in `scorecard.json`::

    {"met": None, "status": "reached", "value_s": 400.0, "limit_s": None, "margin_s": None,
     "from": {"milestone": "impact", "at_s": 612.0, "record": 14},
     "to": {"milestone": "detected", "at_s": 1012.0, "record": 212}, "evidence": [14, 198, 212]}

`status` is *reached*; *never*: the end did not come within the drill; *not_applicable*: the start did not come either;
*unknown*: the journal's source does not publish one of the two (`unpublished` in its header). A time may be negative:
a team can see trouble before users do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from simulator.journal import Journal, Record
from simulator.milestones import Milestone, chain, end

Result = dict[str, Any]

MEASURES = {
    "time_to_detect": "detected",
    "time_to_acknowledge": "acknowledged",
    "time_to_declare": "declared",
    "time_to_assemble": "assembled",
    "time_to_identify": "identified",
    "time_to_mitigate": "mitigated",
    "time_to_verify": "verified",
    "time_to_resolve": "resolved",
}
"""Measures from impact to a milestone."""

CUSTOMER_MEASURES = {
    "time_to_tell_customers": "declared",
    "time_to_tell_customers_from_detection": "detected",
}
"""Measures until customers had been told on every channel, by the milestone from which they count."""

CHANNELS = {"publish": "status_page", "send_email": "email", "notify_in_app": "in_app"}
"""The commands by which customers are told, and the channel of each."""

SOON_MS = 300_000
"""What is late by no more than this counts as soon: 87 % of the updates on Google Cloud's status pages are."""


class Instant(NamedTuple):
    """A named moment that a record proves: a milestone, an update, the end of the drill."""

    name: str
    at_ms: int
    record: int

    def document(self) -> dict[str, Any]:
        return {"milestone": self.name, "at_s": self.at_ms / 1000, "record": self.record}


class Update(NamedTuple):
    """A message that reached its audience."""

    at_ms: int
    record: int
    """The record of the delivery."""
    origin: int
    """The record of the update, or of the declaration, that it told of."""


def instants(found: Mapping[str, Milestone]) -> dict[str, Instant]:
    """Milestones with their names attached."""
    return {name: Instant(name, *milestone) for name, milestone in found.items()}


def between(
    journal: Journal, start: Instant | None, stop: Instant | None, limit_ms: int | None = None, *, unknown: bool = False
) -> Result:
    """The time from one instant to another, against a limit that still counts as met.

    Without a limit `met` is None. So it is where nothing can be judged: the start never came, or the drill ended
    before the limit had passed.
    """
    met: bool | None = None
    value_ms: int | None = None
    if unknown:
        status = "unknown"
    elif start is None:
        status = "not_applicable"
    elif stop is None:
        status = "never"
        if limit_ms is not None and start.at_ms + limit_ms < end(journal).at_ms:
            met = False
    else:
        status, value_ms = "reached", stop.at_ms - start.at_ms
        met = None if limit_ms is None else value_ms <= limit_ms
    return {
        "met": met,
        "status": status,
        "value_s": None if value_ms is None else value_ms / 1000,
        "limit_s": None if limit_ms is None else limit_ms / 1000,
        "margin_s": None if limit_ms is None or value_ms is None else (limit_ms - value_ms) / 1000,
        "from": None if start is None else start.document(),
        "to": None if stop is None else stop.document(),
        "evidence": _evidence(journal, start, stop),
    }


def milestone_result(
    journal: Journal, found: Mapping[str, Instant], start: str, stop: str, limit_ms: int | None = None
) -> Result:
    """The time from one milestone to another, by name."""
    unpublished = journal.header.get("unpublished", ())
    unknown = any(name in unpublished and name not in found for name in (start, stop))
    return between(journal, found.get(start), found.get(stop), limit_ms, unknown=unknown)


def _evidence(journal: Journal, start: Instant | None, stop: Instant | None) -> list[int]:
    """The records that prove a result: its start, and what led from there to its end (or the end of the drill)."""
    if start is None:
        return []
    if stop is None:
        return sorted({start.record, end(journal).record})
    led = chain(journal.records, stop.record)
    since = [number for number in led if number > start.record]
    return sorted({start.record, *(since or led)})


def updates(journal: Journal) -> dict[str, list[Update]]:
    """What reached whom, in order of delivery; audiences `internal` and `customers`.

    An internal update is a chat message that an update, or the declaration, gave rise to; a customer update is
    anything that the status page took.
    """
    commands: dict[str, Record] = {}
    heard: dict[str, list[Update]] = {"internal": [], "customers": []}
    for record in journal.records:
        kind = record["type"]
        if kind in ("post", "publish"):
            commands.setdefault(record["key"], record)
        elif kind == "delivered" and record["key"] in commands:
            command = commands.pop(record["key"])
            origin = journal.records[command["because"] - 1]
            update = Update(record["at_ms"], record["record"], origin["record"])
            if command["type"] == "publish":
                heard["customers"].append(update)
            elif origin["type"] == "incident_declared" or (
                origin["type"] == "update_posted" and origin["audience"] != "customers"
            ):
                heard["internal"].append(update)
    return heard


def longest_silence(
    journal: Journal, found: Mapping[str, Instant], audience: str, heard: Iterable[Update], limit_ms: int | None = None
) -> Result:
    """The longest time without an update until resolution, or the drill's end.

    For the internal audience it is counted from the declaration, for customers from the first they heard.
    """
    told = [Instant(f"{audience}_update", update.at_ms, update.record) for update in heard]
    if audience == "internal":
        start = found.get("declared")
        unknown = start is None and "declared" in journal.header.get("unpublished", ())
    else:
        start, unknown = (told[0] if told else None), False
    if start is None:
        return between(journal, None, None, limit_ms, unknown=unknown)
    stop = found.get("resolved") or Instant("drill_ended", *end(journal))
    spoken = [instant for instant in told if start.record < instant.record < stop.record]
    longest = max(pairwise([start, *spoken, stop]), key=lambda pair: pair[1].at_ms - pair[0].at_ms)
    return between(journal, *longest, limit_ms)


def told_by(journal: Journal) -> dict[str, Instant | None]:
    """The first thing that customers got on each channel that the organisation has, or None where they got nothing.

    The channels are those of the journal's header (`channels`); a journal without that knows of the status page alone.
    """
    first: dict[str, Instant | None] = dict.fromkeys(journal.header.get("channels", ("status_page",)))
    commands: dict[str, str] = {}
    for record in journal.records:
        if record["type"] in CHANNELS:
            commands[record["key"]] = CHANNELS[record["type"]]
        elif record["type"] == "delivered" and record["key"] in commands:
            channel = commands[record["key"]]
            if first.get(channel) is None:
                name = "customers_update" if channel == "status_page" else f"customers_{channel}"
                first[channel] = Instant(name, record["at_ms"], record["record"])
    return first


def told_everywhere(journal: Journal) -> Instant | None:
    """When customers had got something on every channel; None if they never had."""
    first = list(told_by(journal).values())
    reached = [instant for instant in first if instant is not None]
    return max(reached, key=lambda instant: instant.record) if first and len(reached) == len(first) else None


def measures(journal: Journal, found: Mapping[str, Instant], heard: Mapping[str, list[Update]]) -> dict[str, Result]:
    """Every measure by name: times from impact, how long customers waited for word on every channel, counted from the
    declaration and from detection, and the longest silence of each audience.
    """
    results = {name: milestone_result(journal, found, "impact", stop) for name, stop in MEASURES.items()}
    told = told_everywhere(journal)
    for name, start in CUSTOMER_MEASURES.items():
        unknown = start not in found and start in journal.header.get("unpublished", ())
        results[name] = between(journal, found.get(start), told, unknown=unknown)
    for audience, updates_heard in heard.items():
        results[f"longest_silence_{audience}"] = longest_silence(journal, found, audience, updates_heard)
    return results


def promises(journal: Journal, found: Mapping[str, Instant], heard: Mapping[str, list[Update]]) -> dict[str, Any]:
    """Promised next updates that were due within the drill: how many were `made` and `kept`, how many were followed
    `within_5m` of what was promised (those kept among them), and the records of the promises that were `broken`; the
    figures for each audience under `audiences`.

    A promise is kept by a later update that reached the same audience in time, or by resolution.
    """
    end_ms = end(journal).at_ms
    resolved = found.get("resolved")
    audiences = {audience: {"made": 0, "kept": 0, "within_5m": 0} for audience in heard}
    broken = []
    for record in journal.records:
        due_ms = record.get("next_update_by_ms")
        if record["type"] != "update_posted" or due_ms is None or due_ms > end_ms:
            continue
        audience = "customers" if record["audience"] == "customers" else "internal"
        followed = [update.at_ms for update in heard[audience] if update.origin > record["record"]]
        followed += [resolved.at_ms] if resolved else []
        late_ms = min(followed, default=end_ms + SOON_MS + 1) - due_ms
        counts = audiences[audience]
        counts["made"] += 1
        counts["kept"] += late_ms <= 0
        counts["within_5m"] += late_ms <= SOON_MS
        if late_ms > 0:
            broken.append(record["record"])
    whole = {key: sum(counts[key] for counts in audiences.values()) for key in ("made", "kept", "within_5m")}
    return {**whole, "broken": broken, "audiences": audiences}
