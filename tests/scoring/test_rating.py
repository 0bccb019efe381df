"""The rating below the verdict: letters with the rules that gave them, the score that shows its work, corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from drills.cli import cli
from drills.runner import play, prepare
from scenarios.problems import InputError
from scenarios.scenario import Task
from scoring.corrections import append_correction, corrected, read_corrections
from scoring.rating import LETTERS, OBJECTIVES, WEIGHTS, rating, rating_text, summed, timed
from scoring.scorecard import scorecard
from simulator.journal import Journal

DrillOf = Callable[..., Journal]


def result(status: str, value_s: float | None = None, limit_s: float | None = None, met: bool | None = None) -> Any:
    return {"status": status, "value_s": value_s, "limit_s": limit_s, "met": met, "evidence": [1, 2]}


@pytest.mark.parametrize(
    ("given_result", "letter", "share"),
    [
        (result("reached", 300, 300), "P", 1),
        (result("reached", 301, 300), "S", 299 / 300),
        (result("reached", 450, 300), "S", 0.5),
        (result("reached", 451, 300), "M", 149 / 300),
        (result("reached", 900, 300), "M", 0),
        (result("never", None, 300, met=False), "U", 0),
        (result("never", None, 300), None, None),
        (result("never"), "U", 0),
        (result("reached", 9e5), "P", 1),
        (result("unknown"), None, None),
        (result("not_applicable", None, 300), None, None),
        (result("reached", -20, 300), "P", 1),
        (result("reached", 1, 0), "M", 0),
    ],
)
def test_a_time_is_rated_against_its_limit(given_result: Any, letter: str | None, share: float | None) -> None:
    task = timed("detected", given_result)
    assert task.letter == letter
    assert (None if task.share is None else float(task.share)) == (None if share is None else pytest.approx(share))


def test_weights_sum_to_a_hundred_and_every_task_belongs_to_one_objective() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert sorted(name for names in OBJECTIVES.values() for name in names) == sorted(WEIGHTS)
    assert sorted(Task.__args__) == sorted(WEIGHTS)  # type: ignore[attr-defined]


def test_the_drill_has_the_worst_letter_and_each_objective_says_why(drill: DrillOf) -> None:
    rated = scorecard(drill())["rating"]
    order = list(LETTERS)
    assert rated["letter"] == max((one["letter"] for one in rated["objectives"]), key=order.index)
    lines = {line["task"]: line for line in rated["lines"]}
    for one in rated["objectives"]:
        letters = [lines[name]["letter"] for name in one["tasks"] if lines[name]["letter"]]
        assert one["letter"] == max(letters, key=order.index)
        assert any(lines[name]["rule"] in one["rule"] for name in one["tasks"])


def test_the_score_is_the_points_over_the_weights_of_what_could_be_judged(drill: DrillOf) -> None:
    rated = scorecard(drill(without=["cause_identified", "incident_resolved"]))["rating"]
    judged = [line for line in rated["lines"] if line["points"] is not None]
    assert rated["of"] == sum(line["weight"] for line in judged)
    assert rated["score"] == pytest.approx(100 * sum(line["points"] for line in judged) / rated["of"], abs=0.05)
    assert rated["missing"] == [line["task"] for line in rated["lines"] if line["points"] is None and line["weight"]]


def test_a_scenarios_own_weights_and_objectives_count(drill: DrillOf) -> None:
    journal = drill()
    journal.header["rating"] = {"weights": {"detected": 3, "mitigated": 1}, "objectives": {"See it": ["detected"]}}
    rated = rating(scorecard(journal), journal)
    assert (rated["of"], [one["objective"] for one in rated["objectives"]]) == (4, ["See it"])
    assert "harm" not in " ".join(rating_text(rated)).split("SCORE")[1]


LINES = st.fixed_dictionaries(
    {
        name: st.tuples(st.sampled_from([*LETTERS, None]), st.integers(0, 50), st.integers(0, 4))
        for name in list(WEIGHTS)[:6]
    }
)


@given(LINES)
def test_the_score_stays_within_0_and_100_and_only_what_was_judged_counts(drawn: dict[str, Any]) -> None:
    lines = {
        name: {
            "task": name,
            "letter": letter,
            "weight": weight,
            "share": None if letter is None else quarter / 4,
            "rule": "r",
            "evidence": [],
        }
        for name, (letter, weight, quarter) in drawn.items()
    }
    rated = summed(lines, None)
    assert rated["score"] is None or 0 <= rated["score"] <= 100
    assert (rated["score"] is None) == (rated["of"] == 0)


# Corrections.

CORRECTION = {
    "at": "2025-08-10T09:00:00Z",
    "task": "assembled",
    "letter": "S",
    "author": "Ada",
    "reason": "late invite",
}


def test_a_correction_changes_the_corrected_rating_and_leaves_the_other(drill: DrillOf, tmp_path: Path) -> None:
    card = scorecard(drill())
    before = json.dumps(card["rating"])
    append_correction(tmp_path / "c.jsonl", {**CORRECTION, "letter": "U"})
    append_correction(tmp_path / "c.jsonl", CORRECTION)
    after = corrected(card["rating"], read_corrections(tmp_path / "c.jsonl"), None)
    assert json.dumps(card["rating"]) == before
    line = next(line for line in after["lines"] if line["task"] == "assembled")
    assert (line["letter"], line["share"], "Ada" in line["rule"]) == ("S", 0.75, True)
    assert [one["letter"] for one in after["corrections"]] == ["U", "S"]


@pytest.mark.parametrize(
    "change", [{"letter": "A"}, {"task": "tidiness"}, {"author": " "}, {"reason": ""}, {"at": "now"}, {"at": None}]
)
def test_a_correction_that_says_too_little_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        append_correction(tmp_path / "c.jsonl", {**CORRECTION, **change})
    assert not (tmp_path / "c.jsonl").exists()


def test_a_damaged_file_of_corrections_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    append_correction(file, CORRECTION)
    file.write_text(file.read_text() + "nonsense\n")
    with pytest.raises(InputError, match=r"c.jsonl:2:1"):
        read_corrections(file)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, words)])


def test_the_command_line_shows_both_scores(tmp_path: Path) -> None:
    journal = play(prepare("elevenlabs-intermittent"), 1, wired=False)
    (tmp_path / "journal.jsonl").write_text(journal.text(), encoding="utf-8")
    told = ["--task", "assembled", "--letter", "P", "--author", "Ada", "--reason", "they sat in one room"]
    assert run("correct", tmp_path, *told).exit_code == 0
    shown = run("score", tmp_path).stdout
    assert "RATING  M" in shown
    assert "CORRECTED  S" in shown
    assert "they sat in one room" in shown
    card = json.loads(run("score", tmp_path, "--format", "json").stdout)
    assert card["corrected"]["score"] > card["rating"]["score"]
