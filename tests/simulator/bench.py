"""A bench on which a world is stepped by hand, without a response, and what it tells is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scenarios.documents import parse_document
from scenarios.fault import Fault
from scenarios.organization import Dependency, Organization, Service
from simulator.events import check
from simulator.flow import Flow
from simulator.journal import Journal, Record
from simulator.randomness import Draws
from simulator.rules import RuleSet, compile_rules
from simulator.world import World
from tests import builders

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

NO_RULES = RuleSet(())


def rules(*groups: list[dict[str, Any]], interval_ms: int = 15_000) -> RuleSet:
    """Groups of rules, given as rule files state them."""
    named = [{"name": f"group {number}", "rules": stated} for number, stated in enumerate(groups)]
    return RuleSet(compile_rules(parse_document(json.dumps({"groups": named}), "rules.yml"), interval_ms))


def with_vendor(retries: int = 0, capacity_per_s: float | None = None, **changes: Any) -> Organization:
    """The small organisation, its shop depending on a vendor."""
    small = builders.organization()
    shop = replace(small.services["shop"], depends_on={"vendor": Dependency(retries=retries)})
    vendor = Service(title="Vendor", capacity_per_s=capacity_per_s, latency=builders.CALM)
    return replace(small, services={**small.services, "shop": shop, "vendor": vendor}, **changes)


class Bench:
    """A world, the records that it told, and the actions that were finished in it."""

    def __init__(
        self,
        *faults: Fault,
        seed: int = 1,
        organization: Organization | None = None,
        rule_set: RuleSet = NO_RULES,
        **scenario: Any,
    ) -> None:
        self.journal = Journal({})
        self.now_ms = 0
        self.finished: list[tuple[int, str, str, int]] = []
        """(ms, person, action, record) of each."""
        organization = organization or builders.organization()
        self.world = World(
            organization,
            builders.scenario(*faults, **scenario),
            Flow(organization),
            rule_set,
            draws=Draws(seed),
            emit=self._emit,
            finished=lambda *what: self.finished.append((self.now_ms, *what)),
        )

    def run(self, until_ms: int) -> Bench:
        """Let everything happen up to and including this moment."""
        while self.world.peek() <= until_ms:
            self.now_ms = self.world.peek()
            self.world.step()
        self.now_ms = until_ms
        self.world.advance(until_ms)
        return self

    def perform(self, at_ms: int, action: str, person: str = "ann") -> Bench:
        """Somebody begins an action at this moment."""
        self.run(at_ms)
        self.world.perform(person, action, 0)
        return self

    def records(self, *kinds: str) -> list[Record]:
        """The records of these types."""
        return [record for record in self.journal.records if record["type"] in kinds]

    def times(self, *kinds: str) -> list[int]:
        """When records of these types were told, ms."""
        return [record["at_ms"] for record in self.records(*kinds)]

    def _emit(self, kind: str, because: int, /, **fields: object) -> int:
        check(kind, fields)
        assert 0 <= because <= len(self.journal.records)
        return self.journal.append(self.now_ms, kind, because, fields)
