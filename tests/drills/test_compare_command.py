"""`gameday compare`: versions from everywhere, what it prints and writes, and its exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drills.cli import cli
from drills.versions import versions
from scenarios.loading import library_organizations, library_scenarios
from scenarios.problems import InputError

FLAGSHIP = "elevenlabs-intermittent"
LONGER = "escalation.levels.0.timeout=10m"


def compare(*words: object) -> Result:
    return CliRunner().invoke(cli, ["compare", *map(str, words), "--jobs", "1"])


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one's own with a scenario and an organisation, as the working folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(library_organizations()["seiketsu"].parent, tmp_path / "seiketsu")
    text = library_scenarios()[FLAGSHIP].read_text(encoding="utf-8")
    own = text.replace("organization: seiketsu", "organization: ./seiketsu")
    (tmp_path / "voice.drill.yaml").write_text(own, encoding="utf-8")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "first")
    return tmp_path


def git(*words: str) -> None:
    named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *named, *words], check=True, timeout=60)


def test_a_longer_wait_for_the_acknowledgement_is_worse(tmp_path: Path) -> None:
    """It ends with 1, says what by how much, shows two drills, and writes the summary; advisory, it ends with 0."""
    words = [FLAGSHIP, FLAGSHIP, "--set", LONGER, "--runs", 75, "--summary", tmp_path / "summary.md"]
    result = compare(*words, "--save-baseline", tmp_path / "head.baseline")
    assert result.exit_code == 1
    assert "WORSE time to assemble" in result.stdout
    assert "--set escalation.levels.0.timeout=10m" in result.stdout
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "### WORSE: time to assemble" in summary
    kept = compare(tmp_path / "head.baseline", FLAGSHIP, "--set", LONGER, "--advisory", "--format", "json")
    assert kept.exit_code == 0
    told = json.loads(kept.stdout)
    assert (told["worse"], told["scenarios"][FLAGSHIP]["changed"]) == ([], 0)


def test_an_accepted_change_ends_with_0(tmp_path: Path) -> None:
    names = ("time_to_assemble", "time_to_tell_customers", "time_to_tell_customers_from_detection")
    names += ("longest_silence_internal", "time_to_acknowledge")
    rows = "".join(f"- {{scenario: {FLAGSHIP}, name: {name}, reason: quieter nights}}\n" for name in names)
    (tmp_path / "accepted.yaml").write_text(f"accepted:\n{rows}")
    result = compare(FLAGSHIP, FLAGSHIP, "--set", LONGER, "--runs", 75, "--accepted", tmp_path / "accepted.yaml")
    assert result.exit_code == 0, result.output
    assert "ACCEPTED" in result.stdout


def test_a_revision_is_compared_with_the_working_folder(tree: Path) -> None:
    """Equal trees are not worse, and playing stops at the first look."""
    result = compare("HEAD", ".", "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["scenarios"]["voice.drill.yaml"]
    assert (told["pairs"], told["changed"]) == (75, 0)


def test_versions_are_found_wherever_they_are(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    own = tree / "seiketsu"
    both, _ = versions("seiketsu", str(own), (), elsewhere / "x")
    assert set(both) == set(library_scenarios())
    assert both[FLAGSHIP][1].overrides == (f"organization={own}",)
    (tree / "new.drill.yaml").write_text((tree / "voice.drill.yaml").read_text())
    found, notes = versions("HEAD", ".", (), elsewhere / "y")
    assert (list(found), notes) == (["voice.drill.yaml"], ["new.drill.yaml is only in HEAD"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-thing", FLAGSHIP], "neither a path, an id of the library nor a revision"),
        ([FLAGSHIP, FLAGSHIP, "--accepted", "accepted.yaml"], "expected a list"),
        (["old.baseline", FLAGSHIP], "written by version 0.0.1"),
        (["broken.baseline", FLAGSHIP], "not a baseline"),
        ([FLAGSHIP, FLAGSHIP, "--set", "nonsense=1"], "nonsense"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "accepted.yaml").write_text("accepted: everything\n")
    (tmp_path / "broken.baseline").write_text("nonsense")
    (tmp_path / "old.baseline").write_text('{"baseline": 1, "version": "0.0.1", "seed": 1, "treatment": "modelled"}\n')
    result = compare(*words)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
