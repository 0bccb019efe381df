"""The verdict in sentences that somebody who was not there understands; findings name conditions, never culprits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.text import credit, decisive
from scoring.wording import elapsed, listed, plain
from simulator.journal import Journal

GOALS = {
    "detected": "noticing the trouble",
    "acknowledged": "answering the page",
    "declared": "declaring the incident",
    "assembled": "gathering the team",
    "identified": "finding the cause",
    "mitigated": "making users safe",
    "verified": "checking the recovery",
    "resolved": "closing the incident",
    "communication": "keeping people informed",
}


def verdict(card: Mapping[str, Any]) -> str:
    """The whole drill in a sentence."""
    if card["invalid_because"]:
        return f"This drill proves nothing: {listed(card['invalid_because'])}."
    if card["milestones"]["impact"] is None:
        return "No user was hurt in this drill, so there was nothing to respond to."
    missed = [(name, criterion) for name, criterion in card["criteria"].items() if criterion["met"] is False]
    if not missed:
        return f"{_duration(card)}, and the response met {_all(card['of'])}{_tightest(card)}."
    late = listed([f"{GOALS.get(name, plain(name))} ({_late(criterion)})" for name, criterion in missed])
    count = _all(card["of"]) if len(missed) == card["of"] else f"{len(missed)} of its {card['of']} goals"
    return f"{_duration(card)}, and the response missed {count}: {late}."


def account(card: Mapping[str, Any], journal: Journal) -> list[str]:
    """What happened, in a few sentences: noticed, gathered, made safe, told."""
    if card["milestones"]["impact"] is None:
        return []
    measures, sentences = card["measures"], []
    detect = measures["time_to_detect"]
    if detect["to"]:
        when = (
            f"{elapsed(detect['value_s'])} after" if detect["value_s"] >= 0 else f"{elapsed(-detect['value_s'])} before"
        )
        how = credit("detected", detect, journal)
        sentences.append(f"The response process learned of it {when} the first user was hurt, {how}.")
    else:
        sentences.append("No signal of it ever reached the response process.")
    assemble = measures["time_to_assemble"]
    if assemble["to"]:
        last = credit("assembled", assemble, journal)
        sentences.append(f"Every required role had joined after {elapsed(assemble['value_s'])}, {last} last.")
    elif detect["to"]:
        sentences.append("The required roles never all joined.")
    mitigate = measures["time_to_mitigate"]
    if mitigate["to"]:
        action = credit("mitigated", mitigate, journal)
        sentences.append(f"What made users safe, after {elapsed(mitigate['value_s'])}, was: {action}.")
    elif card["milestones"]["recovered"]:
        sentences.append("Nothing that the team did made users safe; the fault ended by itself.")
    else:
        sentences.append("Users were still not safe when the drill ended.")
    return sentences


def _duration(card: Mapping[str, Any]) -> str:
    mitigate = card["measures"]["time_to_mitigate"]
    if mitigate["to"] is None:
        return "No fix made users safe within the drill"
    return f"It took {elapsed(mitigate['value_s'])} from the first user hurt to a fix that held"


def _all(of: int) -> str:
    return {0: "none of its goals, for none could be judged", 1: "its one goal", 2: "both of its goals"}.get(
        of, f"all {of} of its goals"
    )


def _late(criterion: Mapping[str, Any]) -> str:
    part, result = decisive(criterion)
    if result["margin_s"] is None:
        return "never"
    over = elapsed(-result["margin_s"])
    return f"{over} too long a silence" if part == "internal_every" else f"{over} late"


def _tightest(card: Mapping[str, Any]) -> str:
    """The goal that was met with the least to spare."""
    margins = []
    for name, criterion in card["criteria"].items():
        for result in criterion.get("parts", {"": criterion}).values():
            if result["margin_s"] is not None:
                margins.append((result["margin_s"], name))
    if not margins:
        return ""
    margin_s, name = min(margins)
    return f", the tightest in {GOALS.get(name, plain(name))} with {elapsed(margin_s)} to spare"
