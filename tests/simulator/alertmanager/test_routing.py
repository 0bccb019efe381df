"""Who is told of an alert: as Alertmanager decides, by `amtool` and by its documentation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scenarios.documents import scan_document
from scenarios.problems import InputError
from simulator.alertmanager.reading import read_alertmanager
from simulator.alertmanager.routing import Routing

_NAMES = ("severity", "team", "service", "zone")
_VALUES = ("page", "ticket", "api", "db", "a-b", "")


def _read(configuration: dict[str, Any] | str) -> Routing:
    text = configuration if isinstance(configuration, str) else json.dumps(configuration)
    document, problems = scan_document(text, "alertmanager.yml", as_written=True)
    assert document is not None and not problems
    return read_alertmanager(document)


def _random_route(random: Random, receivers: list[str], depth: int) -> dict[str, Any]:
    route: dict[str, Any] = {}
    if random.random() < 0.8:
        receivers.append(f"r{len(receivers)}")
        route["receiver"] = receivers[-1]
    if depth:
        name, value = random.choice(_NAMES), random.choice(_VALUES)
        pattern = random.choice(["page|api", "a.*", ".+", "", "[a-d]+", "p.ge", "(?i)PAGE"])
        style = random.randrange(5)
        if style == 0:
            route["match"] = {name: value}
        elif style == 1:
            route["match_re"] = {name: pattern}
        elif style == 2:
            route["matchers"] = [f'{name}{random.choice(["=", "!="])}"{value}"']
        elif style == 3:
            route["matchers"] = [f'{name}{random.choice(["=~", "!~"])}"{pattern}"', f"{random.choice(_NAMES)}!=db"]
        else:
            route["matchers"] = [f'{{{name}=~"{pattern}", {random.choice(_NAMES)} != "page"}}']
        route["continue"] = random.random() < 0.4
    if depth < 3:
        below = [_random_route(random, receivers, depth + 1) for _ in range(random.randrange(4 if depth else 5))]
        route.update({"routes": below} if below else {})
    return route


def _amtool() -> str:
    path = shutil.which("amtool")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("amtool is not installed (Debian's package prometheus-alertmanager has it)")
        pytest.skip("amtool is not installed (Debian's package prometheus-alertmanager has it)")
    return path


def test_two_hundred_random_alerts_are_routed_as_amtool_says(tmp_path: Path) -> None:
    amtool = _amtool()
    for seed in range(200):
        random = Random(seed)
        receivers = ["root"]
        root = {**_random_route(random, receivers, 0), "receiver": "root"}
        configuration = {"route": root, "receivers": [{"name": name} for name in receivers]}
        path = tmp_path / "alertmanager.yml"
        path.write_text(json.dumps(configuration))
        labels = {name: random.choice(_VALUES) for name in random.sample(_NAMES, random.randrange(1, 5))}
        labels = {name: value for name, value in labels.items() if value}
        words = [f"{name}={value}" for name, value in labels.items()]
        done = subprocess.run(
            [amtool, "config", "routes", "test", f"--config.file={path}", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        found = ",".join(route.receiver for route in _read(configuration).routes(labels))
        assert found == done.stdout.strip(), f"seed {seed}: {labels}\n{path.read_text()}"


_WHOLE = """\
route:
  receiver: default
  group_by: [alertname, service]
  repeat_interval: 1h
  routes:
    - matchers: [severity="page"]
      receiver: pager
      group_wait: 10s
      mute_time_intervals: [weekend]
    - matchers: [severity=~"info|none"]
      group_by: ['...']
      receiver: nobody
receivers:
  - {name: default, email_configs: [{to: x@example.org}]}
  - {name: pager, pagerduty_configs: [{routing_key: x}]}
  - {name: nobody}
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity=~"page|ticket"]
    equal: [service]
time_intervals:
  - name: weekend
    time_intervals:
      - {weekdays: ['saturday', 'sunday']}
      - {times: [{start_time: "22:00", end_time: "24:00"}], months: ['december'], days_of_month: ['-2:-1']}
"""


def test_routes_inherit_what_they_do_not_say() -> None:
    routing = _read(_WHOLE)
    (pager,) = routing.routes({"severity": "page"})
    assert (pager.receiver, pager.group_by, pager.group_wait) == ("pager", ("alertname", "service"), 10_000)
    assert (pager.group_interval, pager.repeat_interval) == (300_000, 3_600_000)
    assert pager.group({"alertname": "A", "zone": "z"}) == (("alertname", "A"),)
    (nobody,) = routing.routes({"severity": "info"})
    assert nobody.receiver in routing.silent
    assert nobody.group({"alertname": "A", "zone": "z"}) == (("alertname", "A"), ("zone", "z"))


def test_an_alert_is_inhibited_by_one_that_agrees_with_it_but_not_by_its_like() -> None:
    routing = _read(_WHOLE)
    page = {"severity": "page", "service": "api"}
    assert routing.inhibited({"severity": "ticket", "service": "api"}, [page])
    assert not routing.inhibited({"severity": "ticket", "service": "db"}, [page])
    assert not routing.inhibited({"severity": "page", "service": "api", "zone": "z"}, [page])


@pytest.mark.parametrize(
    ("at", "muted"),
    [("2026-11-21T12:00", True), ("2026-11-20T12:00", False), ("2026-12-30T22:00", True), ("2026-12-29T22:00", False)],
)
def test_routes_are_silent_in_their_intervals(at: str, muted: bool) -> None:
    routing = _read(_WHOLE)
    (pager,) = routing.routes({"severity": "page"})
    assert routing.muted(pager, datetime.fromisoformat(at).replace(tzinfo=UTC)) is muted


def test_everything_wrong_with_a_configuration_is_said_at_once() -> None:
    text = """\
route:
  receiver: defalt
  group_wait: 5x
  routes:
    - matchers: ["severity"]
      mute_time_intervals: [never]
receivers: [{name: default}]
"""
    with pytest.raises(InputError) as caught:
        _read(text)
    said = [str(problem) for problem in caught.value.problems]
    assert [problem.split(": ")[0] for problem in said] == [
        *("alertmanager.yml:2:13", "alertmanager.yml:3:15", "alertmanager.yml:5:7", "alertmanager.yml:5:18"),
        "alertmanager.yml:6:28",
    ]
