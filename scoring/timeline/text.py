"""A judged timeline as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.wording import elapsed, harmless, plain


def timeline_text(card: Mapping[str, Any]) -> str:
    """The whole text, ending in a newline; `card` is what `judging.judge` gives."""
    return "\n".join([*map(harmless, _lines(card)), ""])


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    rows = f"{card['rows']:,} row" + ("s" if card["rows"] != 1 else "")
    yield f"{card['timeline']} · {rows}, {card['begins_at']} to {card['ends_at']}"
    for name, result in card["measures"].items():
        value = "unknown" if result["value_s"] is None else elapsed(result["value_s"])
        yield f" {plain(name):<28} {value:>9}  {_ends(result)}".rstrip()
    promises = card["promises"]
    yield (
        f"Next updates promised: {promises['made']}, kept: {promises['kept']}, "
        f"kept or at most 5 minutes late: {promises['within_5m']}"
    )
    for note in card["notes"]:
        where = ", ".join(f"#{number}" for number in note["records"])
        yield f"NOTE  {note['text']}{f' ({where})' if where else ''}"


def _ends(result: Mapping[str, Any]) -> str:
    ends = [result["from"], result["to"]]
    if None in ends:
        told = [_end(end) for end in ends if end is not None]
        return f"only {told[0]} is told" if told else "neither end is told"
    return f"{_end(ends[0])} to {_end(ends[1])}"


def _end(end: Mapping[str, Any]) -> str:
    return f"{plain(end['milestone'])} #{end['record']}"
