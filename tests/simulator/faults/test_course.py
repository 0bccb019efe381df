"""What any fault may state: a ramp, a share, an aim, a health page that is spared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.fault import Aim, Fault
from scenarios.resilience import Endpoint
from simulator import faults
from simulator.faults import KINDS
from simulator.faults.course import STEPS, levels, struck, worst
from simulator.faults.errors import Errors
from simulator.faults.latency import AddedLatency
from simulator.randomness import Draws
from tests import builders

SMALL = builders.organization(tenants={"acme": 0.3})
SHOP = replace(
    SMALL.services["shop"],
    endpoints={"checkout": Endpoint(share=0.2, method="POST"), "search": Endpoint(share=0.5)},
)
ORGANIZATION = replace(SMALL, services={**SMALL.services, "shop": SHOP})


def fault(**changes: object) -> Fault:
    return replace(builders.fault("errors", Errors(ratio=0.8)), **changes)  # type: ignore[arg-type]


def test_a_ramp_grows_by_tenths_to_the_full_effect() -> None:
    course = levels(fault(ramp=100_000), ORGANIZATION, Draws(1))
    assert [at for at, _, _ in course] == [step * 10_000 for step in range(STEPS)]
    assert [change.error_ratio for _, _, change in course] == pytest.approx(
        [0.08 * step for step in range(1, STEPS + 1)]
    )


def test_a_growing_latency_grows_in_length() -> None:
    slow = replace(builders.fault("latency", AddedLatency(added=1000)), ramp=10_000)
    assert [change.added_latency_ms for _, _, change in levels(slow, ORGANIZATION, Draws(1))][:3] == [100, 200, 300]


def test_a_fault_that_strikes_some_requests_makes_only_the_slowest_slower() -> None:
    slow = replace(builders.fault("latency", AddedLatency(added=1000)), toxicity=0.04)
    assert worst(slow, ORGANIZATION).tail_ms == (0, 0, 1000, 1000)


@pytest.mark.parametrize(
    ("aim", "share"),
    [
        (Aim(endpoint="checkout"), 0.2),
        (Aim(method="GET"), 0.5),
        (Aim(endpoint="checkout", method="GET"), 0.0),
        (Aim(tenant="acme"), 0.3),
        (Aim(endpoint="search", tenant="acme"), 0.15),
    ],
)
def test_an_aim_strikes_its_share_of_the_requests(aim: Aim, share: float) -> None:
    assert struck(fault(only=aim), ORGANIZATION) == pytest.approx(share)
    assert worst(fault(only=aim), ORGANIZATION).error_ratio == pytest.approx(0.8 * share)


def test_the_health_page_can_be_spared() -> None:
    assert worst(fault(spares_health=True), ORGANIZATION).spares_health


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_file_and_a_test_of_its_name(kind: str) -> None:
    assert KINDS[kind].__module__ == f"simulator.faults.{kind}"
    assert Path(__file__).with_name(f"test_{kind}.py").exists()


def test_nothing_but_registered_kinds_lies_among_them() -> None:
    files = {path.stem for path in Path(faults.__path__[0]).glob("*.py")}
    assert files - {"__init__", "change", "course"} == set(KINDS)
