"""The pages of a day on which nothing is wrong but the organisation's ordinary stumbles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scenarios.fault import Fault
from scenarios.organization import Detection, Probe
from scenarios.scenario import Inject
from simulator import healthy_day
from simulator.faults.burst_errors import BurstErrors, ErrorRatios
from simulator.faults.down import Down
from simulator.healthy_day import pages
from tests.builders import fault, organization, scenario
from tests.simulator.bench import HOUR, MINUTE, Bench, rules

Count = Callable[..., int]


def blips(bad: float) -> Fault:
    """Twelve minutes of peace, two of trouble, and so on, in the mean."""
    parameters = BurstErrors(mean_good=12 * MINUTE, mean_bad=2 * MINUTE, error_ratio=ErrorRatios(good=0, bad=bad))
    return Fault(id="blips", on="shop", kind="burst_errors", at=0, for_=24 * HOUR, parameters=parameters)


def errors(held: str) -> dict[str, Any]:
    return {"alert": "Errors", "expr": 'rate(http_requests_total{status=~"5.."}[1m]) > 3', "for": held}


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Pages of a day, which has six hours here, by a rule that waits so long, over three seeds."""
    monkeypatch.setattr(healthy_day, "DAY_MS", 6 * HOUR)

    def counted(background: tuple[Fault, ...], held: str = "0s", **stated: Any) -> int:
        small = replace(organization(), background=background, **stated.pop("organization", {}))
        made = scenario(*stated.pop("faults", ()), **stated)
        return sum(pages(small, made, rules([errors(held)]), seed) for seed in range(3))

    return counted


def test_a_day_without_stumbles_has_no_pages(count: Count) -> None:
    assert count(()) == 0


def test_stumbles_page_and_a_rule_that_waits_longer_pages_less(count: Count) -> None:
    at_once, later, much_later = (count((blips(0.5),), held) for held in ("0s", "2m", "30m"))
    assert at_once > later > much_later == 0


def test_stumbles_that_no_rule_minds_do_not_page(count: Count) -> None:
    assert count((blips(0.01),)) == 0


def test_the_trouble_of_the_scenario_its_injects_and_other_ways_to_notice_have_no_part_in_it(count: Count) -> None:
    probe = Probe(service="shop", interval=MINUTE, failures=1, follows_dependencies=True)
    noisy = count(
        (blips(0.5),),
        faults=(fault("down", Down()),),
        injects=(Inject(id="call", to="technical_lead", says="Hello", at=MINUTE),),
        organization={"detection": Detection(probes={"shop": probe})},
    )
    assert noisy == count((blips(0.5),))


def test_pages_are_those_that_the_same_faults_give_in_a_drill_of_that_length(count: Count) -> None:
    notified = 0
    for seed in range(3):
        bench = Bench(blips(0.5), seed=seed, rule_set=rules([errors("1m")]), duration=6 * HOUR)
        notified += len(bench.run(6 * HOUR).records("alert_notified"))
    assert count((blips(0.5),), "1m") == notified > 0
