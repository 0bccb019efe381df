"""The scorecard as lines for a terminal: a verdict, a line a criterion, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scoring.wording import elapsed, listed, plain, signal
from simulator.journal import Journal, Record
from simulator.milestones import chain

_COLOURS = {"MISS": "31", "met": "32", "open": "33", "MISSED": "1;31", "MET": "1;32", "INVALID": "1;33"}


def text(card: Mapping[str, Any], journal: Journal, *, report: str | None = None, colour: bool = False) -> str:
    """The whole text, ending in a newline; `report` is the path to name, `colour` allows ANSI escapes."""
    paint = _paint if colour else _leave
    lines = [headline(card), paint(*_verdict(card))]
    lines += [f"  {reason}" for reason in card["invalid"]]
    lines += _criteria(card, journal, paint)
    lines += [f"WHY  {reason['text']}" for reason in card["why"]]
    lines += [f"TRY  {change['command']}      {'; '.join(change['effects'])}" for change in card["try"]]
    if card["runs"]:
        lines += _of_many(card)
    if report is not None:
        lines.append(f"Report: {report}")
    return "\n".join([*(line.rstrip() for line in lines), ""])


def headline(card: Mapping[str, Any]) -> str:
    """What was played: title, seed, and whom the people were."""
    return f"{card['title']} · seed {card['seed']} · people {card['treatment']}, {card['calibration']}"


def _leave(word: str, rest: str) -> str:
    return word + rest


def _paint(word: str, rest: str) -> str:
    return f"\x1b[{_COLOURS[word.strip()]}m{word}\x1b[0m{rest}"


def _verdict(card: Mapping[str, Any]) -> tuple[str, str]:
    if card["invalid"]:
        return "INVALID", ": this drill proves nothing"
    open_count = len(card["criteria"]) - card["of"]
    left_open = f" ({open_count} not judged)" if open_count else ""
    return "MET" if card["met"] else "MISSED", f": {card['met_count']} of {card['of']} met{left_open}"


def _criteria(card: Mapping[str, Any], journal: Journal, paint: Callable[[str, str], str]) -> Iterator[str]:
    told = {name: _told(name, criterion, journal) for name, criterion in card["criteria"].items()}
    width = max([35, *map(len, told.values())])
    for name, criterion in card["criteria"].items():
        word = {True: "met ", False: "MISS", None: "open"}[criterion["met"]]
        reached = decisive(criterion)[1]["to"]
        record = f"#{reached['record']}" if reached else ""
        yield f" {name:<14} {paint(word, '')}  {told[name]:<{width}}  {record}"


def _told(name: str, criterion: Mapping[str, Any], journal: Journal) -> str:
    part_name, result = decisive(criterion)
    limit = elapsed(result["limit_s"])
    if part_name is not None:
        return f"{said(part_name, result)} / {limit}"
    return f"{value(result):>5} / {limit:<7} {credit(name, result, journal)}".rstrip()


def value(result: Mapping[str, Any]) -> str:
    """How long it took, or why there is no such figure."""
    return plain(result["status"]) if result["value_s"] is None else elapsed(result["value_s"])


def said(part: str, result: Mapping[str, Any]) -> str:
    """The value of a part of the communication criterion, with what it is."""
    if part == "internal_every":
        return f"longest silence {value(result)}"
    return f"customers told after {value(result)}" if result["to"] else f"customers told: {value(result)}"


def decisive(criterion: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The result that decides a criterion: itself, or of its parts (named) the first missed, else the first."""
    if "parts" not in criterion:
        return None, criterion
    parts: list[tuple[str, Mapping[str, Any]]] = list(criterion["parts"].items())
    return next((part for part in parts if part[1]["met"] is False), parts[0])


def credit(name: str, result: Mapping[str, Any], journal: Journal) -> str:
    """Who or what brought the end of a result about: the signal, the last role to join, the action that held."""
    joined = [record for record in journal.records if record["type"] == "role_joined"]
    if result["to"] is None:
        roles = [record["role"] for record in joined]
        return f"only {listed(roles)} joined" if name == "assembled" and roles else ""
    reached = result["to"]["record"]
    if name == "assembled":
        return plain(max((r for r in joined if r["record"] < reached), key=lambda r: int(r["record"]))["role"])
    led = (journal.records[number - 1] for number in reversed(chain(journal.records, reached)))
    return next((words for record in led if (words := _credited(name, record))), "")


def _credited(name: str, record: Record) -> str | None:
    kind = record["type"]
    if name == "detected":
        return f"by {signal(record['kind'], record['name'])}" if kind == "incident_triggered" else None
    if name == "mitigated":
        return plain(record["action"]) if kind == "mitigation_took_effect" else None
    return record.get("person")


def _of_many(card: Mapping[str, Any]) -> Iterator[str]:
    runs: Mapping[str, Any] = card["runs"]
    label = f"OF {runs['runs']} SEEDS"
    for name, rate in [*runs["criteria"].items(), ("every criterion", runs)]:
        if rate["pass_rate"] is None:
            continue
        low, high = (round(100 * bound) for bound in rate["interval_95"])
        limit = card["criteria"].get(name, {}).get("limit_s")
        within = f" within {elapsed(limit)}" if limit is not None else " met"
        yield f"{label}  {name}{within} in {round(100 * rate['pass_rate'])} % [{low}\N{EN DASH}{high}]"
        label = " " * len(label)
    if runs["invalid"]:
        yield f"{label}  {runs['invalid']} more proved nothing (invalid)"
