"""Which criteria no response could meet, and why: the arithmetic, before anything is simulated."""

from __future__ import annotations

from typing import Any, NamedTuple

from scenarios.organization import Organization
from scenarios.scenario import Scenario
from scoring.wording import elapsed, listed
from simulator.detection import seen_by
from simulator.faults import Change
from simulator.faults.course import worst as worst_of
from simulator.flow import Flow
from simulator.rule_timing import PageTime, Part, page_times
from simulator.rules import RuleSet


class Finding(NamedTuple):
    """A criterion that cannot be met, and the arithmetic that says so."""

    criterion: str
    text: str
    parts: tuple[Part, ...]

    def document(self) -> dict[str, Any]:
        """The finding as JSON data, seconds."""
        return {
            "criterion": self.criterion,
            "text": self.text,
            "parts": [
                {"name": part.name, "best_s": part.best_ms / 1000, "worst_s": part.worst_ms / 1000}
                for part in self.parts
            ],
        }


def findings(organization: Organization, scenario: Scenario, rules: RuleSet) -> list[Finding]:
    """The criteria of a scenario that cannot be met, in the order of the scenario's criteria.

    `detected` counts what the organisation has arranged for (alerts and probes). A customer or a colleague may happen
    to notice sooner; a detection that rests on them is luck, not design.
    """
    found = []
    criteria = scenario.criteria
    if criteria.detected is not None and criteria.detected.from_ == "impact":
        found += _detection(organization, scenario, rules, criteria.detected.within)
    if criteria.mitigated is not None and criteria.mitigated.from_ == "impact":
        found += _mitigation(organization, scenario, criteria.mitigated.within)
    return found


def _detection(organization: Organization, scenario: Scenario, rules: RuleSet, limit_ms: int) -> list[Finding]:
    ways = [*page_times(organization, scenario, rules), *_probe_times(organization, scenario)]
    if not ways:
        return [Finding("detected", "no alert or probe that pages anybody sees this trouble", ())]
    if min(way.best_ms for way in ways) <= limit_ms:
        return []
    return [Finding("detected", _too_late(way, limit_ms), way.parts) for way in ways]


def _too_late(way: PageTime, limit_ms: int) -> str:
    parts = " + ".join(f"{part.name} {_span(part.best_ms, part.worst_ms)}" for part in way.parts)
    total = _span(way.best_ms, way.worst_ms)
    return f"{way.alert} cannot page within {elapsed(limit_ms / 1000)}: {parts} = {total}"


def _span(best_ms: int, worst_ms: int) -> str:
    best, worst = elapsed(best_ms / 1000), elapsed(worst_ms / 1000)
    return best if best == worst else f"{best}\N{EN DASH}{worst}"


def _probe_times(organization: Organization, scenario: Scenario) -> list[PageTime]:
    """The probes that the scenario's faults fail at their worst, as if every check failed."""
    flow = Flow(organization)
    changes: dict[str, tuple[Change, ...]] = {}
    for fault in scenario.faults:
        changes[fault.on] = (*changes.get(fault.on, ()), worst_of(fault, organization))
    ordinary, worst = flow.solve({}), flow.solve(changes)
    found = []
    for name, probe in organization.detection.probes.items():
        if seen_by(probe, worst[probe.service]) > seen_by(probe, ordinary[probe.service]):
            between_ms = (probe.failures - 1) * probe.interval
            found.append(
                PageTime(name, (Part("first check", 0, probe.interval), Part("further checks", between_ms, between_ms)))
            )
    return sorted(found, key=lambda time: time.best_ms)


def _mitigation(organization: Organization, scenario: Scenario, limit_ms: int) -> list[Finding]:
    """Whatever people do, something that helps has to be applied, and that takes its time."""
    cures = [mitigation for mitigation in scenario.mitigations if not mitigation.harmful]
    if not cures:
        return [Finding("mitigated", "no action of this scenario cures it", ())]
    takes = {
        mitigation.action: organization.actions[mitigation.action].takes
        if mitigation.takes is None
        else mitigation.takes
        for mitigation in cures
    }
    soonest_ms = min(takes.values())
    if soonest_ms <= limit_ms:
        return []
    names = listed([action for action, takes_ms in takes.items() if takes_ms == soonest_ms])
    text = f"applying {names} alone takes {elapsed(soonest_ms / 1000)} of {elapsed(limit_ms / 1000)}"
    return [Finding("mitigated", text, (Part("applying", soonest_ms, soonest_ms),))]
