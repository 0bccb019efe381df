"""What a timeline from outside amounts to: its milestones, how long each part of the response took, promises kept.

Rows may come in any order, with any UTC offsets: what counts is the moment. Of a timeline only what the measures need
is kept, so its length costs time and not memory. A milestone that no row tells of is *unknown*: that a report is silent
about something does not mean that it never happened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from scoring.timeline.reading import BY_HAND, Timeline
from scoring.timeline.rows import SIGNALS, Row, moment_text

FORMAT = 1
"""Raised whenever a key changes its meaning or goes away; new keys do not raise it."""
GRACE_US = 5 * 60 * 1_000_000
"""By how much an update may come late and still count under `within_5m`."""

DEFINITIONS = {
    "impact": "the first impact_started",
    "detected": f"the first of {', '.join(SIGNALS)}",
    "acknowledged": "the first acknowledged",
    "declared": "the first declared, even after the resolution",
    "assembled": "the first assembled",
    "identified": "the first identified",
    "mitigated": "the final mitigation_applied, else the last effective one, else the last impact_ended",
    "verified": "the first verified",
    "resolved": "the last resolved that is not paperwork, wherever it stands",
    "first_public_update": "the first public_update",
}
"""What each milestone is, where the timeline names no row for it by hand."""

MEASURES = {
    "time_to_detect": "detected",
    "time_to_acknowledge": "acknowledged",
    "time_to_declare": "declared",
    "time_to_assemble": "assembled",
    "time_to_identify": "identified",
    "time_to_mitigate": "mitigated",
    "time_to_resolve": "resolved",
    "time_to_first_public_update": "first_public_update",
}
"""Measures from impact to a milestone."""
SILENCE = (
    "the longest time without a public_update, from the first one before the resolution (if there is none, from "
    "detection) to the resolution"
)


class _Update(NamedTuple):
    """A public update: all that is kept of it."""

    at_us: int
    number: int
    next_us: int | None


class _Facts:
    """What is kept of the rows that went by."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self.count = 0
        self.first: dict[str, Row] = {}
        self.last: dict[str, Row] = {}
        self.kept: dict[str, int] = {}
        """How many rows there were of an event, mitigations that worked and resolutions on paper apart."""
        self.updates: list[_Update] = []
        self.offsets: dict[str, int] = {}
        """The first row of each UTC offset."""
        self.early: list[int] = []
        """The first rows that tell of something before what the row above them tells of."""
        self.by_number: dict[int, Row] = {}
        self.begin_us = self.end_us = 0
        self._wanted = frozenset(wanted)
        self._before_us: int | None = None

    def add(self, row: Row) -> None:
        """Take note of a row."""
        self.count += 1
        at_us = row.at_us
        if self._before_us is None:
            self.begin_us = self.end_us = at_us
        elif at_us < self._before_us:
            self.early.append(row.number) if len(self.early) < 5 else None
        self._before_us = at_us
        self.begin_us, self.end_us = min(self.begin_us, at_us), max(self.end_us, at_us)
        self.offsets.setdefault(row.offset, row.number)
        if row.number in self._wanted:
            self.by_number[row.number] = row
        if row.event == "public_update":
            self.updates.append(_Update(at_us, row.number, row.next_us))
        self._note(row.event, row)
        if row.event == "mitigation_applied":
            self._note("final" if row.final else "effective" if row.effective else "without effect", row)
        elif row.event == "resolved":
            self._note("on paper" if row.paperwork else "in truth", row)

    def _note(self, name: str, row: Row) -> None:
        self.kept[name] = self.kept.get(name, 0) + 1
        first, last = self.first.get(name), self.last.get(name)
        if first is None or row.at_us < first.at_us:
            self.first[name] = row
        if last is None or row.at_us >= last.at_us:
            self.last[name] = row


