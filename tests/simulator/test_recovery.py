"""Recovery verified: health checks over a window, in the shape of the verifier's results, and what monitoring shows."""

from __future__ import annotations

from typing import Any

from scenarios.organization import Closure, Service
from scenarios.procedure import HealthCheck
from simulator.faults import Change
from simulator.recovery import health, verify
from tests import builders
from tests.simulator.bench import MINUTE, Bench, rules

SERVICES = builders.organization().services
CHECKS = (
    HealthCheck(name="Shop", url="https://shop.example.org/health", service="shop"),
    HealthCheck(name="Whole", url="https://shop.example.org/buy", service="shop", follows_dependencies=True),
)
ORGANIZATION = builders.organization(
    services={**SERVICES, "store": Service(title="Store", kind="database", latency=builders.CALM)},
    health_checks=CHECKS,
    closure=Closure(verify_for=10 * MINUTE, close_after=60 * MINUTE, check_every=5 * MINUTE),
)


class Steady:
    """A fault that stays as it is."""

    def __init__(self, change: Change) -> None:
        self.change = change

    def levels(self, stream, duration_ms):
        yield 0, "on", self.change

    def worst(self):
        return self.change


def verified(at_minute: int, change: Change, on: str = "shop") -> dict[str, Any]:
    """What a verification finds at a moment, with a fault from 10:00 to 20:00."""
    played = Bench(
        builders.fault("down", Steady(change), on=on, at=10 * MINUTE, lasts=10 * MINUTE), organization=ORGANIZATION
    )
    return verify(played.run(at_minute * MINUTE).world, "INC-1")


def test_the_result_has_exactly_the_shape_of_the_verifiers() -> None:
    found = verified(5, Change(1.0))
    assert found["passed"]
    checks = found["checks"]
    assert list(checks) == ["incident_id", "timestamp", "checks", "all_passed"]
    assert checks["incident_id"] == "INC-1"
    assert checks["timestamp"] == builders.scenario().starts_at.timestamp() + 300
    for check in checks["checks"]:
        assert list(check) == ["name", "status", "response_time", "status_code"]
        assert (check["status"], check["status_code"]) == ("PASS", 200)
        assert 0 <= check["response_time"] <= 0.4


def test_an_answer_with_another_status_fails_and_says_which() -> None:
    checks = verified(15, Change(1.0, status=503))["checks"]
    assert not checks["all_passed"]
    assert [(check["status"], check["status_code"]) for check in checks["checks"]] == [("FAIL", 503), ("FAIL", 503)]


def test_no_answer_is_an_error_with_its_reason_and_without_a_time() -> None:
    checks = verified(15, Change(1.0, down=True))["checks"]
    assert checks["checks"][0] == {"name": "Shop", "status": "ERROR", "error": "connection refused"}
    assert not checks["all_passed"]


def test_a_recovery_has_to_be_sustained_for_the_window() -> None:
    for minute in (21, 29):
        found = verified(minute, Change(1.0))
        assert not found["passed"]
        assert not found["checks"]["all_passed"], "a run of the window failed, though the latest would pass"
    assert verified(31, Change(1.0))["passed"]


def test_what_no_health_check_sees_still_fails_by_what_monitoring_shows() -> None:
    found = verified(15, Change(added_latency_ms=5_000))
    assert found["checks"]["all_passed"]
    assert found["technical"] == {
        "alerts_cleared": True,
        "metrics_at_baseline": False,
        "no_error_spikes": True,
        "database_normal": True,
    }
    assert not found["passed"]


def test_a_slow_database_is_not_normal() -> None:
    found = verified(15, Change(added_latency_ms=500), on="store")
    assert found["technical"]["database_normal"] is False


def test_an_alert_that_still_fires_speaks_against_the_recovery() -> None:
    firing = rules([{"alert": "Trouble", "expr": "vector(1) > 0", "labels": {"severity": "P1"}}])
    later = builders.fault("down", Steady(Change(1.0)), at=50 * MINUTE, lasts=MINUTE)
    played = Bench(later, organization=ORGANIZATION, rule_set=firing).run(15 * MINUTE)
    found = verify(played.world, "INC-1")
    assert found["technical"] == {**dict.fromkeys(found["technical"], True), "alerts_cleared": False}
    assert not found["passed"]


def test_errors_within_the_window_are_spikes() -> None:
    found = verified(25, Change(0.3))
    assert (found["technical"]["no_error_spikes"], found["passed"]) == (False, False)
    assert verified(31, Change(0.3))["technical"]["no_error_spikes"]


def test_the_same_moment_gives_the_same_result_however_often_it_is_asked() -> None:
    played = Bench(builders.fault("down", Steady(Change(0.5))), organization=ORGANIZATION).run(3 * MINUTE)
    assert health(played.world, "INC-1", 2 * MINUTE) == health(played.world, "INC-1", 2 * MINUTE)
