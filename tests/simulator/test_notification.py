"""Who is told of alerts within a drill follows an organisation's own ``alertmanager.yml``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scenarios.documents import scan_document
from simulator.alertmanager.reading import read_alertmanager
from simulator.notification import Notification
from simulator.promql.series import make_labels
from simulator.rules import AlertRule, Transition
from simulator.rules.templates import NOWHERE
from tests.builders import organization
from tests.simulator.bench import HOUR, MINUTE, SECOND, Bench, rules

[ANY] = [rule.expression for rule in rules([{"alert": "Any", "expr": "up"}]).alerts]
RECEIVERS = [{"name": name, "webhook_configs": [{"url": "http://x"}]} for name in ("pager", "database", "chat")]
ROUTE = {
    "receiver": "pager",
    "group_by": ["alertname"],
    "group_wait": "30s",
    "group_interval": "5m",
    "repeat_interval": "4h",
}
POLICIES = {"pager": "default", "database": "database", "chat": "none"}


class Bell:
    """Notification driven by hand under a configuration; drill time zero is Wednesday 14:00 UTC."""

    def __init__(self, *routes: dict[str, Any], **configuration: Any) -> None:
        text = json.dumps(
            {"route": {**ROUTE, "routes": routes}, "receivers": [*RECEIVERS, {"name": "null"}], **configuration}
        )
        document, problems = scan_document(text, "alertmanager.yml", as_written=True)
        assert document is not None and not problems
        small = organization()
        own = replace(small, monitoring=replace(small.monitoring, alertmanager_file="x.yml", receivers=POLICIES))
        self.bench = Bench(organization=own, starts_at=datetime(2025, 8, 6, 14, tzinfo=UTC), duration=20 * HOUR)
        self.notification = Notification(self.bench.world, read_alertmanager(document))

    def fire(self, at_s: int, alert: str, **labels: str) -> Bell:
        self.bench.run(at_s * SECOND)
        self.notification.fired(_transition(at_s * SECOND, "alert_fired", alert, labels), 1)
        return self

    def resolve(self, at_s: int, alert: str, **labels: str) -> Bell:
        self.bench.run(at_s * SECOND)
        self.notification.resolved(_transition(at_s * SECOND, "alert_resolved", alert, labels))
        return self

    def rung(self, until_ms: int = 3 * HOUR) -> list[tuple[int, str, str]]:
        """When, for which alert, and by which policy, until the moment."""
        records = self.bench.run(until_ms).records("alert_notified")
        return [(one["at_ms"] // SECOND, one["alert"], one["policy"]) for one in records]


def _transition(at_ms: int, kind: Any, alert: str, labels: dict[str, str]) -> Transition:
    named = make_labels({**labels, "alertname": alert}.items())
    return Transition(at_ms, kind, named, 1.0, rule=AlertRule(alert, ANY), element=named, surroundings=NOWHERE)


def test_an_alert_goes_to_the_receiver_of_its_route_and_pages_by_that_receivers_policy() -> None:
    database = {"receiver": "database", "matchers": ['team="database"'], "group_wait": "10s"}
    bell = Bell(database).fire(10, "Slow", team="database").fire(10, "Down", team="web")
    assert bell.rung() == [(20, "Slow", "database"), (40, "Down", "default")]


def test_an_alert_that_goes_on_is_told_by_every_route_that_it_takes() -> None:
    first = {"receiver": "database", "matchers": ['severity="P0"'], "continue": True}
    bell = Bell(first, {"receiver": "pager", "matchers": ['severity="P0"'], "group_wait": "1m"}).fire(
        0, "Down", severity="P0"
    )
    assert bell.rung() == [(30, "Down", "database"), (60, "Down", "default")]


def test_receivers_that_page_nobody_or_send_nowhere_are_not_heard() -> None:
    bell = Bell({"receiver": "chat", "matchers": ["severity=P3"]}, {"receiver": "null", "matchers": ["severity=P4"]})
    bell.fire(0, "Noise", severity="P3").fire(0, "Watchdog", severity="P4")
    assert bell.rung() == []
    assert bell.notification.firing


def test_an_inhibited_alert_is_told_at_the_first_interval_after_the_other_has_resolved() -> None:
    rule = {"source_matchers": ["severity=P0"], "target_matchers": ["severity=P2"], "equal": ["cluster"]}
    bell = Bell(inhibit_rules=[rule]).fire(0, "Down", severity="P0", cluster="a")
    bell.fire(5, "Slow", severity="P2", cluster="a").fire(5, "Lag", severity="P2", cluster="b")
    bell.resolve(100, "Down", severity="P0", cluster="a")
    assert bell.rung() == [(30, "Down", "default"), (35, "Lag", "default"), (335, "Slow", "default")]


def test_a_muted_route_is_silent_until_its_interval_is_over() -> None:
    lunch = {"name": "lunch", "time_intervals": [{"times": [{"start_time": "14:00", "end_time": "14:12"}]}]}
    bell = Bell({"matchers": ["team=web"], "mute_time_intervals": ["lunch"]}, time_intervals=[lunch])
    assert bell.fire(0, "Slow", team="web").fire(0, "Down").rung() == [
        (30, "Down", "default"),
        (930, "Slow", "default"),
    ]


def test_a_route_is_silent_outside_of_its_active_intervals() -> None:
    late = {"name": "late", "time_intervals": [{"times": [{"start_time": "15:00", "end_time": "24:00"}]}]}
    bell = Bell(
        {"matchers": ["team=web"], "active_time_intervals": ["late"], "group_interval": "30m"}, time_intervals=[late]
    )
    assert bell.fire(0, "Slow", team="web").rung() == [(3630, "Slow", "default")]


def test_what_is_told_again_counts_from_the_last_time_that_anything_was_told_of_the_group() -> None:
    bell = Bell({"group_by": ["cluster"], "repeat_interval": "25m", "group_interval": "10m", "matchers": ["cluster=a"]})
    bell.fire(0, "One", cluster="a").fire(0, "Two", cluster="a").resolve(700, "Two", cluster="a")
    # At 20:30 it is told that Two is over, which is no news of trouble; One again 25 minutes later, rounded up.
    expected = [(30, "One", "default"), (30, "Two", "default"), (3030, "One", "default")]
    assert bell.rung(55 * MINUTE) == expected
