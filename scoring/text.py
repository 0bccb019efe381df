"""The scorecard as lines for a terminal: a verdict, a line a criterion, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scoring.wording import elapsed, harmless, listed, percent, plain, signal
from simulator.journal import Journal, Record
from simulator.milestones import chain

_COLOURS = {"MISS": "31", "met": "32", "open": "33", "MISSED": "1;31", "MET": "1;32", "INVALID": "1;33"}


class _Line(NamedTuple):
    """A line of three parts, of which the second is a verdict and may be coloured."""

    before: str
    verdict: str = ""
    after: str = ""

    def written(self, colour: bool) -> str:
        before, verdict, after = map(harmless, self)
        if colour and verdict:
            verdict = f"\x1b[{_COLOURS[verdict]}m{verdict}\x1b[0m"
        return f"{before}{verdict}{after}".rstrip()


def text(card: Mapping[str, Any], journal: Journal, *, report: str | None = None, colour: bool = False) -> str:
    """The whole text, ending in a newline; `report` is the path to name, `colour` allows ANSI escapes.

    What comes from scenario, organisation or a person cannot steer the terminal: see `wording.harmless`.
    """
    lines = [_Line(_headline(card)), _verdict(card)]
    lines += [_Line(f"  {reason}") for reason in card["invalid_because"]]
    lines += _criteria(card, journal)
    for finding in card["status_page"]["findings"]:
        lines.append(_Line(f"TOLD {finding['text']}  {' '.join(f'#{number}' for number in finding['records'])}"))
    lines += map(_Line, _left_out(card["rules"]))
    lines += [_Line(f"WHY  {reason['text']}") for reason in card["why"]]
    lines += [_Line(f"TRY  {change['command']}      {'; '.join(change['effects'])}") for change in card["try"]]
    if "pass_rate" in card:
        lines += map(_Line, _of_many(card))
    if report is not None:
        lines.append(_Line(f"Report: {report}"))
    return "\n".join([*(line.written(colour) for line in lines), ""])


def _left_out(rules: Mapping[str, Any]) -> Iterator[str]:
    """The alert rules that could not fire whatever happened, if there are any."""
    if rules["not_simulated"]:
        left_out = rules["not_simulated"]
        of = rules["simulated"] + len(left_out)
        yield f"RULES  {rules['simulated']} of {of} simulated; nothing produces what {listed(left_out)} reads"


def _headline(card: Mapping[str, Any]) -> str:
    """What was played: title, seed, and whom the people were."""
    return f"{card['title']} · seed {card['seed']} · people {card['treatment']}, {card['calibration']}"


def _verdict(card: Mapping[str, Any]) -> _Line:
    if card["invalid_because"]:
        return _Line("", "INVALID", ": this drill proves nothing")
    open_count = len(card["criteria"]) - card["of"]
    left_open = f" ({open_count} not judged)" if open_count else ""
    return _Line("", "MET" if card["met"] else "MISSED", f": {card['met_count']} of {card['of']} met{left_open}")


def _criteria(card: Mapping[str, Any], journal: Journal) -> Iterator[_Line]:
    told = {name: harmless(_told(name, criterion, journal)) for name, criterion in card["criteria"].items()}
    width = max([35, *map(len, told.values())])
    for name, criterion in card["criteria"].items():
        word = {True: "met", False: "MISS", None: "open"}[criterion["met"]]
        reached = decisive(criterion)[1]["to"]
        record = f"#{reached['record']}" if reached else ""
        yield _Line(f" {name:<14} ", word, f"{' ' * (4 - len(word))}  {told[name]:<{width}}  {record}")


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
    by = {"customers_by_email": " by email", "customers_by_in_app": " in the product"}.get(part, "")
    return f"customers told{by} after {value(result)}" if result["to"] else f"customers told{by}: {value(result)}"


def decisive(criterion: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The result that decides a criterion: itself, or of its parts (named) the first missed, else the first."""
    if "parts" not in criterion:
        return None, criterion
    parts: list[tuple[str, Mapping[str, Any]]] = list(criterion["parts"].items())
    return next((part for part in parts if part[1]["met"] is False), parts[0])


def credit(name: str, result: Mapping[str, Any], journal: Journal) -> str:
    """Who or what brought the end of a result about: the signal, the last role to join, the action that held."""
    if result["to"] is None:
        roles = [record["role"] for record in journal.records if record["type"] == "role_joined"]
        return f"only {listed(roles)} joined" if name == "assembled" and roles else ""
    led = (journal.records[number - 1] for number in reversed(chain(journal.records, result["to"]["record"])))
    return next((words for record in led if (words := _credited(name, record))), "")


def _credited(name: str, record: Record) -> str | None:
    kind = record["type"]
    if name == "detected":
        return f"by {signal(record['kind'], record['name'])}" if kind == "incident_triggered" else None
    if name == "assembled":
        return plain(record["role"]) if kind == "role_joined" else None
    if name == "mitigated":
        return plain(record["action"]) if kind == "mitigation_took_effect" else None
    return record.get("person")


def _of_many(card: Mapping[str, Any]) -> Iterator[str]:
    """How often each criterion was met, in percent, with its interval; the first line says over how many seeds."""
    label = f"OF {card['runs']} SEEDS"
    for name, rate in [*card["criteria"].items(), ("every criterion", card)]:
        if rate["pass_rate"] is None:
            continue
        low, high = (round(100 * bound) for bound in rate["interval_95"])
        limit = rate.get("limit_s")
        within = f" within {elapsed(limit)}" if limit is not None else " met"
        yield f"{label}  {name}{within} in {percent(rate['pass_rate'])} [{low}\N{EN DASH}{high}]"
        label = " " * len(label)
    if card["invalid"]:
        yield f"{label}  {card['invalid']} more proved nothing (invalid)"
