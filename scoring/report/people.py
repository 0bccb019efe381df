"""How modelled people were drawn: each parameter with its figures, where they come from and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scoring.wording import elapsed, percent, plain


class Assumption(NamedTuple):
    """A row of the table."""

    purpose: str
    means: str
    figures: str
    source: str
    confidence: str


def assumptions(profiles: Mapping[str, Any]) -> Iterator[Assumption]:
    """The rows of the header's `profiles`, in their order."""
    for parameter in profiles["parameters"]:
        yield Assumption(
            plain(parameter["purpose"]).capitalize(),
            parameter["means"],
            _figures(parameter["values"]),
            parameter["source"],
            parameter["confidence"],
        )


def _figures(values: Sequence[Mapping[str, Any]]) -> str:
    """The span of the figures over profiles, hours and training: ``median 1:30 to 25:00, sigma 0.8 to 1.1``."""
    medians = [value["median"] for value in values if "median" in value]
    sigmas = [value["sigma"] for value in values if "sigma" in value]
    shares = [value["share"] for value in values if "share" in value]
    factors = [value["factor"] for value in values if "factor" in value]
    spans = []
    if medians:
        spans.append(f"median {_span(*(elapsed(bound / 1000) for bound in (min(medians), max(medians))))}")
    if sigmas:
        spans.append(f"sigma {_span(f'{min(sigmas):g}', f'{max(sigmas):g}')}")
    if shares:
        spans.append(_span(percent(min(shares)), percent(max(shares))))
    if factors:
        spans.append(f"times {_span(f'{min(factors):g}', f'{max(factors):g}')}")
    return ", ".join(spans)


def _span(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"
