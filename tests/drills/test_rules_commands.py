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
