"""The organisation that comes with the program holds what its procedure says."""

from __future__ import annotations

import pytest

from scenarios.loading import load_organization
from scenarios.organization import Organization
from simulator.faults import KINDS
from simulator.flow import Flow, Modifications

MINUTE, HOUR = 60_000, 3_600_000


@pytest.fixture(scope="module")
def seiketsu() -> Organization:
    return load_organization("seiketsu", KINDS).organization


def test_severities_carry_the_stricter_of_contradicting_promises(seiketsu: Organization) -> None:
    severities = seiketsu.severities
    assert {name: severity.respond_within for name, severity in severities.items()} == {
        "P0": 0,
        "P1": 15 * MINUTE,
        "P2": 2 * HOUR,
        "P3": 24 * HOUR,
    }
    assert [severities[name].resolve_within for name in ("P0", "P1")] == [HOUR, 4 * HOUR]
    assert [severities[name].internal_every for name in ("P0", "P1", "P2")] == [15 * MINUTE, 15 * MINUTE, 30 * MINUTE]
    assert [severities[name].customers_within for name in ("P0", "P1")] == [30 * MINUTE, 30 * MINUTE]
    assert [severity.pages for severity in severities.values()] == [True, True, False, False]
    core_team = ("commander", "technical_lead", "communication_lead", "customer_success")
    assert severities["P0"].roles == severities["P1"].roles == core_team


def test_an_unresolved_incident_climbs_by_elapsed_time(seiketsu: Organization) -> None:
    steps = [(step.after, seiketsu.people[step.target].title, step.condition) for step in seiketsu.escalation.chain]
    assert steps == [
        (15 * MINUTE, "Tech lead", "always"),
        (30 * MINUTE, "Engineering manager", "always"),
        (HOUR, "CTO", "major_impact"),
        (HOUR, "CEO", "customer_impact"),
    ]


def test_all_ten_contradictions_of_the_procedure_are_recorded(seiketsu: Organization) -> None:
    assert len({contradiction.about for contradiction in seiketsu.contradictions}) == 10


def test_on_an_ordinary_day_every_objective_holds_and_no_series_reaches_the_alerts_threshold(
    seiketsu: Organization,
) -> None:
    """HighErrorRate pages above 0.1 failures a second of one series."""
    states = Flow(seiketsu).solve({}, Modifications())
    for name, service in seiketsu.services.items():
        if service.user_facing and service.objective is not None:
            assert states[name].meets(service.objective), name
    for job in seiketsu.monitoring.jobs:
        state = states[job.service]
        assert state.error_ratio * state.requests_per_s < 0.05, job.job
        assert state.latency_ms[1] < 2000, job.job


def test_the_vendor_carries_the_ordinary_load_with_room_but_not_every_retry(seiketsu: Organization) -> None:
    load = Flow(seiketsu).solve({}, Modifications())["elevenlabs"].requests_per_s
    capacity = seiketsu.services["elevenlabs"].capacity_per_s
    assert capacity is not None
    assert load < capacity < 2 * load