def judge(timeline: Timeline) -> dict[str, Any]:
    """Read a timeline to its end and measure it; the document of `gameday score --format json`.

    Measures have the shape that those of a drill have (`scoring.measures`), and `definition`; `record` and `evidence`
    are rows, from 1, and `at_s` is the time since the earliest row. InputError where rows are wrong.
    """
    facts = _Facts(timeline.by_hand.values())
    for row in timeline.rows:
        facts.add(row)
    for milestone, number in timeline.by_hand.items():
        if number not in facts.by_number:
            raise timeline.no_such_row(milestone, number, facts.count)
    facts.updates.sort()
    found = _milestones(facts, timeline.by_hand)
    by_hand = {name: f"row {number}, named by hand" for name, number in timeline.by_hand.items()}
    definitions = {**DEFINITIONS, **by_hand}
    measures = {
        name: _result(facts, found, "impact", stop, f"from impact ({definitions['impact']}) to {definitions[stop]}")
        for name, stop in MEASURES.items()
    }
    measures["longest_public_silence"] = _silence(facts, found)
    return {
        "scorecard": FORMAT,
        "timeline": timeline.name,
        "source": timeline.source,
        "rows": facts.count,
        "begins_at": moment_text(facts.begin_us),
        "ends_at": moment_text(facts.end_us),
        "measures": measures,
        "promises": _promises(facts.updates, found.get("resolved")),
        "detected_by": _detected_by(found.get("detected")),
        "milestones": {name: _instant(facts, name, found.get(name)) for name in DEFINITIONS},
        "notes": _notes(facts, found, timeline.by_hand),
    }


def _milestones(facts: _Facts, by_hand: Mapping[str, int]) -> dict[str, Row]:
    first, last = facts.first, facts.last
    signals = [first[event] for event in SIGNALS if event in first]
    candidates = {
        "impact": first.get("impact_started"),
        "detected": min(signals, key=lambda row: (row.at_us, row.number), default=None),
        **{name: first.get(name) for name in ("acknowledged", "declared", "assembled", "identified", "verified")},
        "mitigated": last.get("final") or last.get("effective") or last.get("impact_ended"),
        "resolved": last.get("in truth"),
        "first_public_update": first.get("public_update"),
        **{name: facts.by_number[number] for name, number in by_hand.items()},
    }
    return {name: row for name, row in candidates.items() if row is not None}


def _instant(facts: _Facts, name: str, row: Row | _Update | None) -> dict[str, Any] | None:
    if row is None:
        return None
    event = row.event if isinstance(row, Row) else "public_update"
    since_s = (row.at_us - facts.begin_us) / 1_000_000
    at = moment_text(row.at_us)
    return {"milestone": name, "at_s": since_s, "at": at, "record": row.number, "event": event}


def _result(facts: _Facts, found: Mapping[str, Row], start: str, stop: str, definition: str) -> dict[str, Any]:
    return _between(facts, (start, found.get(start)), (stop, found.get(stop)), definition)


def _between(
    facts: _Facts, start: tuple[str, Row | _Update | None], stop: tuple[str, Row | _Update | None], definition: str
) -> dict[str, Any]:
    begin, end = start[1], stop[1]
    known = begin is not None and end is not None
    return {
        "met": None,
        "status": "reached" if known else "unknown",
        "value_s": (end.at_us - begin.at_us) / 1_000_000 if begin is not None and end is not None else None,
        "limit_s": None,
        "margin_s": None,
        "from": _instant(facts, *start),
        "to": _instant(facts, *stop),
        "evidence": sorted({row.number for row in (begin, end) if row is not None}),
        "definition": definition,
    }


def _silence(facts: _Facts, found: Mapping[str, Row]) -> dict[str, Any]:
    """Updates from the resolution on end no silence: what follows it is not waited for any more."""
    resolved, detected = found.get("resolved"), found.get("detected")
    told = [update for update in facts.updates if resolved is None or update.at_us <= resolved.at_us]
    start: tuple[str, Row | _Update | None] = ("public_update", told[0]) if told else ("detected", detected)
    if resolved is None or start[1] is None:
        return _between(facts, start, ("resolved", resolved), SILENCE)
    points = [start, *(("public_update", update) for update in told[1:]), ("resolved", resolved)]
    longest = max(pairwise(points), key=lambda pair: pair[1][1].at_us - pair[0][1].at_us)  # type: ignore[union-attr]
    return _between(facts, *longest, SILENCE)


