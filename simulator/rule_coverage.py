"""Which alert rules a drill cannot simulate, because nothing in it produces what they read."""

from __future__ import annotations

from scenarios.organization import Organization
from scenarios.scenario import Scenario
from simulator.course import Course
from simulator.flow import Flow
from simulator.promql.series import Selector
from simulator.randomness import Draws
from simulator.rules import AlertRule, RuleSet
from simulator.telemetry import Telemetry


def not_simulated(organization: Organization, scenario: Scenario, rules: RuleSet) -> dict[AlertRule, list[Selector]]:
    """The alert rules that are left out of the scenario's drills, and what they read that nothing produces."""
    draws = Draws(0)
    course = Course(Flow(organization), scenario.faults, draws)
    telemetry = Telemetry(organization, course, draws, wanted=rules.reads, from_ms=0)
    missing = rules.missing(telemetry.store)
    return {rule: selectors for rule, selectors in missing.items() if isinstance(rule, AlertRule)}
