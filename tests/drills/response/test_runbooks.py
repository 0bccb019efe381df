"""The runbook of the alert that fired, and whom its own conditions fetch."""

from __future__ import annotations

from scenarios.organization import Runbook, RunbookEscalation, Service
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed

RUNBOOK = Runbook(
    title="Many errors",
    url="https://docs.example.org/many-errors",
    alerts=("HighErrorRate",),
    immediate=(),
    escalation=(
        RunbookEscalation(when="not_restored", after=15 * MINUTE, target="eve"),
        RunbookEscalation(when="database_suspected", target="dan"),
        RunbookEscalation(when="infrastructure_suspected", target="cat", after=2 * MINUTE),
    ),
)
SERVICES = {
    "api": Service(title="API"),
    "store": Service(title="Store", kind="database"),
    "network": Service(title="Network", kind="infrastructure"),
}


def small(*alerts: str):
    runbook = changed(RUNBOOK, alerts=alerts)
    return changed(SMALL, services=SERVICES, runbooks={"many_errors": runbook})


def test_the_runbook_of_the_alert_is_opened_once_and_others_are_not() -> None:
    bench = Bench(small("HighErrorRate"))
    bench.signal()
    bench.signal(MINUTE)
    assert bench.times("runbook_opened", runbook="many_errors", alert="HighErrorRate") == [0]
    other = Bench(small("Other"))
    other.signal()
    assert other.of("runbook_opened") == []


def test_what_is_not_restored_in_time_fetches_whom_the_runbook_names() -> None:
    bench = Bench(small("HighErrorRate")).declared("P0")
    bench.run_until(20 * MINUTE)
    assert bench.times("incident_escalated", to="eve", reason="not restored for 15m") == [15]


def test_what_is_restored_by_then_fetches_nobody() -> None:
    bench = Bench(small("HighErrorRate")).monitoring("P0")
    bench.run_until(20 * MINUTE)
    assert bench.times("incident_escalated", to="eve") == []


def test_a_database_that_is_suspected_fetches_its_specialist_at_once() -> None:
    bench = Bench(small("HighErrorRate")).declared("P0")
    bench.act(3 * MINUTE, "ann", "investigate")
    bench.act(4 * MINUTE, "ann", "identify", cause="store")
    assert bench.times("incident_escalated", to="dan", reason="database suspected") == [4]
    assert (4, "dan", "database suspected") in bench.paged()


def test_infrastructure_that_is_suspected_fetches_its_specialist_after_the_runbooks_time() -> None:
    bench = Bench(small("HighErrorRate")).declared("P0")
    bench.act(3 * MINUTE, "ann", "investigate")
    bench.act(4 * MINUTE, "ann", "identify", cause="network")
    bench.run_until(10 * MINUTE)
    assert bench.times("incident_escalated", to="cat", reason="infrastructure suspected for 2m") == [6]


def test_an_application_as_the_cause_fetches_no_specialist() -> None:
    bench = Bench(small("HighErrorRate")).declared("P0")
    bench.act(3 * MINUTE, "ann", "investigate")
    bench.act(4 * MINUTE, "ann", "identify", cause="api")
    bench.run_until(10 * MINUTE)
    assert bench.of("incident_escalated") == []


def test_a_resolved_incident_fetches_nobody_and_a_reopened_one_does_what_fell_due() -> None:
    bench = Bench(small("HighErrorRate")).monitoring("P0")
    bench.act(10 * MINUTE, "ann", "verify", passed=True)
    bench.act(11 * MINUTE, "ann", "resolve")
    bench.run_until(30 * MINUTE)
    assert bench.times("incident_escalated", to="eve") == []
    bench.act(31 * MINUTE, "ann", "reopen")
    bench.run_until(31 * MINUTE)
    assert bench.times("incident_escalated", to="eve") == [31]
