"""The lanes of the timeline: who was hurt, what the alerts did, who was paged, what the team did, what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from scoring.measures import updates
from scoring.wording import elapsed, moment, plain, sentence
from simulator.journal import Journal, Record

LETTER = 6.1
"""A letter of the plot's text is about this many pixels wide."""
BOLD_LETTER = 7.2
MOST_ALERTS = 6
"""Alerts beyond these are in the journal's table only."""


class Bar(NamedTuple):
    """A stretch of time. `kind` says how it is drawn."""

    kind: str
    from_ms: float
    to_ms: float
    label: str
    title: str
    x: float = 0.0
    width: float = 0.0
    label_x: float = 0.0


class Mark(NamedTuple):
    """A moment. `kind` is its shape."""

    kind: str
    at_ms: float
    title: str
    x: float = 0.0


class Lane(NamedTuple):
    """A row of bars and marks under a label; `key` explains the shapes and hatchings in it."""

    label: str
    key: tuple[tuple[str, str], ...]
    bars: list[Bar]
    marks: list[Mark]
    y: float = 0.0
    key_x: tuple[float, ...] = ()
    text_width: float = 0.0
    """Of the label and the key together."""

    def placed(self, y: float, scale: Callable[[float], float], right: float) -> Lane:
        """The lane with pixels instead of times; a label stands in its bar, else after it, else nowhere."""
        bars: list[Bar] = []
        free_until = right
        for bar in sorted(self.bars, key=lambda bar: -bar.from_ms):
            x = scale(bar.from_ms)
            width, needed = round(max(scale(bar.to_ms) - x, 1.5), 1), len(bar.label) * LETTER + 8
            label_x = x + 5 if needed <= width else x + width + 5
            label = bar.label if label_x == x + 5 or (bar.kind == "work" and label_x + needed <= free_until + 8) else ""
            bars.append(bar._replace(x=x, width=width, label=label, label_x=round(label_x, 1)))
            free_until = x
        marks = [mark._replace(x=scale(mark.at_ms)) for mark in self.marks]
        key_x, x = [], scale(0) + len(self.label) * BOLD_LETTER + 16
        for _, text in self.key:
            key_x.append(round(x, 1))
            x += 12 + len(text) * LETTER + 14
        fits = x - 20 <= right
        text_end = x - 14 if self.key and fits else scale(0) + len(self.label) * BOLD_LETTER
        return self._replace(
            bars=bars,
            marks=marks,
            y=y,
            key=self.key if fits else (),
            key_x=tuple(key_x),
            text_width=round(text_end - scale(0), 1),
        )


def lanes(journal: Journal, card: Mapping[str, Any], end_ms: int) -> Iterator[Lane]:
    """Every lane that has something to show, from the users down to the updates."""
    by_type: dict[str, list[Record]] = {}
    for record in journal.records:
        by_type.setdefault(record["type"], []).append(record)
    yield from _hurt(by_type, end_ms)
    yield from _alerts(journal.records, end_ms)
    yield from _pages(by_type)
    yield from _team(by_type, end_ms)
    yield from _updates(journal, card)


def _hurt(by_type: Mapping[str, list[Record]], end_ms: int) -> Iterator[Lane]:
    """A lane a user-facing service: the stretches in which its users were hurt."""
    changes = sorted(
        [*by_type.get("objective_left", ()), *by_type.get("objective_met", ())], key=lambda r: int(r["record"])
    )
    for service in dict.fromkeys(record["service"] for record in changes):
        bars, since = [], None
        for record in changes:
            if record["service"] != service:
                continue
            if record["type"] == "objective_left":
                since = since if since is not None else record["at_ms"]
            elif since is not None:
                bars.append(_stretch("hurt", since, record["at_ms"], "users hurt"))
                since = None
        if since is not None:
            bars.append(_stretch("hurt", since, end_ms, "users hurt"))
        yield Lane(f"Users of {plain(service)}", (("hurt", "hurt"),), bars, [])


