"""``gameday rules …``: promtool's own test files, with its verdicts."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import scenarios
from drills.cli import cli
from scenarios.documents import parse_document
from scenarios.problems import InputError
from tests.simulator.promql.promtool import find_promtool

_DATA = Path(__file__).parents[3] / "shared" / "prometheus"
_OLD = _DATA / "v2.42.0" / "cmd" / "promtool" / "testdata"
_NEW = _DATA / "v3.14.0" / "cmd" / "promtool" / "testdata"


def _run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(cli, ["rules", *arguments], catch_exceptions=False)
    return result.exit_code, [line for line in result.output.splitlines() if line.strip()]


def _file(folder: Path, name: str) -> str:
    path = folder / name
    if not path.exists():
        pytest.skip(f"promtool's test files are not at {folder}")
    return str(path)


@pytest.mark.parametrize("name", ["unittest", "failing", "at-modifier-test", "long-period", "negative-offset-test"])
def test_promtools_own_files_give_its_verdicts_and_its_words(name: str) -> None:
    file = _file(_OLD, f"{name}.yml")
    promtool, version = find_promtool()
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    said = sorted(line for line in (done.stdout + done.stderr).splitlines() if line.strip())
    code, lines = _run("test", "--prometheus", version, file)
    assert code == done.returncode
    assert sorted(lines) == said


@pytest.mark.parametrize("name", ["bad-input-series", "bad-promql", "bad-rules-error-test", "bad-rules-syntax-test"])
def test_files_that_promtool_cannot_run_fail(name: str) -> None:
    code, lines = _run("test", "--prometheus", "2.42", _file(_OLD, f"{name}.yml"))
    assert code == 1 and "  FAILED:" in lines


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("at-modifier-test", 0),
        ("long-period", 0),
        ("negative-offset-test", 0),
        ("no-test-group-interval", 0),
        ("start-time-test", 0),
        ("failing", 4),
        ("rules_run", 1),
        ("rules_run_fuzzy", 2),
        ("rules_run_no_fuzzy", 2),
    ],
)
def test_files_of_version_3_give_its_verdicts(name: str, failing: int) -> None:
    code, lines = _run("test", _file(_NEW, f"{name}.yml"))
    assert code == (1 if failing else 0)
    assert sum(line.startswith(("    expr: ", "    alertname: ")) for line in lines) == failing


def test_native_histograms_are_refused_by_name_and_place() -> None:
    code, lines = _run("test", _file(_NEW, "unittest.yml"))
    assert code == 1 and "unittest.yml:66:24: " in lines[2] and "native histograms are not supported" in lines[2]


def test_junit_has_a_case_for_each_group(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    code, _ = _run("test", "--junit", str(report), _file(_NEW, "rules_run.yml"))
    cases = list(ElementTree.fromstring(report.read_text()).iter("testcase"))
    assert code == 1
    assert [(case.get("name"), len(case)) for case in cases] == [("correct test", 0), ("wrong test", 1)]


def test_a_version_must_be_one() -> None:
    code, lines = _run("test", "--prometheus", "newest", "x.yml")
    assert code == 2 and "not a version of Prometheus" in lines[-1]


def test_a_missing_file_fails() -> None:
    code, lines = _run("test", "no-such-file.yml")
    assert code == 1 and "no such file" in lines[-1]


_RULES = """\
groups:
  - name: api
    interval: 1m
    rules:
      - {alert: Slow, expr: x > 1, for: 4m30s, labels: {severity: page}}
      - {alert: Fast, expr: x > 2, for: 4m, labels: {severity: page}}
      - {alert: Quiet, expr: x > 3, labels: {severity: none}}
      - {alert: Fast, expr: "x  >  2  # the same", for: 4m, labels: {severity: page}}
      - {alert: Fast, expr: x > 2, for: 1m, labels: {severity: page}}
