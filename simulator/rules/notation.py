"""Prometheus's way of writing series down in tests: ``up{job="a"}  1 1x3 _ 0+2x4 stale``."""

from __future__ import annotations

import math
import re
from itertools import accumulate, repeat

from simulator.promql.errors import PromqlError
from simulator.promql.scanner import Token, tokens, unquote
from simulator.promql.series import NAME, STALE, Labels, make_labels

SAMPLES_LIMIT = 5_000_000
"""How many values a series may have."""

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+"
_WORD = re.compile(rf"([+-]?(?:{_NUMBER}|[iI][nN][fF]|[nN][aA][nN]))|(_|stale)")
_EXPANDED = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:([+-])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))?x(\d+)"
)
_OMITTED = re.compile(r"_x(\d+)")


class NotationError(Exception):
    """The text is no series, or no values."""


def read_metric(text: str) -> Labels:
    """The labels of a metric such as ``up{job="a"}``, ``{job="a"}`` or ``up``."""
    try:
        words = list(tokens(text))
        pairs: list[tuple[str, str]] = []
        at = 0
        if words and words[0].kind == "name":
            pairs.append((NAME, words[0].text))
            at = 1
        if at < len(words):
            pairs += _pairs(words[at:])
    except PromqlError as error:
        raise NotationError(str(error)) from None
    names = [name for name, _ in pairs]
    if not pairs and not words:
        raise NotationError("unexpected end of input")
    if len(set(names)) < len(names):
        raise NotationError("a label occurs twice")
    return make_labels(pairs)


def _pairs(words: list[Token]) -> list[tuple[str, str]]:
    if words[0].text != "{" or words[-1].text != "}":
        raise NotationError(f'unexpected "{words[0].text if words[0].text != "{" else words[-1].text}"')
    pairs, inner = [], words[1:-1]
    while inner:
        if len(inner) == 1 or inner[1].text == ",":
            if inner[0].kind != "text":
                raise NotationError(f'unexpected "{inner[0].text}" in label set')
            pairs.append((NAME, unquote(inner[0])))
            inner = inner[2:]
            continue
        name = unquote(inner[0]) if inner[0].kind == "text" else inner[0].text
        if len(inner) < 3 or inner[0].kind not in ("name", "text") or inner[1].text != "=" or inner[2].kind != "text":
            raise NotationError(f'unexpected "{inner[min(2, len(inner) - 1)].text}" in label set')
        pairs.append((name, unquote(inner[2])))
        if len(inner) > 3 and inner[3].text != ",":
            raise NotationError(f'unexpected "{inner[3].text}" in label set')
        inner = inner[4:]
    return pairs


def read_values(text: str) -> list[float | None]:
    """Values in series notation; None for a gap, `STALE` for a stale marker. ``axn`` is a and n more of it."""
    values: list[float | None] = []
    for word in text.split():
        match = _WORD.fullmatch(word)
        if expanded := _EXPANDED.fullmatch(word):
            start, sign, step, count = expanded.groups()
            _check_size(len(values) + int(count))
            change = float(step or 0) * (-1 if sign == "-" else 1)
            values += (
                accumulate(repeat(change, int(count)), initial=float(start))
                if change
                else ([float(start)] * (int(count) + 1))
            )
        elif omitted := _OMITTED.fullmatch(word):
            _check_size(len(values) + int(omitted[1]))
            values += [None] * int(omitted[1])
        elif match is None:
            what = "native histograms are not supported" if "{{" in word else f'unexpected "{word}" in series values'
            raise NotationError(what)
        elif match[2]:
            values.append(STALE if match[2] == "stale" else None)
        else:
            values.append(_float(match[1]))
    return values


def _float(text: str) -> float:
    value = float(int(text, 16)) if "x" in text.lower() else float(text)
    # `STALE` is told from other NaN by being itself.
    return math.nan if math.isnan(value) else value


def _check_size(size: int) -> None:
    if size > SAMPLES_LIMIT:
        raise NotationError(f"more than {SAMPLES_LIMIT} values")