def _stretch(kind: str, since: float, until: float, what: str, label: str = "") -> Bar:
    length = elapsed((until - since) / 1000)
    return Bar(kind, since, until, label, f"{what}, {moment(int(since))} to {moment(int(until))} ({length})")


def _alerts(records: Iterable[Record], end_ms: int) -> Iterator[Lane]:
    """A lane an alert: pending, firing, and when it was notified of."""
    bars: dict[str, list[Bar]] = {}
    marks: dict[str, list[Mark]] = {}
    states: dict[tuple[str, str], tuple[str, int]] = {}
    for record in records:
        kind = record["type"]
        if not kind.startswith("alert_"):
            continue
        name = record["alert"]
        lane = bars.setdefault(name, [])
        if kind in ("alert_notified", "alert_received"):
            marks.setdefault(name, []).append(Mark("diamond", record["at_ms"], _told(record)))
            continue
        instance = (name, str(record["labels"]))
        state, since = states.pop(instance, ("", 0))
        if state:
            lane.append(_stretch(state, since, record["at_ms"], f"{name} {state}"))
        if kind in ("alert_pending", "alert_fired"):
            states[instance] = ("pending" if kind == "alert_pending" else "firing", record["at_ms"])
    for (name, _), (state, since) in states.items():
        bars[name].append(_stretch(state, since, end_ms, f"{name} {state}"))
    key = (("pending", "pending"), ("firing", "firing"), ("diamond", "notified"))
    for name in list(bars)[:MOST_ALERTS]:
        yield Lane(name, key, bars[name], marks.get(name, []))


def _told(record: Record) -> str:
    return f"{moment(record['at_ms'])} {sentence(record)} (record {record['record']})"


def _marks(by_type: Mapping[str, list[Record]], shapes: Mapping[str, str]) -> list[Mark]:
    return [
        Mark(shape, record["at_ms"], _told(record))
        for kind, shape in shapes.items()
        for record in by_type.get(kind, ())
    ]


def _pages(by_type: Mapping[str, list[Record]]) -> Iterator[Lane]:
    marks = _marks(by_type, {"page": "triangle", "page_timed_out": "cross", "page_acknowledged": "dot"})
    if marks:
        key = (("triangle", "sent"), ("cross", "not answered"), ("dot", "acknowledged"))
        yield Lane("Pages", key, [], marks)


def _team(by_type: Mapping[str, list[Record]], end_ms: int) -> Iterator[Lane]:
    """Who joined; from the first look to the right cause; and every attempt at a fix."""
    marks = _marks(by_type, {"role_joined": "dot", "cause_identified": "diamond"})
    if marks:
        yield Lane("Team", (("dot", "role joined"), ("diamond", "cause named")), [], marks)
    bars = []
    finished = list(by_type.get("mitigation_finished", ()))
    for start in by_type.get("mitigation_started", ()):
        action = start["action"]
        done = next((r for r in finished if r["action"] == action and r["record"] > start["record"]), None)
        until = done["at_ms"] if done else end_ms
        bars.append(_stretch("work", start["at_ms"], until, plain(action), plain(action)))
    effects = _marks(by_type, {"mitigation_took_effect": "tick"})
    if bars or effects:
        yield Lane("Mitigation", (("work", "under way"), ("tick", "took effect")), bars, effects)


def _updates(journal: Journal, card: Mapping[str, Any]) -> Iterator[Lane]:
    """What reached each audience, and the longest silence."""
    for audience, told in updates(journal).items():
        silence = card["measures"][f"longest_silence_{audience}"]
        bars = []
        if silence["to"]:
            since, until = silence["from"]["at_s"] * 1000, silence["to"]["at_s"] * 1000
            bars.append(_stretch("silence", since, until, "longest silence", f"silent {elapsed(silence['value_s'])}"))
        marks = [Mark("square", update.at_ms, _told(journal.records[update.origin - 1])) for update in told]
        if marks or bars:
            label = "Internal updates" if audience == "internal" else "Customer updates"
            yield Lane(label, (("square", "delivered"), ("silence", "silence")), bars, marks)