"""

_ALERTMANAGER = """\
route: {receiver: all, routes: [{matchers: [severity="none"], receiver: nobody}]}
receivers: [{name: all, webhook_configs: [{url: "http://localhost/"}]}, {name: nobody}]
"""


@pytest.mark.parametrize("as_manifest", [False, True])
def test_alerts_that_are_late_unheard_or_repeated_are_named(tmp_path: Path, as_manifest: bool) -> None:
    rules, alertmanager = tmp_path / "rules.yml", tmp_path / "alertmanager.yml"
    head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: x}\nspec:\n"
    indented = head + "".join(f"  {line}\n" for line in _RULES.splitlines())
    rules.write_text(indented if as_manifest else _RULES)
    alertmanager.write_text(_ALERTMANAGER)
    code, lines = _run("check", str(rules), "--alertmanager", str(alertmanager), "--detect", "5m")
    assert code == 1
    assert lines[-1] == "5 alerts checked, 4 with something to look at."
    remarks = [line.split(": ", 1)[1] for line in lines[:-1]]
    assert remarks == [
        "Slow: too late: pages later than 5m30s after the trouble begins, whatever happens (for 5m + group wait 30s); "
        "at most 5m is asked for",
        f'Quiet: reaches nobody: goes to "nobody" ({alertmanager}:1), which has nowhere to send to',
        f"Fast: duplicate: the same rule as at {rules}:{10 if as_manifest else 6}",
        f"Fast: contradiction: for is 1m here and 4m at {rules}:{10 if as_manifest else 6}",
        f"Fast: contradiction: for is 1m here and 4m at {rules}:{12 if as_manifest else 8}",
    ]


def test_a_scenarios_alerts_are_said_with_what_delays_them() -> None:
    code, lines = _run("when", "elevenlabs-intermittent")
    assert code == 0
    (head,) = (place for place, line in enumerate(lines) if line.startswith("HighErrorRate: "))
    assert [line.split("  ")[2].strip() for line in lines[head + 1 : head + 5]] == [
        *("scrape and rate fill", "evaluation", "for", "group wait"),
    ]


def test_when_says_of_a_rule_that_nothing_feeds_that_it_is_not_simulated(own_organization: OwnOrganization) -> None:
    scenario = own_organization(
        rules=[{"alert": "DiskFull", "expr": 'node_filesystem_avail_bytes{fstype!="tmpfs"} < 1'}]
    )
    code, lines = _run("when", str(scenario))
    assert code == 0
    assert 'DiskFull: not simulated; nothing produces node_filesystem_avail_bytes{fstype!="tmpfs"}' in lines
    result = CliRunner().invoke(cli, ["check", str(scenario), "--format", "json"], catch_exceptions=False)
    [row] = json.loads(result.output)["checked"]
    missing = ['node_filesystem_avail_bytes{fstype!="tmpfs"}']
    assert row["rules"] == {"simulated": 3, "not_simulated": [{"alert": "DiskFull", "missing": missing}]}
    shown = CliRunner().invoke(cli, ["run", str(scenario), "--report", str(scenario.parent / "report")]).output
    assert "RULES  3 of 4 simulated; nothing produces what DiskFull reads" in shown


def test_metrics_and_labels_of_its_own_bind_an_organizations_rules_to_simulated_services(
    own_organization: OwnOrganization,
) -> None:
    rule = {
        "alert": "ApiErrors",
        "expr": 'sum by (pod) (rate(api_responses_total{namespace="shop", code="Unavailable"}[2m])) > 0.5',
        "for": "1m",
        "labels": {"severity": "P1"},
    }
    metric = {
        "name": "api_responses_total",
        "kind": "requests",
        "status_label": "code",
        "status_names": {"502": "Unavailable", "503": "Unavailable"},
    }
    job = {
        "job": "kubernetes-pods",
        "service": "voice",
        "instances": ["10.0.0.7:9102"],
        "instance_labels": ["pod"],
        "labels": {"namespace": "shop"},
        "metrics": [metric],
    }
    scenario = own_organization(rules=[rule], jobs=[job])
    code, lines = _run("when", str(scenario))
    assert code == 0
    assert any(line.startswith("ApiErrors: pages ") for line in lines), lines


def test_the_organization_names_the_prometheus_whose_rules_apply(own_organization: OwnOrganization) -> None:
    """A range without a unit is one since 2.54."""
    rules = [{"alert": "Hexadecimal", "expr": "sum_over_time(up[300]) > 0"}]
    assert _run("when", str(own_organization(rules=rules)))[0] == 0
    with pytest.raises(InputError, match="missing unit in duration"):
        _run("when", str(own_organization(rules=rules, prometheus="2.42")))
    with pytest.raises(InputError, match="expected a version in quotes"):
        _run("when", str(own_organization(rules=rules, prometheus=2.42)))


ALERTMANAGER = """
route:
  receiver: team
  group_wait: 2m
  routes:
    - matchers: ['alertname="HighErrorRate"']
      receiver: pager
      group_wait: 0s
    - matchers: ['alertname="VoiceServiceLatency"']
      receiver: nowhere
