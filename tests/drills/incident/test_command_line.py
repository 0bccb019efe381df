"""`gameday incident …`: what is typed, what is printed, and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drills import cli
from drills.incident import command_line
from drills.incident.view import COMMANDS, allowed
from drills.response.states import TRANSITIONS
from tests.drills.incident.sequence import TOLD
from tests.drills.incident.tools import Tools

Gameday = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gameday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gameday:
    """Run `gameday incident …` as alice in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAMEDAY_PERSON", "alice.engineer")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gameday", "incident", *words])
        code: str | int | None = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out, printed.err

    return run


def test_an_incident_from_declaration_to_resolution(gameday: Gameday) -> None:
    code, out, err = gameday("declare", "P1", "Voice is down")
    assert (code, err) == (0, "")
    assert "not sent (dry run): page charlie.manager [P1, role commander]" in out
    assert out.splitlines()[-1].startswith("  allowed now: ack, do tick, join, update, do change_severity, investigate")
    for words in (
        ("join", "technical_lead"),
        ("ack",),
        ("investigate",),
        ("identify", "elevenlabs"),
        ("mitigate", "fallback_to_text_interface", "--playbook", "voice_ai_failure"),
        ("update", *TOLD, "--next", "15m"),
        ("update", "component=Voice", "eta=10 minutes", "--to", "customers"),
        ("mitigate", "fallback_to_text_interface", "--done"),
        ("monitor",),
        ("verify", "failed"),
        ("monitor",),
        ("verify", "passed"),
        ("resolve",),
        ("reopen", "--as", "bob.engineer"),
    ):
        code, out, err = gameday(*words)
        assert (code, err) == (0, ""), words
    _, out, _ = gameday("show", "--format", "json")
    (found,) = json.loads(out)
    assert (found["status"], found["roles"]) == ("investigating", {"technical_lead": "alice.engineer"})


def test_every_action_of_the_workflow_has_a_command() -> None:
    actions = {step.split()[0] for _, step in TRANSITIONS} - {"signal", "close"}
    assert set(COMMANDS) <= actions, "no command is for an action that there is not"
    typed = {words.split()[0] for words in allowed(actions).split(", ")}
    assert typed <= set(command_line.incident.commands)


def test_an_action_without_a_command_of_its_own_is_taken_by_its_name(gameday: Gameday) -> None:
    gameday("declare", "P2", "Dashboard slow")
    assert gameday("do", "join", "role=commander")[0] == 0
    words = ("audience=internal", "status=investigating", *TOLD, "next_update_by_ms=900000")
    assert gameday("do", "update", *words)[0] == 0
    for words, said in (
        (("do", "fly"), "there is no action fly; allowed now: ack"),
        (("do", "join", "role"), "expected NAME=VALUE"),
        (("do", "join", "role=NaN"), "cannot be kept"),
        (("do", "join", 'role="\\ud800"'), "cannot be kept"),
        (("do", "join", "role=a\udcff"), "U+DCFF"),
        (("do", "join", "role=[1]"), "join needs a role"),
    ):
        code, out, err = gameday(*words)
        assert (code, out, said in err) == (2, "", True), err


