"""The commands about the store: what they print, what they refuse, and what `gameday run` leaves behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drills import cli
from scoring.monthly import DEFINITIONS

SHARED = Path(__file__).parents[3] / "shared" / "procedure"
FLAGSHIP = "elevenlabs-intermittent"
LOG = """organization: seiketsu
incidents:
  - id: INC-1
    title: Login fails
    severity: P1
    created_at: 2025-08-03T02:15:00Z
    first_response_at: 2025-08-03T02:24:00Z
    resolved_at: 2025-08-03T07:05:00Z
    impact: []
"""

Gameday = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gameday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gameday:
    """Run a command in an empty folder, without a store in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAMEDAY_STORE", raising=False)

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


def test_a_run_is_indexed_where_a_store_is_named_and_nowhere_else(
    gameday: Gameday, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By option or environment; the same drill twice is one."""
    assert gameday("run", FLAGSHIP)[0] == 1
    assert not list(tmp_path.glob("*.sqlite"))
    gameday("run", FLAGSHIP, "--store", "mine.sqlite")
    monkeypatch.setenv("GAMEDAY_STORE", "mine.sqlite")
    code, out, _ = gameday("run", FLAGSHIP, "--seed", "2", "--format", "json")
    assert json.loads(out)["seed"] == 2
    gameday("run", FLAGSHIP)
    code, out, _ = gameday("store", "list", "--format", "json")
    rows = json.loads(out)
    assert (code, sorted(row["seed"] for row in rows)) == (0, [1, 2])
    assert all(Path(row["path"]).name == "journal.jsonl" and Path(row["path"]).exists() for row in rows)


def test_a_store_that_cannot_be_used_stops_a_run_before_it_plays(gameday: Gameday, tmp_path: Path) -> None:
    code, out, err = gameday("run", FLAGSHIP, "--store", "mysql://host/db")
    assert (code, out) == (2, "")
    assert "expected the path of an SQLite file" in err
    assert not (tmp_path / "reports").exists()


def test_a_month_of_real_incidents_in_json_has_all_it_defines(gameday: Gameday, tmp_path: Path) -> None:
    """Drills are reported only if asked."""
    (tmp_path / "incidents.yaml").write_text(LOG)
    gameday("run", FLAGSHIP, "--report", "drill")
    assert gameday("store", "add", ".")[1] == "gameday.sqlite: 1 drill and 1 real incident indexed\n"
    code, out, _ = gameday("report", "month", "2025-08", "--format", "json", "--at", "2025-08-31")
    document = json.loads(out)
    assert (code, document["of"], document["totalIncidents"], document["mttr"]) == (0, "incidents", 1, 290.0)
    assert document["at"] == "2025-09-01T00:00:00+00:00"
    assert set(DEFINITIONS) <= set(document)
    drills = json.loads(gameday("report", "month", "2025-08", "--format", "json", "--drills")[1])
    assert (drills["of"], drills["totalIncidents"], drills["topRootCauses"]) == ("drills", 1, ["ElevenLabs API"])
    code, out, _ = gameday("report", "month", "2025-08", "--format", "html", "--output", "out/month.html")
    assert (code, out) == (0, "")
    assert (tmp_path / "out" / "month.html").read_text().startswith("<!doctype html>")
    assert gameday("report", "month", "2025-08")[1].startswith("Seiketsu AI · incidents of 2025-08 · as of ")


def test_answers_of_a_survey_become_the_satisfaction_of_the_month(gameday: Gameday, tmp_path: Path) -> None:
    """An answer that comes twice counts once."""
    (tmp_path / "incidents.yaml").write_text(LOG)
    gameday("store", "add", ".")
    answers = "Response,When,Incident,Satisfied\r\n1,today,INC-1,Yes\r\n2,today,INC-1,no\r\n\r\n"
    (tmp_path / "survey.csv").write_text(answers)
    for _ in range(2):
        assert gameday("ratings", "import", "survey.csv")[:2] == (0, "gameday.sqlite: 2 answers taken in\n")
    found = json.loads(gameday("report", "month", "2025-08", "--format", "json")[1])["satisfaction"]
    assert (found["share"], found["answers"], found["met"]) == (0.5, 2, False)


def test_a_survey_with_errors_is_refused_line_by_line(gameday: Gameday, tmp_path: Path) -> None:
    (tmp_path / "incidents.yaml").write_text(LOG)
    gameday("store", "add", ".")
    (tmp_path / "survey.csv").write_text("response,incident,satisfied\n1,INC-2,yes\n1,INC-1,maybe\n,INC-1,no\n")
    code, out, err = gameday("ratings", "import", "survey.csv")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'survey.csv:2:1: incident: the store knows no incident "INC-2"; did you mean "INC-1"?',
        'survey.csv:3:1: response: "1" stands in line 2 already',
        'survey.csv:3:1: satisfied: got "maybe" (expected yes or no)',
        "survey.csv:4:1: response: missing (expected the id of the answer)",
    ]
    for text, said in (("a,b\n", "missing response, incident, satisfied"), ("", "missing response"), ('"a', "not CSV")):
        (tmp_path / "survey.csv").write_text(text)
        code, _, err = gameday("ratings", "import", "survey.csv")
        assert (code, said in err) == (2, True), err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's files are not beside this repository")
def test_the_procedures_action_items_go_in_and_come_out(gameday: Gameday, tmp_path: Path) -> None:
    """Unchanged in, changed in state, out again and in again; overdue ones are listed."""
    code, out, _ = gameday("actions", "import", str(SHARED / "action-items.yaml"))
    assert (code, out) == (0, "gameday.sqlite: 3 action items taken in\n")
    late = gameday("actions", "list", "--overdue", "--at", "2025-08-21")[1].splitlines()
    assert [line.split()[0] for line in late] == ["AI-001", "AI-002"]
    assert late[0].endswith("overdue by 5 days")
    assert gameday("actions", "set", "AI-001", "AI-003", "--status", "done", "--scenario", FLAGSHIP)[0] == 0
    assert gameday("actions", "export", "items.yaml")[0] == 0
    assert gameday("actions", "import", "items.yaml", "--store", "other.sqlite")[0] == 0
    rows = json.loads(gameday("actions", "list", "--format", "json", "--store", "other.sqlite")[1])["action_items"]
    assert [(row["id"], row["status"], row.get("scenario")) for row in rows] == [
        ("AI-001", "done", FLAGSHIP),
        ("AI-002", "todo", None),
        ("AI-003", "done", FLAGSHIP),
    ]
    assert all(("completed_on" in row) == (row["status"] == "done") for row in rows)
    assert gameday("actions", "export", "--store", "other.sqlite")[1] == (tmp_path / "items.yaml").read_text()


def test_an_item_that_cannot_go_there_is_refused_and_nothing_changes(gameday: Gameday, tmp_path: Path) -> None:
    (tmp_path / "items.yaml").write_text(
        """action_items:
  - {id: AI-1, title: A, owner: a, priority: low, due_date: 2025-08-16, status: dropped}
  - {id: AI-2, title: B, owner: b, priority: low, due_date: 2025-08-16, status: todo}
"""
    )
    gameday("actions", "import", "items.yaml")
    code, out, err = gameday("actions", "set", "AI-2", "AI-1", "AI-9", "--status", "done")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'AI-1 is dropped and cannot become done (expected "todo")',
        'the store has no action item "AI-9"; did you mean "AI-2"?',
    ]
    assert "done" not in gameday("actions", "list")[1]


def test_an_item_taken_in_again_keeps_its_ticket_and_the_day_it_was_done(gameday: Gameday, tmp_path: Path) -> None:
    text = "action_items:\n  - {id: AI-1, title: A, owner: a, priority: low, due_date: 2025-08-16, status: done%s}\n"
    (tmp_path / "items.yaml").write_text(text % ", completed_on: 2025-08-10, ticket: INC-7")
    gameday("actions", "import", "items.yaml")
    (tmp_path / "items.yaml").write_text(text % "")
    gameday("actions", "import", "items.yaml")
    (row,) = json.loads(gameday("actions", "list", "--format", "json")[1])["action_items"]
    assert (row["completed_on"], row["ticket"]) == ("2025-08-10", "INC-7")


def test_names_and_trainings_are_kept_and_reported(gameday: Gameday) -> None:
    """A name that was deleted leaves the id."""
    gameday("people", "name", "alice.engineer", "Alice Example")
    assert gameday("people", "trained", "annual_training", "alice.engineer", "--on", "2024-01-15")[0] == 0
    document = json.loads(gameday("report", "program", "--at", "2025-08-31", "--format", "json")[1])
    assert document["expired"] == [{"person": "alice.engineer", "program": "annual_training"}]
    assert "Alice Example" in gameday("report", "program")[1]
    assert "Alice Example" in gameday("people", "list")[1]
    assert gameday("people", "forget", "alice.engineer")[1] == "alice.engineer: name deleted\n"
    assert gameday("people", "forget", "alice.engineer")[1] == "alice.engineer: no name is known\n"
    assert "Alice Example" not in gameday("report", "program")[1]
    assert gameday("people", "list", "--format", "json")[1] == "{}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "month", "August"), "expected a month such as 2025-08"),
        (("report", "month", "2025-13"), "expected a month such as 2025-08"),
        (("report", "month", "2025-08"), "there is no such file"),
        (("report", "month", "2025-08", "--at", "soon"), "expected a date such as 2025-08-16"),
        (("report", "program", "--organization", "seiketsi"), 'did you mean "seiketsu"?'),
        (("store", "add"), "Missing argument"),
        (("store", "add", "nowhere"), "nowhere: there is no such file or folder"),
        (("store", "rebuild", "."), "no journal and no incident log"),
        (("actions", "import", "missing.yaml"), "missing.yaml: there is no such file"),
        (("actions", "set", "AI-1", "--status", "finished"), "finished"),
        (("people", "trained", "yoga", "mallory"), 'unknown training "yoga"'),
        (("ratings", "import", "missing.csv"), "there is no such file"),
    ],
)
def test_bad_input_is_refused_in_words(gameday: Gameday, words: tuple[str, ...], said: str) -> None:
    code, out, err = gameday(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's files are not beside this repository")
def test_an_item_that_takes_anothers_place_says_whose(gameday: Gameday, tmp_path: Path) -> None:
    """Two files may number their items alike."""
    items = (SHARED / "action-items.yaml").read_text()
    assert gameday("actions", "import", str(SHARED / "action-items.yaml"))[0] == 0
    (tmp_path / "other.yaml").write_text(items.replace("Implement circuit breaker", "Try a circuit breaker"))
    _, out, _ = gameday("actions", "import", "other.yaml")
    assert out.splitlines()[1:] == ["  AI-001 was: Implement circuit breaker for ElevenLabs API"]
