"""What an alert rule costs on a day on which nothing is wrong: its pages under the organisation's ordinary stumbles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scenarios.organization import Detection, Organization
from scenarios.scenario import Scenario
from simulator.flow import Flow
from simulator.randomness import Draws
from simulator.rules import RuleSet
from simulator.world import World

DAY_MS = 86_400_000


def pages(organization: Organization, scenario: Scenario, rules: RuleSet, seed: int) -> int:
    """How many times alerts notify somebody in 24 hours with the organisation's `background` faults and no others.

    The scenario only lends its calendar. Nobody responds, and nothing but alerts is looked at.
    """
    quiet = replace(organization, detection=Detection())
    day = replace(scenario, faults=organization.background, injects=(), mitigations=(), duration=DAY_MS)
    notified = 0

    def emit(kind: str, _because: int, /, **_fields: object) -> int:
        nonlocal notified
        notified += kind == "alert_notified"
        return 0

    def nobody(_step: str, _person: str, _fields: Mapping[str, str], _record: int) -> None:
        """Nobody does anything, so nothing is ever finished."""

    world = World(quiet, day, Flow(quiet), rules, draws=Draws(seed), emit=emit, finished=nobody)
    while world.peek() <= DAY_MS:
        world.step()
    return notified
