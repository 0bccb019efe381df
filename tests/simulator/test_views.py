"""What somebody who looks sees agrees with the world, is the same again, and moves nothing in the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drills.looking import invent
from scenarios.fault import Aim
from scenarios.organization import CustomerReports, Detection
from scenarios.scenario import RecentChange
from simulator.faults.errors import Errors
from simulator.faults.wrong_answers import WrongAnswers
from simulator.views import GREEN, YELLOW, dashboard, log_lines, recent_changes, status_page, tickets
from tests import builders
from tests.simulator.bench import MINUTE, Bench, with_vendor

TALKATIVE = Detection(customers=CustomerReports(per_failed_request=0.01, support_takes=(1_000, 0.1)))


def bench(*faults: Any, **changes: Any) -> Bench:
    kept = {"organization": builders.organization(detection=TALKATIVE, tenants={"acme": 0.2}), **changes}
    return Bench(*faults, **kept).run(40 * MINUTE)


def test_log_lines_fail_as_often_as_requests_did_and_say_why() -> None:
    made = bench(builders.fault("errors", Errors(ratio=0.4, status=503, body="overloaded"), at=10 * MINUTE))
    calm = list(log_lines(made.world, "shop", 0, 10 * MINUTE))
    bad = list(log_lines(made.world, "shop", 10 * MINUTE, 20 * MINUTE))
    assert len(calm) == len(bad) == 3 * 600
    assert {line.status for line in calm} == {200}
    failed = [line for line in bad if line.status != 200]
    assert len(failed) / len(bad) == pytest.approx(0.4, abs=0.05)
    assert {(line.status, line.says) for line in failed} == {(503, "overloaded")}
    assert [line.at_ms for line in bad] == sorted(line.at_ms for line in bad)


def test_a_stretch_of_a_log_is_the_same_however_it_is_cut() -> None:
    made = bench()
    whole = list(log_lines(made.world, "shop", 0, 60_000))
    assert whole == [
        line for start in (0, 20_000, 40_000) for line in log_lines(made.world, "shop", start, start + 20_000)
    ]


def test_every_ticket_has_a_report_behind_it_and_says_what_was_met() -> None:
    made = bench(builders.fault("wrong_answers", WrongAnswers(ratio=0.5), at=MINUTE, lasts=30 * MINUTE))
    reports = made.records("customer_reported")
    found = list(tickets(made.world, made.journal.records, invent))
    assert [ticket.record for ticket in found] == [record["record"] for record in reports] != []
    assert all("Shop" in ticket.text and ("wrong" in ticket.text or "right" in ticket.text) for ticket in found)
    assert found == list(tickets(made.world, made.journal.records, invent))
    assert len({ticket.customer for ticket in found}) > len(found) / 2
    assert not any(ticket.customer in made.journal.text() for ticket in found)


def test_those_who_complain_are_those_who_were_hurt() -> None:
    aimed = replace(builders.fault("errors", Errors(), at=MINUTE, lasts=30 * MINUTE), only=Aim(tenant="acme"))
    found = list(tickets((made := bench(aimed)).world, made.journal.records, invent))
    assert {ticket.organization for ticket in found} == {"acme"}


def test_a_vendors_status_page_is_late_both_ways() -> None:
    vendor = with_vendor()
    services = {**vendor.services, "vendor": replace(vendor.services["vendor"], status_page_lag=5 * MINUTE)}
    fails = builders.fault("errors", Errors(ratio=0.5), on="vendor", at=10 * MINUTE, lasts=10 * MINUTE)
    made = bench(fails, organization=replace(vendor, services=services))
    seen = [status_page(made.world, "vendor", minute * MINUTE) for minute in (9, 12, 16, 22, 26)]
    assert seen == [GREEN, GREEN, YELLOW, YELLOW, GREEN]


def test_recent_changes_are_the_scenarios_and_what_responders_did() -> None:
    made = bench(changes=(RecentChange(ago=2 * 60 * MINUTE, service="shop", says="a release"),))
    made.world.performed.append((5 * MINUTE, "ann", "roll_back"))
    assert list(recent_changes(made.world, 10 * MINUTE)) == [
        "2025-08-06 14:05 roll back (ann)",
        "2025-08-06 12:00 Shop: a release",
    ]
    assert len(list(recent_changes(made.world, 4 * MINUTE))) == 1


def test_a_dashboard_that_is_behind_shows_what_was() -> None:
    fails = builders.fault("errors", Errors(ratio=0.5), at=10 * MINUTE, lasts=20 * MINUTE)
    now, late = bench(fails), bench(fails, dashboard_lag=10 * MINUTE)
    [shown], [behind] = (list(dashboard(one.world, 18 * MINUTE)) for one in (now, late))
    assert "50.0% failing" in shown
    assert "0.0% failing" in behind
