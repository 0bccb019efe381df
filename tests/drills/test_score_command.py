"""`gameday score`: timelines from outside and journals, whole or cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drills.cli import cli
from drills.runner import play, prepare
from scenarios.problems import InputError

FLAGSHIP = "elevenlabs-intermittent"
PUBLISHED = Path(__file__).parents[1] / "scoring" / "timelines"


def score(*words: object) -> Result:
    return CliRunner().invoke(cli, ["score", *map(str, words)])


@pytest.fixture(scope="module")
def journal_text() -> str:
    return play(prepare(FLAGSHIP), 3, wired=False).text()


def test_a_timeline_is_printed_as_text_and_as_one_document() -> None:
    """Each measure in the text has the value of the document; there are no criteria to miss."""
    file = PUBLISHED / "fastly-2021-06-08.yaml"
    text, document = score(file), score(file, "--format", "json")
    assert (text.exit_code, document.exit_code) == (0, 0)
    card = json.loads(document.stdout)
    assert card["measures"]["time_to_mitigate"]["value_s"] == 168 * 60
    assert "time to mitigate                168:00  impact #1 to mitigated #7" in text.stdout


def test_a_milestone_is_named_for_one_run() -> None:
    file = PUBLISHED / "github-2018-10-21.csv"
    card = json.loads(score(file, "--milestone", "detected=3", "--format", "json").stdout)
    assert card["measures"]["time_to_detect"]["value_s"] == 600


@pytest.mark.parametrize("named", ["detected=0", "detected=", "detected", "noticed=1", "detected=99", "detected=1.5"])
def test_a_milestone_that_cannot_be_is_refused(named: str) -> None:
    failed = score(PUBLISHED / "github-2018-10-21.csv", "--milestone", named)
    assert isinstance(failed.exception, InputError)


def test_a_drills_journal_is_judged_as_the_drill_was(journal_text: str, tmp_path: Path) -> None:
    """The scorecard of the folder's journal is that of the run, without what only the run tried."""
    (tmp_path / "journal.jsonl").write_text(journal_text, encoding="utf-8")
    run = CliRunner().invoke(cli, ["run", FLAGSHIP, "--seed", "3", "--report", str(tmp_path / "r"), "--format", "json"])
    again = score(tmp_path, "--format", "json")
    assert again.exit_code == run.exit_code == 1
    before, after = json.loads(run.stdout), json.loads(again.stdout)
    assert {**before, "why": [], "try": []} == after


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_a_journal_cut_within_a_record_is_judged_up_to_there_and_says_so(
    journal_text: str, tmp_path: Path, share: float
) -> None:
    file = tmp_path / "cut.jsonl"
    begin = len(journal_text.split("\n", 2)[0]) + len(journal_text.split("\n", 2)[1]) + 2
    file.write_text(journal_text[: begin + int(share * (len(journal_text) - begin))].rstrip("\n"), encoding="utf-8")
    judged = score(file, "--format", "json")
    card = json.loads(judged.stdout)
    assert judged.exit_code in (0, 1, 3)
    last = card["records"]
    assert card["invalid_because"][-1] == f"the file ends within record {last + 1}: judged up to record {last}"
    assert f"judged up to record {last}" in score(file).stdout


def test_every_beginning_of_a_journal_can_be_judged(journal_text: str, tmp_path: Path) -> None:
    lines = journal_text.splitlines(keepends=True)
    file = tmp_path / "part.jsonl"
    for count in (2, 3, 5, 10, *range(20, len(lines), 37)):
        file.write_text("".join(lines[:count]), encoding="utf-8")
        assert json.loads(score(file, "--format", "json").stdout)["records"] == count - 1


def test_a_journal_without_a_record_is_refused(journal_text: str, tmp_path: Path) -> None:
    file = tmp_path / "head.jsonl"
    file.write_text(journal_text.split("\n", 1)[0] + "\n", encoding="utf-8")
    assert isinstance(score(file).exception, InputError)
