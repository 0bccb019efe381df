"""The command line: what it prints, what it writes, and its exit codes, each of which means one thing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import scoring
from drills import cli

FLAGSHIP = "elevenlabs-intermittent"
LIBRARY = Path(scoring.__file__).parents[1] / "scenarios" / "library"

Gameday = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gameday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gameday:
    """Run a command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gameday", *words])
        code: str | int | None = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out, printed.err

    return run


def copy_of(scenario: str, folder: Path, *changes: tuple[str, str]) -> str:
    """A library scenario as a file of one's own, with words replaced."""
    text = (LIBRARY / f"{scenario}.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "own.yaml"
    path.write_text(text)
    return str(path)


def test_an_installed_program_prints_the_scorecard_from_an_empty_folder(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("gameday")
    words = [str(program), "run", FLAGSHIP, "--seed", "7", "--format", "json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    card = json.loads(done.stdout)
    jsonschema.validate(card, json.loads((Path(scoring.__file__).parent / "scorecard.schema.json").read_text()))
    assert (done.returncode, done.stderr) == (1, "")
    assert list(card["criteria"]) == ["detected", "assembled", "mitigated", "communication"]
    assert card["detected_by"]["kind"] in ("alert", "probe", "customer", "team")
    assert len(card["digest"]) == 64
    folder = tmp_path / "reports" / f"{FLAGSHIP}-seed7"
    assert json.loads((folder / "scorecard.json").read_text()) == card
    assert sorted(path.name for path in folder.iterdir()) == ["journal.jsonl", "report.html", "scorecard.json"]


def test_exit_code_0_means_that_every_criterion_was_met(gameday: Gameday) -> None:
    code, out, _ = gameday("run", FLAGSHIP, "--treatment", "ideal", "--set", "criteria.detected=null")
    assert (code, out.splitlines()[1]) == (0, "MET: 3 of 3 met")


def test_exit_code_1_means_that_a_criterion_was_missed(gameday: Gameday) -> None:
    code, out, _ = gameday("run", FLAGSHIP, "--treatment", "absent")
    assert code == 1
    assert out.splitlines()[1].startswith("MISSED")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "elevenlabs-intermitent"), 'did you mean "elevenlabs-intermittent"?'),
        (("run", "missing.yaml"), "missing.yaml"),
        (("run", FLAGSHIP, "--set", "duration=-5m"), "duration"),
        (("run", FLAGSHIP, "--set", "nothing=5m"), "nothing"),
        (("run", FLAGSHIP, "--seed", "many"), "many"),
        (("run", FLAGSHIP, "--treatment", "perfect"), "perfect"),
        (("check", "missing.yaml"), "missing.yaml"),
        (("schema", "rota"), "rota"),
        (("fly",), "fly"),
    ],
)
def test_exit_code_2_means_that_the_input_is_wrong(gameday: Gameday, words: tuple[str, ...], said: str) -> None:
    code, out, err = gameday(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_every_problem_of_a_file_is_told_at_once_with_its_place(gameday: Gameday, tmp_path: Path) -> None:
    path = copy_of(FLAGSHIP, tmp_path, ("on: elevenlabs", "on: elevenlab"), ("takes: 4m", "takes: soon"))
    code, _, err = gameday("check", path)
    lines = err.strip().splitlines()
    assert code == 2
    assert len(lines) == 2
    assert all(line.startswith(f"{path}:") for line in lines)
    assert any('did you mean "elevenlabs"?' in line for line in lines)


def test_a_rule_file_with_errors_is_an_error_of_the_input(gameday: Gameday, tmp_path: Path) -> None:
    code, _, err = gameday("run", FLAGSHIP, "--set", "HighErrorRate.expr=rate(http_requests_total)")
    assert code == 2
    assert "HighErrorRate.expr" in err or "expr" in err


def test_exit_code_3_means_that_the_drill_proves_nothing(gameday: Gameday, tmp_path: Path) -> None:
    harmless = ("error_ratio: {good: 0.02, bad: 0.60}", "error_ratio: {good: 0, bad: 0}")
    code, out, _ = gameday("run", copy_of(FLAGSHIP, tmp_path, harmless))
    assert code == 3
    assert out.splitlines()[1:3] == ["INVALID: this drill proves nothing", "  fault flapping never took effect"]


def test_exit_code_4_means_that_a_person_halted_it_and_nothing_is_left_running(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("gameday")
    words = [str(program), "run", FLAGSHIP, "--runs", "100000"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        for _ in range(600):  # Until the worker processes have begun.
            if len(children.read_text().split()) >= 1:
                break
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=30)  # Returns only when every worker has closed the pipe, too.
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert (process.returncode, err.strip()) == (4, "Halted.")


def test_exit_code_70_means_a_defect_of_the_program(gameday: Gameday, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bolt is loose")

    monkeypatch.setattr("drills.commands.play", broken)
    code, _, err = gameday("run", FLAGSHIP)
    assert code == 70
    assert "defect of gameday" in err
    assert "a bolt is loose" in err


def test_many_seeds_pass_when_their_rate_reaches_the_pass_rate(gameday: Gameday) -> None:
    words = (
        "run",
        FLAGSHIP,
        "--runs",
        "30",
        "--treatment",
        "ideal",
        "--set",
        "criteria.detected=null",
        "--format",
        "json",
    )
    code, out, _ = gameday(*words)
    card = json.loads(out)
    assert (code, card["runs"], card["invalid"], card["pass_rate"]) == (0, 30, 0, 1.0)
    assert card["criteria"]["mitigated"]["pass_rate"] == 1.0
    assert card["criteria"]["mitigated"]["interval_95"] == pytest.approx([0.886, 1.0], abs=0.001)
    assert card["measures"]["time_to_mitigate"]["p50_s"] <= card["measures"]["time_to_mitigate"]["p90_s"]
    code, _, _ = gameday("run", FLAGSHIP, "--runs", "30", "--treatment", "absent")
    assert code == 1


def test_check_shows_the_arithmetic_of_what_cannot_be_met_and_warns_of_contradictions(gameday: Gameday) -> None:
    code, out, _ = gameday("check", FLAGSHIP)
    assert code == 1
    assert "detected: HighErrorRate cannot page within 5:00: scrape and rate fill" in out
    assert "contradicts itself in 10 places" in out


def test_check_finds_nothing_where_an_alert_can_page_in_time(gameday: Gameday) -> None:
    code, out, _ = gameday("check", FLAGSHIP, "--set", "HighErrorRate.for=1m", "--format", "json")
    assert (code, json.loads(out)["checked"][0]["findings"]) == (0, [])


def test_check_says_when_applying_the_cure_alone_takes_too_long(gameday: Gameday) -> None:
    code, out, _ = gameday("check", FLAGSHIP, "--set", "criteria.mitigated.within=3m")
    assert code == 1
    assert "mitigated: applying fallback to text interface alone takes 4:00 of 3:00" in out


def test_check_takes_an_organisation_too_by_id_or_folder(gameday: Gameday, tmp_path: Path) -> None:
    shutil.copytree(LIBRARY.parent / "seiketsu", tmp_path / "ours")
    for reference in ("seiketsu", "ours"):
        code, out, _ = gameday("check", reference)
        assert code == 0
        assert "contradicts itself" in out


def test_check_tells_what_is_wrong_with_every_file(gameday: Gameday, tmp_path: Path) -> None:
    own = copy_of(FLAGSHIP, tmp_path, ("difficulty: 2", "difficulty: 9"))
    code, out, err = gameday("check", own, FLAGSHIP, "missing.yaml")
    assert (code, out) == (2, "")
    assert "difficulty" in err
    assert "missing.yaml" in err


def test_an_organisation_named_on_the_command_line_is_looked_for_in_this_folder(
    gameday: Gameday, tmp_path: Path
) -> None:
    shutil.copytree(LIBRARY.parent / "seiketsu", tmp_path / "ours")
    code, out, _ = gameday("run", FLAGSHIP, "--set", "organization=ours", "--format", "json")
    assert (code, json.loads(out)["organization"]) == (1, "seiketsu")


def test_drills_that_differ_are_kept_in_different_folders(gameday: Gameday, tmp_path: Path) -> None:
    for words in ((), ("--treatment", "ideal"), ("--set", "difficulty=3"), ("--seed", "2")):
        gameday("run", FLAGSHIP, *words)
    assert len(list((tmp_path / "reports").iterdir())) == 4


def test_output_that_nobody_reads_is_not_an_error_of_the_program(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("gameday")
    done = subprocess.run(
        f"{program} run {FLAGSHIP} --format json | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_verify_plays_every_seed_twice(gameday: Gameday) -> None:
    code, out, _ = gameday("verify", FLAGSHIP, "--seeds", "2")
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines()] == ["seed 1", "seed 2"]


def test_verify_names_the_first_record_that_differs(gameday: Gameday, monkeypatch: pytest.MonkeyPatch) -> None:
    from drills import commands

    real, calls = commands.play, []

    def unsteady(prepared: Any, seed: int, *words: Any, **named: Any) -> Any:
        journal = real(prepared, seed, *words, **named)
        calls.append(seed)
        if len(calls) == 2:
            journal.records[41]["at_ms"] += 1
        return journal

    monkeypatch.setattr(commands, "play", unsteady)
    code, out, _ = gameday("verify", FLAGSHIP, "--seeds", "1")
    assert code == 1
    assert "part at record 42" in out


def test_the_library_is_listed(gameday: Gameday) -> None:
    code, out, _ = gameday("list", "--format", "json")
    assert code == 0
    assert FLAGSHIP in [row["scenario"] for row in json.loads(out)]


def test_schemas_are_printed_for_editors(gameday: Gameday) -> None:
    for kind in ("scenario", "organization"):
        code, out, _ = gameday("schema", kind)
        assert code == 0
        jsonschema.Draft202012Validator.check_schema(json.loads(out))


def test_a_folder_that_cannot_be_written_is_told_without_a_traceback(gameday: Gameday, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    code, _, err = gameday("run", FLAGSHIP, "--report", "taken/reports")
    assert code == 2
    assert "cannot write to" in err
    assert "Traceback" not in err
