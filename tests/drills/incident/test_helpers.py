"""`slack-notify` and `pagerduty-trigger`: delivered once in the end, or told why not, with an exit code for each."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from drills.adapters import sender
from drills.adapters.exchange import HttpResponse
from drills.adapters.patience import LONGEST_WAIT_S
from drills.incident import helpers
from tests.drills.incident.tools import Tools

Run = Callable[..., tuple[int, str, str]]
PAGE = ("20250809-140000", "P1", "Voice is down")
TRIGGER = ("pagerduty-trigger", *PAGE)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one of the two: exit code, standard output, standard error. Nobody waits between two tries."""
    waited: list[float] = []
    monkeypatch.setattr(helpers, "_wait", waited.append)

    def run(program: str, *words: str, **environ: str) -> tuple[int, str, str]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", [program, *words])
        code: str | int | None = 0
        try:
            {"slack-notify": helpers.slack_notify_program, "pagerduty-trigger": helpers.pagerduty_trigger_program}[
                program
            ]()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out, printed.err

    run.waited = waited  # type: ignore[attr-defined]
    return run


def test_by_default_the_request_is_shown_without_its_secret_and_nothing_is_sent(run: Run) -> None:
    code, out, err = run("pagerduty-trigger", *PAGE)
    assert code == 0
    head, _, body = out.partition("\n")
    assert head == "POST https://events.pagerduty.com/v2/enqueue"
    assert json.loads(body)["routing_key"] == "(secret)"
    assert "GAMEDAY_CONFIRM=pager=events.pagerduty.com" in err


def test_a_message_and_a_page_reach_the_tools_in_their_formats(run: Run, tools: Tools) -> None:
    assert run("slack-notify", "#incidents", "🚨 INCIDENT", **tools.environ)[0] == 0
    code, out, _ = run("pagerduty-trigger", *PAGE)
    assert (code, out) == (0, "Delivered to pager at 127.0.0.1: INC-20250809-140000-page\n")
    assert [(tool, status) for tool, _, status in tools.received] == [("chat", 200), ("pager", 202)]
    assert (tools.received[0][1]["channel"], tools.received[0][1]["text"]) == ("#incidents", "🚨 INCIDENT")


@pytest.mark.parametrize("name", ["20250809-140000", "INC-20250809-140000"])
def test_triggering_the_same_incident_again_is_the_same_page(run: Run, tools: Tools, name: str) -> None:
    run("pagerduty-trigger", name, "P1", "Voice is down", **tools.environ)
    run("pagerduty-trigger", *PAGE)
    assert {event["dedup_key"] for event in tools.bodies("pager")} == {"INC-20250809-140000-page"}


def test_what_a_tool_does_not_take_is_sent_again_after_the_time_that_it_asks_for(run: Run, tools: Tools) -> None:
    answers = [HttpResponse(429, {"retry-after": "3"}, "{}"), HttpResponse(503, {}, "<html>")]
    tools.reply = lambda _: answers.pop(0) if answers else 200
    code, out, err = run("slack-notify", "#incidents", "text", **tools.environ)
    assert (code, out[:9]) == (0, "Delivered")
    assert run.waited == [3.0, 2.0]  # type: ignore[attr-defined]
    assert "try 1 of 3): 429" in err
    assert "try 2 of 3): 503" in err
    assert len({json.dumps(body) for body in tools.bodies("chat")}) == 1, "the same key every time"


@pytest.mark.parametrize(
    ("answer", "said", "tries"),
    [
        (HttpResponse(500, {}, "<html>"), "500", 3),
        (HttpResponse(202, {}, "not JSON"), "202: not JSON", 3),
        (HttpResponse(302, {"location": "http://10.0.0.1/"}, "moved"), "302", 3),
        (HttpResponse(429, {"retry-after": "86400"}, "{}"), "429", 3),
        (400, "400: Event object is invalid", 1),
    ],
)
def test_what_is_never_taken_ends_with_exit_code_1(
    run: Run, tools: Tools, answer: HttpResponse | int, said: str, tries: int
) -> None:
    if answer == 400:  # As the vendor has it, for a key that is none.
        run_with = {**tools.environ, "GAMEDAY_PAGER_TOKEN": "short"}
    else:
        tools.reply, run_with = lambda _: answer, tools.environ
    code, out, err = run("pagerduty-trigger", *PAGE, **run_with)
    assert (code, out, len(tools.received)) == (1, "", tries)
    assert said in err
    assert max(run.waited, default=0) <= LONGEST_WAIT_S  # type: ignore[attr-defined]


def test_an_error_that_slack_tells_with_status_200_is_not_repeated(run: Run, tools: Tools) -> None:
    tools.reply = lambda _: HttpResponse(200, {}, '{"ok": false, "error": "channel_not_found"}')
    code, _, err = run("slack-notify", "#nowhere", "text", **tools.environ)
    assert (code, len(tools.received)) == (1, 1)
    assert "channel_not_found" in err


def test_a_tool_that_does_not_answer_is_told(run: Run, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 0.001)
    tools.reply = lambda _: __import__("time").sleep(0.05) or 200
    code, _, err = run("slack-notify", "#incidents", "text", **tools.environ)
    assert code == 1
    assert "no answer: timed out" in err


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (("slack-notify", "#incidents"), {}, "Missing argument 'TEXT'"),
        (("slack-notify", "#incidents", ""), {}, "text: no text"),
        (("slack-notify", "#incidents", "a\udcffb"), {}, "U+DCFF"),
        (("pagerduty-trigger", "yesterday", "P1", "x"), {}, "not the id of an incident"),
        (("pagerduty-trigger", "20250809-140000", "P7", "x"), {}, 'expected "P0", "P1", "P2" or "P3"'),
        (TRIGGER, {"GAMEDAY_ORGANIZATION": "seiketsuu"}, 'did you mean "seiketsu"'),
        (TRIGGER, {"GAMEDAY_PAGER_URL": "https://example.org"}, "names another machine"),
        (TRIGGER, {"GAMEDAY_CONFIRM": "pager=example.org"}, "which was confirmed; nothing was sent"),
        (TRIGGER, {"GAMEDAY_CONFIRM": "pager=events.pagerduty.com"}, "needs a secret"),
        (TRIGGER, {"GAMEDAY_CONFIRM": "pager"}, "expected TOOL=HOST"),
    ],
)
def test_wrong_input_ends_with_exit_code_2_and_says_what_was_expected(
    run: Run, words: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    code, out, err = run(*words, **environ)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
