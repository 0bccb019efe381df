"""The end of an incident: the all-clear, an override, and trouble that comes back."""

from __future__ import annotations

import pytest

from drills.response.messages import Signal
from drills.response.states import ActionRefused
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed


def resolved() -> Bench:
    bench = Bench().monitoring("P1")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve")
    return bench


@pytest.mark.parametrize("override", [None, "", "  "])
def test_resolving_unverified_without_a_reason_is_refused_and_changes_nothing(override: str | None) -> None:
    bench = Bench().monitoring("P1")
    with pytest.raises(ActionRefused, match=r"verification has passed, unless|needs a override"):
        bench.act(9 * MINUTE, "ann", "resolve", override=override)
    assert bench.workflow.state == "monitoring"


def test_resolving_while_a_check_fails_needs_an_override_whose_reason_is_recorded() -> None:
    bench = Bench().monitoring("P1")
    bench.act(9 * MINUTE, "ann", "resolve", override="The check itself is broken")
    assert bench.times("incident_resolved", override="The check itself is broken") == [9]


def test_an_override_that_was_not_needed_is_not_recorded() -> None:
    bench = Bench().monitoring("P1")
    bench.act(9 * MINUTE, "ann", "verify", passed=True)
    bench.act(10 * MINUTE, "ann", "resolve", override="In any case")
    assert bench.of("incident_resolved")[0].fields == {"person": "ann"}


def test_the_results_of_the_checks_stand_beside_the_verdict() -> None:
    bench = Bench().monitoring("P1")
    checks = {"incident_id": "INC", "timestamp": 0.0, "checks": [], "all_passed": True}
    bench.act(9 * MINUTE, "ann", "verify", passed=True, checks=checks, technical={"alerts_cleared": True})
    fields = bench.of("verification_finished")[0].fields
    assert fields == {"person": "ann", "passed": True, "checks": checks, "technical": {"alerts_cleared": True}}


def test_a_fault_that_returns_reopens_the_incident_and_pages_whoever_is_on_call() -> None:
    bench = resolved()
    bench.signal(20 * MINUTE)
    assert bench.workflow.state == "investigating"
    assert bench.times("incident_reopened", name="HighErrorRate") == [20]
    assert (20, "ann", "escalation level 1") in bench.paged()
    bench.run_until(200 * MINUTE)
    assert bench.of("incident_closed") == []
    assert bench.workflow.next_deadline() is not None


def test_a_report_about_what_is_over_does_not_reopen_it() -> None:
    bench = resolved()
    bench.run_until(20 * MINUTE)
    bench.receive(Signal("customer", "api", "Customers report trouble with API", None, 1))
    assert bench.workflow.state == "resolved"
    assert bench.times("signal_added", name="api") == [20]


def test_the_organisation_says_which_signals_reopen() -> None:
    closure = changed(SMALL.closure, reopened_by=("customer",))
    bench = Bench(changed(SMALL, closure=closure)).monitoring("P1")
    bench.act(9 * MINUTE, "ann", "resolve", override="Enough")
    bench.signal(20 * MINUTE)
    assert bench.workflow.state == "resolved"
    bench.receive(Signal("customer", "api", "Customers report trouble with API", None, 1))
    assert bench.workflow.state == "investigating"
