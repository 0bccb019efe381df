"""``gameday rules …``: promtool's own test files, with its verdicts."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from drills.cli import cli
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
        "Slow: too late: pages 5m30s after its expression becomes true at the soonest (for 5m + group wait 30s); "
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
