"""Which criteria no response could meet: what alerts, probes and cures can do at best, against the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenarios.organization import Action, Dependency, Detection, Organization, Probe, Service
from scenarios.scenario import Criteria, Effect, Mitigation, Within
from scoring.feasibility import findings
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.rule_timing import page_times
from simulator.rules import RuleSet
from tests.builders import fault, organization, scenario
from tests.simulator.bench import MINUTE, SECOND, rules

DOWN = rules([{"alert": "Down", "expr": "up == 0", "for": "2m"}])
SLOWER = rules([{"alert": "Down", "expr": "up == 0", "for": "2m"}, {"alert": "Slower", "expr": "up == 0", "for": "3m"}])
ERRORS = BurstErrors(mean_good=60_000, mean_bad=60_000, error_ratio=ErrorRatios(good=0, bad=0.5))


def organized(**probes: Probe) -> Organization:
    """The small organisation, its shop depending on a vendor, with these probes and two ways to help."""
    small = organization()
    shop = replace(small.services["shop"], depends_on={"vendor": Dependency()})
    return replace(
        small,
        services={**small.services, "shop": shop, "vendor": Service(title="Vendor")},
        detection=Detection(probes=probes),
        actions={name: Action(title=name, takes=4 * MINUTE, kind="change") for name in ("switch", "restart")},
    )


def judged(rule_set: RuleSet, small: Organization, parameters: Any = None, **stated: Any) -> list[tuple[str, str]]:
    trouble = fault("trouble", parameters or Down(), on=stated.pop("on", "shop"))
    mitigations = stated.pop("mitigations", ())
    made = scenario(trouble, criteria=Criteria(**stated), mitigations=mitigations)
    return [(finding.criterion, finding.text) for finding in findings(small, made, rule_set)]


def cure(action: str, takes: int | None = None, harmful: bool = False) -> Mitigation:
    return Mitigation(action=action, effect=Effect(service="shop", bypasses="vendor"), takes=takes, harmful=harmful)


def probe(failures: int, follows: bool = True) -> Probe:
    return Probe(service="shop", interval=MINUTE, failures=failures, follows_dependencies=follows)


def test_a_limit_at_the_soonest_page_can_be_met_and_one_below_it_cannot() -> None:
    small = organized()
    [time] = page_times(small, scenario(fault("trouble", Down())), DOWN)
    assert judged(DOWN, small, detected=Within(within=time.best_ms)) == []
    [(criterion, text)] = judged(DOWN, small, detected=Within(within=time.best_ms - 1))
    assert criterion == "detected"
    assert text.startswith("Down cannot page within 2:31: scrape and rate fill")
    assert "for 2:00" in text
    assert "group wait 0:30" in text


def test_every_way_that_is_too_late_is_told_with_its_parts() -> None:
    made = scenario(fault("trouble", Down()), criteria=Criteria(detected=Within(within=MINUTE)))
    found = findings(organized(shop=probe(5)), made, SLOWER)
    assert [finding.text.split(" cannot")[0] for finding in found] == ["Down", "Slower", "shop"]
    document = found[2].document()
    assert document["criterion"] == "detected"
    assert document["parts"] == [
        {"name": "first check", "best_s": 0, "worst_s": 60},
        {"name": "further checks", "best_s": 240, "worst_s": 240},
    ]


@pytest.mark.parametrize(("failures", "limit_ms", "feasible"), [(3, 120_000, True), (3, 119_999, False), (1, 0, True)])
def test_a_probe_needs_its_failures_in_a_row(failures: int, limit_ms: int, feasible: bool) -> None:
    small = organized(shop=probe(failures))
    assert (judged(DOWN, small, detected=Within(within=limit_ms)) == []) is feasible


def test_one_way_that_is_soon_enough_is_enough() -> None:
    assert judged(SLOWER, organized(shop=probe(2)), detected=Within(within=MINUTE)) == []


def test_a_health_page_sees_its_own_service_only() -> None:
    health = organized(shop=probe(1, follows=False))
    nothing = [("detected", "no alert or probe that pages anybody sees this trouble")]
    limit = Within(within=30 * MINUTE)
    assert judged(DOWN, health, ERRORS, on="vendor", detected=limit) == nothing
    assert judged(DOWN, health, ERRORS, on="shop", detected=limit) == []
    assert judged(DOWN, organized(shop=probe(1)), ERRORS, on="vendor", detected=limit) == []


def test_nothing_that_sees_the_trouble_is_a_finding_whatever_the_limit() -> None:
    found = judged(DOWN, organized(), ERRORS, detected=Within(within=10**9))
    assert found == [("detected", "no alert or probe that pages anybody sees this trouble")]


def test_the_quickest_cure_decides_whether_mitigation_can_be_in_time() -> None:
    cures = (cure("restart"), cure("switch", takes=90 * SECOND))
    assert judged(DOWN, organized(), mitigations=cures, mitigated=Within(within=90 * SECOND)) == []
    found = judged(DOWN, organized(), mitigations=cures, mitigated=Within(within=80 * SECOND))
    assert found == [("mitigated", "applying switch alone takes 1:30 of 1:20")]


def test_cures_that_are_equally_quick_are_told_together() -> None:
    found = judged(
        DOWN, organized(), mitigations=(cure("restart"), cure("switch")), mitigated=Within(within=3 * MINUTE)
    )
    assert found == [("mitigated", "applying restart and switch alone takes 4:00 of 3:00")]


def test_what_makes_it_worse_is_no_cure() -> None:
    only_harm = (cure("restart", takes=1, harmful=True),)
    found = judged(DOWN, organized(), mitigations=only_harm, mitigated=Within(within=30 * MINUTE))
    assert found == [("mitigated", "no action of this scenario cures it")]


def test_limits_that_do_not_count_from_impact_are_left_alone() -> None:
    from_declaration = Within(within=1, from_="declared")
    assert judged(DOWN, organized(), ERRORS, detected=from_declaration, mitigated=from_declaration) == []


def test_criteria_that_are_not_stated_are_not_judged() -> None:
    assert judged(DOWN, organized(), ERRORS) == []
