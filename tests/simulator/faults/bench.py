"""A shop that depends on a vendor, and what a fault on the vendor makes of both."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from scenarios.organization import Dependency, Organization, Service
from simulator.faults import Change, FaultKind
from simulator.flow import Flow, Solution
from tests import builders

MINUTE = 60_000


def organization(**vendor: Any) -> Organization:
    """Twenty requests a second reach the shop, each of which needs the vendor."""
    small = builders.organization()
    shop = replace(small.services["shop"], depends_on={"vendor": Dependency()})
    stated = {"title": "Vendor", "latency": builders.CALM, **vendor}
    return replace(small, services={**small.services, "shop": shop, "vendor": Service(**stated)})


def struck(kind: FaultKind | Change, **vendor: Any) -> Solution:
    """The graph with the fault at its worst."""
    change = kind if isinstance(kind, Change) else kind.worst()
    return Flow(organization(**vendor)).solve({"vendor": (change,)})


def course(kind: FaultKind, duration_ms: int = 10 * MINUTE) -> list[tuple[int, str, Change]]:
    """The levels of a fault."""
    return list(kind.levels(random.Random(1), duration_ms))