def test_an_act_that_is_not_allowed_says_what_is_and_ends_with_exit_code_2(gameday: Gameday) -> None:
    gameday("declare", "P2", "Dashboard slow", "--format", "json")
    code, out, err = gameday("resolve")
    assert (code, out) == (2, "")
    assert (
        "cannot resolve while the incident is declared; "
        "allowed now: ack, do tick, join, update, do change_severity, investigate" in err
    )
    for words, said in (
        (("ack", "--as", "heidi.success"), "heidi.success has no page to acknowledge"),
        (("join", "pilot"), "there is no role pilot"),
        (("mitigate", "restart", "--done"), "cannot finish_mitigation while"),
    ):
        code, _, err = gameday(*words)
        assert (code, said in err, "allowed now: " in err) == (2, True, True), err
    gameday("join", "commander")
    code, _, err = gameday("join", "commander", "--as", "bob.engineer")
    assert (code, "commander is taken by alice.engineer" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("declare", "P9", "x"), 'expected "P0", "P1", "P2" or "P3"'),
        (("declare", "P1", " "), "title: no text"),
        (("declare", "P1", "a\udcff"), "U+DCFF"),
        (("declare", "P1"), "Missing argument 'TITLE'"),
        (("declare", "P1", "x", "--organization", "acme"), 'unknown organization "acme"'),
        (("declare", "P1", "x", "--confirm", "pager=example.org"), "which was confirmed"),
        (("declare", "P1", "x", "--folder", "taken/here"), "cannot be written"),
        (("ack",), "there is no open incident in incidents"),
        (("ack", "--incident", "INC-20250809-140000"), "there is no incident INC-20250809-140000"),
        (("ack", "--incident", "../x"), "not the id of an incident"),
        (("show", "x"), "not the id of an incident"),
        (("update", "--next", "soon"), "--next: expected a duration"),
        (("verify", "maybe"), "'maybe' is not one of"),
        (("serve", "--host", "0.0.0.0"), "confirm that with --listen 0.0.0.0"),
        (("serve", "--host", "0.0.0.0", "--listen", "127.0.0.1"), "confirm that with --listen 0.0.0.0"),
        (("serve",), "expected it in API_TOKEN"),
    ],
)
def test_wrong_input_ends_with_exit_code_2_and_leaves_nothing_behind(
    gameday: Gameday, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.delenv("API_TOKEN", raising=False)
    code, out, err = gameday(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_with_two_open_incidents_one_has_to_be_named(gameday: Gameday) -> None:
    for title in ("Voice is down", "Login fails"):
        gameday("declare", "P3", title)
    code, _, err = gameday("investigate")
    assert (code, "say which incident with --incident: INC-" in err) == (2, True)
    names = [line.split()[0] for line in gameday("show")[1].splitlines()]
    assert gameday("investigate", "--incident", names[1])[0] == 0
    assert [line.split()[2] for line in gameday("show")[1].splitlines()] == ["declared:", "investigating:"]


def test_somebody_who_is_not_on_the_list_may_declare_and_is_told_of_a_likely_slip(gameday: Gameday) -> None:
    code, _, err = gameday("declare", "P3", "Typing error", "--as", "alice.enginer")
    assert code == 0
    assert err == 'note: "alice.enginer" is not one of the organisation\'s people; did you mean "alice.engineer"?\n'


def test_a_command_that_could_not_be_delivered_is_told_with_exit_code_1_and_the_incident_stands(
    gameday: Gameday, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.reply = lambda tool: 503 if tool == "chat" else 200
    for name, value in tools.environ.items():
        monkeypatch.setenv(name, value)
    code, out, err = gameday("declare", "P2", "Dashboard slow")
    assert code == 1
    assert "FAILED: post in #incident-response" in out
    assert "by the next command" in err
    assert gameday("show")[1].split()[2] == "declared:"


def test_asking_sends_only_where_the_host_was_typed(
    gameday: Gameday, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chat is on loopback and needs no word; the pager's host is typed wrong, so nothing is done at all."""
    monkeypatch.setenv("GAMEDAY_CHAT_URL", tools.environ["GAMEDAY_CHAT_URL"])
    asked: list[str] = []
    monkeypatch.setattr("click.prompt", lambda text, **_: asked.append(text) or "")
    assert gameday("declare", "P3", "Typing error", "--ask")[0] == 0
    assert [text.split("?")[0] for text in asked] == [
        f"Send to {name}" for name in ("pager", "tracker", "status_page", "email", "in_app")
    ]
    assert [tool for tool, _, _ in tools.received] == ["chat"]
    monkeypatch.setattr("click.prompt", lambda text, **_: "yes" if "pager" in text else "")
    code, _, err = gameday("declare", "P3", "Another typing error", "--ask")
    assert (code, 'not at "yes", which was confirmed; nothing was sent' in err) == (2, True)
    assert len(gameday("show")[1].splitlines()) == 1
