"""The pytest plugin and the GitHub Action, tried in an empty project as a new user would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from scenarios.loading import library_scenarios

FLAGSHIP = "elevenlabs-intermittent"
ACTION = Path(__file__).parents[2] / "action.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copyfile(library_scenarios()[FLAGSHIP], tmp_path / "voice.drill.yaml")
    return tmp_path


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), "GITHUB_ACTIONS": ""}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment = {**kept, **own, **environment}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)


def drilled(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words, **environment)


def test_a_failure_says_what_was_missed_what_led_to_it_and_how_to_play_it_again(project: Path) -> None:
    done = drilled(project, "--drills", "--drill-seeds", "1", "--junit-xml", "junit.xml")
    assert done.returncode == 1, done.stdout
    assert "detected: 6:03, limit 5:00 (missed)" in done.stdout
    assert "Users of voice are hurt" in done.stdout
    again = next(line for line in done.stdout.splitlines() if line.startswith("Play it again: "))
    assert again == "Play it again: gameday run ./voice.drill.yaml --seed 1"
    cases = ElementTree.parse(project / "junit.xml").getroot().iter("testcase")
    names = {case.get("name") for case in cases}
    assert names == {f"{name}[seed1]" for name in ("detected", "assembled", "mitigated", "communication")}


def test_criteria_are_items_of_every_seed_also_in_parallel(project: Path) -> None:
    """Under xdist the same items pass and fail."""
    words = ("--drills", "--drill-seeds", "2", "-q", "-rA")
    alone, parallel = drilled(project, *words), drilled(project, *words, "-n", "2")
    told = [
        sorted(line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED")))
        for done in (alone, parallel)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 8


def test_without_the_option_nothing_is_collected(project: Path) -> None:
    assert drilled(project, "-q").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_scenarios_of_the_library_and_changed_values_are_played(tmp_path: Path) -> None:
    words = ("--drills", "--drill-library", FLAGSHIP, "--drill-seeds", "1", "--drill-set", "HighErrorRate.for=1m")
    done = drilled(tmp_path, *words, "-k", "detected", "-q")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
    unknown = drilled(tmp_path, "--drills", "--drill-library", "no-such")
    assert (unknown.returncode, "not in the library" in unknown.stderr + unknown.stdout) == (4, True)


def test_what_is_wrong_in_a_scenario_is_said_at_its_line(project: Path) -> None:
    file = project / "voice.drill.yaml"
    file.write_text(file.read_text().replace("severity: P1", "severity: P9"))
    done = drilled(project, "--drills")
    assert done.returncode == 2
    line = file.read_text().splitlines().index("severity: P9") + 1
    assert f"voice.drill.yaml:{line}:11: severity" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout


def test_on_github_a_failure_stands_at_the_criterions_line(project: Path) -> None:
    words = ("--drills", "--drill-seeds", "1", "-k", "detected")
    done = drilled(project, *words, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(project))
    lines = (project / "voice.drill.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if text.startswith("  detected:"))
    assert f"::error file=voice.drill.yaml,line={line},title=Drill::detected: 6:03, limit 5:00, seed 1" in done.stdout


def test_the_steps_of_the_action_do_what_they_say(project: Path) -> None:
    """Playing fails where a criterion is missed; comparing with an equal revision writes the summary and does not."""
    steps = {step["name"]: step for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"] if "name" in step}
    played = run(project, "bash", "-c", steps["Play"]["run"], DRILLS=".", SEEDS="1")
    assert played.returncode == 1, played.stderr
    for words in ("init -q", "add -A", "-c user.name=Ada -c user.email=ada@example.com commit -qm first"):
        subprocess.run(["git", *words.split()], cwd=project, check=True, timeout=60)
    summary = project / "summary.md"
    environment = {"DRILLS": ".", "BASE": "HEAD", "ADVISORY": "true", "RUNNER_TEMP": str(project)}
    compared = run(
        project, "bash", "-e", "-c", steps["Compare"]["run"], GITHUB_STEP_SUMMARY=str(summary), **environment
    )
    assert compared.returncode == 0, compared.stderr
    assert summary.read_text().startswith("### NOT WORSE")