def _promises(updates: list[_Update], resolved: Row | None) -> dict[str, int]:
    """Promised next updates: `made`, `kept`, and those kept or no more than five minutes late as `within_5m`.

    What keeps a promise is the next public update; where none follows any more, the resolution.
    """
    moments = [update.at_us for update in updates]
    made = kept = within = 0
    for update in updates:
        if update.next_us is None:
            continue
        made += 1
        later = bisect_right(moments, update.at_us)
        came_us = moments[later] if later < len(moments) else None
        if came_us is None and resolved is not None and resolved.at_us >= update.at_us:
            came_us = resolved.at_us
        if came_us is not None:
            kept += came_us <= update.next_us
            within += came_us <= update.next_us + GRACE_US
    return {"made": made, "kept": kept, "within_5m": within}


def _detected_by(row: Row | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {"kind": SIGNALS.get(row.event, row.event), "name": row.who or row.what or row.event}


def _notes(facts: _Facts, found: Mapping[str, Row], by_hand: Mapping[str, int]) -> list[dict[str, Any]]:
    """What is out of the ordinary in the timeline, and how it was taken."""
    notes: list[dict[str, Any]] = []

    def note(text: str, *records: int) -> None:
        notes.append({"text": text, "records": sorted(set(records))})

    if facts.early:
        note("rows are not in the order of time; the moments count, not the places", *facts.early)
    if len(facts.offsets) > 1:
        note(f"clocks of {len(facts.offsets)} UTC offsets ({', '.join(facts.offsets)})", *facts.offsets.values())
    for name, number in by_hand.items():
        note(f"{name} is a row named by hand", number)
    _note_order(note, facts, found)
    if facts.kept.get("mitigation_applied", 0) > 1 and "mitigated" in found and "mitigated" not in by_hand:
        chosen = "the final one" if "final" in facts.last else "the last effective one"
        chosen = chosen if found["mitigated"].event == "mitigation_applied" else "none, for none was effective,"
        note(f"{facts.kept['mitigation_applied']} mitigations, of which {chosen} counts", found["mitigated"].number)
    if "on paper" in facts.kept:
        note(f"{facts.kept['on paper']} resolutions on paper, which do not count", facts.last["on paper"].number)
    if facts.kept.get("in truth", 0) > 1:
        note(f"{facts.kept['in truth']} resolutions, of which the last counts", facts.last["in truth"].number)
    missing = [name for name in BY_HAND if name not in found]
    if missing:
        note(f"no row tells of: {', '.join(missing)}")
    return notes


def _note_order(note: Any, facts: _Facts, found: Mapping[str, Row]) -> None:
    impact, detected, resolved = (found.get(name) for name in ("impact", "detected", "resolved"))
    declared, acted = found.get("declared"), [found[name] for name in ("acknowledged", "declared") if name in found]
    if impact is not None and detected is not None and detected.at_us < impact.at_us:
        note("detected before the impact began: the time is negative", detected.number, impact.number)
    if resolved is not None and declared is not None and declared.at_us > resolved.at_us:
        note("declared after it was resolved", declared.number, resolved.number)
    soonest = min(acted, key=lambda row: row.at_us, default=None)
    if soonest is not None and (detected is None or soonest.at_us < detected.at_us):
        said = (
            "no row tells how it was detected, but" if detected is None else "before the first signal in the timeline"
        )
        note(f"{said} somebody acted on it: it was known then at the latest", soonest.number)
    if "impact_ended" in facts.last and resolved is not None and facts.last["impact_ended"].at_us > resolved.at_us:
        note("resolved while the impact lasted", facts.last["impact_ended"].number, resolved.number)
