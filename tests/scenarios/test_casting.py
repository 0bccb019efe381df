"""A scenario may name services by what they are to an organisation, and so fit others."""

from __future__ import annotations

import pytest

from drills.runner import play, prepare
from scenarios.casting import cast
from scenarios.documents import parse_document
from scenarios.loading import library_organizations, load_scenario
from scoring.scorecard import outcome
from simulator.faults import KINDS

PLAYED_BY = {
    "seiketsu": {"third-party-fails": ("elevenlabs", "voice"), "database-saturated": ("database", "api")},
    "webshop": {"third-party-fails": ("payment_provider", "checkout"), "database-saturated": ("database", "checkout")},
    "dataplatform": {
        "third-party-fails": ("object_store", "ingestion"),
        "database-saturated": ("warehouse", "query_api"),
    },
}


@pytest.mark.parametrize("organization", list(library_organizations()))
@pytest.mark.parametrize("scenario", ["third-party-fails", "database-saturated"])
def test_each_organisations_own_services_play_the_parts(scenario: str, organization: str) -> None:
    loaded = load_scenario(scenario, KINDS, [f"organization={organization}"])
    struck, front = PLAYED_BY[organization][scenario]
    assert loaded.scenario.faults[0].on == struck
    assert loaded.scenario.mitigations[-1].effect.service == front
    assert loaded.scenario.severity in loaded.organization.severities


@pytest.mark.parametrize("organization", list(library_organizations()))
def test_the_same_scenario_is_a_sensible_drill_in_each_of_them(organization: str) -> None:
    """Users are hurt and somebody notices; nobody helps where nobody responds, and an ideal team does."""
    prepared = prepare("third-party-fails", [f"organization={organization}"])
    absent, ideal = (outcome(play(prepared, 3, treatment, wired=False)) for treatment in ("absent", "ideal"))  # type: ignore[arg-type]
    for played in (absent, ideal):
        assert not played["invalid"]
        assert 0 <= played["measures"]["time_to_detect"] < 15 * 60
    assert absent["measures"]["time_to_mitigate"] == "never"
    assert ideal["measures"]["time_to_mitigate"] < 20 * 60


def test_a_part_that_nobody_can_play_is_told_with_its_place() -> None:
    scenario = parse_document("cast:\n  vendor: third_party_api\n  shop: user_facing\nfaults: [{on: shop}]\n", "s.yaml")
    organization = parse_document(
        "services: {shop: {user_facing: true}, web: {user_facing: true, core: true}}\n", "o.yaml"
    )
    made, problems = cast(scenario, organization)
    assert [str(problem) for problem in problems] == [
        "s.yaml:2:11: cast.vendor: the organisation has no third party api",
        's.yaml:3:3: cast.shop: "shop" is also a service',
    ]
    assert made.at("faults", 0, "on") == "shop"