receivers:
  - name: pager
    pagerduty_configs: [{routing_key: secret}]
  - name: team
    slack_configs: [{channel: "#alerts"}]
  - name: nowhere
"""
MANAGERS = {"levels": [{"targets": ["charlie.manager"], "timeout": "10m"}]}


def test_alerts_of_a_drill_take_the_routes_of_the_organizations_own_alertmanager(
    own_organization: OwnOrganization,
) -> None:
    scenario = own_organization(
        rules=[],
        files={"alertmanager.yml": ALERTMANAGER},
        monitoring={"alertmanager_file": "alertmanager.yml", "receivers": {"pager": "managers", "team": "none"}},
        escalation_policies={"managers": MANAGERS},
    )
    code, lines = _run("when", str(scenario))
    assert code == 0
    waits = [line.split() for line in lines if "group wait" in line]
    assert waits == [["group", "wait", "0s"]]
    report = scenario.parent / "report"
    CliRunner().invoke(cli, ["run", str(scenario), "--report", str(report)], catch_exceptions=False)
    records = [json.loads(line) for line in (report / "journal.jsonl").read_text().splitlines()[1:]]
    [notified] = [one for one in records if one["type"] == "alert_notified"][:1]
    assert (notified["alert"], notified["receiver"], notified["policy"]) == ("HighErrorRate", "pager", "managers")
    [fired] = [one for one in records if one["type"] == "alert_fired" and one["alert"] == "HighErrorRate"][:1]
    assert notified["at_ms"] == fired["at_ms"]
    detected = next(one for one in records if one["type"] == "incident_triggered")
    paged = {one["to"] for one in records if one["type"] == "page" and one["at_ms"] == detected["at_ms"]}
    assert detected["kind"] != "alert" or paged == {"charlie.manager"}


def test_every_receiver_has_to_be_said_whom_it_pages(own_organization: OwnOrganization) -> None:
    files = {"alertmanager.yml": ALERTMANAGER}
    settings = {"alertmanager_file": "alertmanager.yml", "receivers": {"pagr": "default", "team": "managers"}}
    with pytest.raises(InputError) as raised:
        _run("when", str(own_organization(rules=[], files=files, monitoring=settings)))
    assert 'unknown escalation policy "managers"' in str(raised.value)
    settings["receivers"] = {"pagr": "default", "team": "none"}
    with pytest.raises(InputError) as raised:
        _run("when", str(own_organization(rules=[], files=files, monitoring=settings)))
    told = str(raised.value)
    assert 'nothing says whom the receiver "pager" of alertmanager.yml pages' in told
    assert 'alertmanager.yml has no receiver of this name; did you mean "pager"?' in told


OwnOrganization = Callable[..., Path]


@pytest.fixture
def own_organization(tmp_path: Path) -> OwnOrganization:
    """Makes a copy of the library's organisation with more rules, jobs and keys, and the flagship scenario for it."""
    library = Path(scenarios.__file__).parent

    def make(
        rules: list[dict[str, Any]],
        jobs: Sequence[dict[str, Any]] = (),
        files: Mapping[str, str] = MappingProxyType({}),
        monitoring: Mapping[str, Any] = MappingProxyType({}),
        **changes: Any,
    ) -> Path:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        shutil.copytree(library / "seiketsu", folder / "own")
        path = folder / "own" / "organization.yaml"
        data = deepcopy(parse_document(path.read_text(encoding="utf-8"), "organization.yaml").data)
        (folder / "own" / "more.yaml").write_text(json.dumps({"groups": [{"name": "more", "rules": rules}]}))
        data["monitoring"]["rule_files"].append("more.yaml")
        data["monitoring"]["jobs"] += jobs
        data["monitoring"].update(monitoring)
        for name, text in files.items():
            (folder / "own" / name).write_text(text, encoding="utf-8")
        path.write_text(json.dumps({**data, **changes}, default=str), encoding="utf-8")
        text = (library / "library" / "elevenlabs-intermittent.yaml").read_text(encoding="utf-8")
        scenario = folder / "scenario.yaml"
        scenario.write_text(text.replace("organization: seiketsu", "organization: ./own"), encoding="utf-8")
        return scenario

    return make
