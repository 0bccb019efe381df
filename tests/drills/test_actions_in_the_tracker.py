"""Accepted action items in the tracker: each created once in the end or told as failed; key kept, state read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from drills import tracking
from tests.drills.test_store_commands import FLAGSHIP, SHARED, Gameday, gameday  # noqa: F401 - a fixture

HOST = "seiketsu.atlassian.net"
ITEMS = """action_items:
  - {id: AI-1, title: "Circuit breaker", owner: backend-team, priority: high, due_date: 2025-08-16, status: proposed,
     incident: INC-20250809-140000, scenario: elevenlabs-intermittent}
  - {id: AI-2, title: "Alert on the rate limit", owner: devops-team, priority: critical, due_date: 2025-08-20,
     status: proposed}
"""


class Jira:
    """Issues by key, as Jira Cloud keeps them; `next` are answers to be given before it does what it is asked."""

    def __init__(self) -> None:
        self.issues: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.next: list[httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]] = []

    def move(self, key: str, category: str) -> None:
        self.issues[key]["status"] = {"name": "Whatever", "statusCategory": {"key": category}}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {'t' * 8}"
        path = request.url.path.removeprefix("/rest/api/3")
        self.asked.append(f"{request.method} {path}")
        if self.next:
            told = self.next.pop(0)
            if isinstance(told, Exception):
                raise told
            return told if isinstance(told, httpx.Response) else told(request)
        return self.do(request)

    def do(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert request.url.params["fields"] == "status"
            key = request.url.path.rsplit("/", 1)[1]
            if key not in self.issues:
                return httpx.Response(404, json={"errorMessages": ["Issue does not exist"], "errors": {}})
            return httpx.Response(200, json=self.shown(key))
        body = json.loads(request.content)
        if request.url.path.endswith("/search/jql"):
            (label,) = re.findall(r'^labels = "([A-Za-z0-9-]+)"$', body["jql"])
            keys = [key for key, fields in self.issues.items() if label in fields["labels"]]
            return httpx.Response(200, json={"issues": [self.shown(key) for key in keys], "isLast": True})
        key = f"INC-{len(self.issues) + 1}"
        self.issues[key] = body["fields"]
        self.move(key, "new")
        return httpx.Response(201, json={"id": "10000", "key": key, "self": f"https://{HOST}/issue/10000"})

    def shown(self, key: str) -> dict[str, Any]:
        return {"id": "10000", "key": key, "fields": {"status": self.issues[key]["status"]}}


@pytest.fixture
def jira(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jira]:
    """Jira behind respx, confirmed by name, and nobody who really waits."""
    made = Jira()
    monkeypatch.setenv("GAMEDAY_CONFIRM", f"tracker={HOST}")
    monkeypatch.setenv("GAMEDAY_TRACKER_TOKEN", "t" * 8)
    with respx.mock(base_url=f"https://{HOST}", assert_all_called=False) as router:
        router.route(path__startswith="/rest/api/3/").mock(side_effect=made.answer)
        yield made


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    whole = tracking.Tracker.__init__.__kwdefaults__
    monkeypatch.setitem(whole, "wait", waited.append)
    return waited


@pytest.fixture
def items(gameday: Gameday, tmp_path: Any) -> Gameday:  # noqa: F811
    """A store with two proposals."""
    (tmp_path / "items.yaml").write_text(ITEMS)
    assert gameday("actions", "import", "items.yaml")[0] == 0
    return gameday


def rows(run: Gameday) -> dict[str, dict[str, Any]]:
    found = json.loads(run("actions", "list", "--format", "json")[1])["action_items"]
    return {row["id"]: row for row in found}


def test_an_accepted_item_is_created_in_the_tracker_and_its_key_kept(items: Gameday, jira: Jira) -> None:
    code, out, err = items("actions", "accept", "AI-1")
    assert (code, err) == (0, "")
    assert out.endswith("(created as INC-1)\n")
    fields = jira.issues["INC-1"]
    assert fields["summary"] == "Circuit breaker"
    assert (fields["project"], fields["issuetype"]) == ({"key": "INC"}, {"name": "Task"})
    assert (fields["priority"], fields["duedate"]) == ({"name": "High"}, "2025-08-16")
    told = [line["content"][0]["text"] for line in fields["description"]["content"]]
    assert told == [
        "Circuit breaker",
        "Owner: backend-team",
        "From INC-20250809-140000",
        "Tested again by: gameday run elevenlabs-intermittent",
    ]
    found = rows(items)
    assert (found["AI-1"]["status"], found["AI-1"]["ticket"]) == ("todo", "INC-1")
    assert (found["AI-2"]["status"], "ticket" in found["AI-2"]) == ("proposed", False)


def test_the_state_of_an_issue_is_read_back(items: Gameday, jira: Jira) -> None:
    """Through states that do not follow from one another, too; a proposal is nothing to the tracker."""
    items("actions", "accept", "AI-1")
    for category, status in (("indeterminate", "in_progress"), ("done", "done"), ("new", "todo"), ("done", "done")):
        jira.move("INC-1", category)
        assert items("actions", "sync")[0] == 0
        row = rows(items)["AI-1"]
        assert (row["status"], "completed_on" in row) == (status, status == "done")
    assert list(jira.issues) == ["INC-1"]


def test_what_was_dropped_here_is_not_asked_about(items: Gameday, jira: Jira) -> None:
    items("actions", "accept", "AI-1")
    items("actions", "set", "AI-1", "--status", "dropped")
    jira.asked.clear()
    assert items("actions", "sync") == (0, "", "")
    assert jira.asked == []


def test_too_many_requests_are_waited_for_as_long_as_the_tracker_asks(
    items: Gameday, jira: Jira, waits: list[float]
) -> None:
    jira.next = [httpx.Response(429, headers={"Retry-After": "7"}, json={"errorMessages": ["Rate limit"]})]
    assert items("actions", "accept", "AI-1")[0] == 0
    assert waits == [7.0]
    assert list(jira.issues) == ["INC-1"]


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("timed out"),
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(201, text="ok"),
    ],
    ids=["a timeout", "a server error", "a reply that is not JSON"],
)
def test_an_issue_whose_creation_was_not_answered_is_found_and_not_made_twice(
    items: Gameday, jira: Jira, waits: list[float], lost: httpx.Response | Exception
) -> None:
    def made_and_lost(request: httpx.Request) -> httpx.Response:
        jira.do(request)
        if isinstance(lost, Exception):
            raise lost
        return lost

    jira.next = [jira.do, made_and_lost]
    assert items("actions", "accept", "AI-1")[0] == 0
    assert list(jira.issues) == ["INC-1"]
    assert rows(items)["AI-1"]["ticket"] == "INC-1"
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("answer", "tries", "said"),
    [
        (
            httpx.Response(400, json={"errorMessages": [], "errors": {"priority": "not valid"}}),
            1,
            "400: priority: not valid",
        ),
        (httpx.Response(401, text="no"), 1, "401: no"),
        (httpx.Response(503, json={"errorMessages": ["Down"]}), 3, "503: Down"),
        (httpx.Response(500, text="<html>"), 3, "500: <html>"),
        (httpx.ConnectTimeout("timed out"), 3, "no answer: timed out"),
        (httpx.Response(200, text="<html>"), 1, "200: <html>"),
        (httpx.Response(200, json=[]), 1, "200: []"),
        (httpx.Response(200, json={"issues": ["?"]}), 1, "names no issue with a status that is known"),
    ],
)
def test_what_the_tracker_does_not_take_stays_accepted_and_is_told_and_tried_again_by_sync(
    items: Gameday, jira: Jira, waits: list[float], answer: httpx.Response | Exception, tries: int, said: str
) -> None:
    jira.next = [answer] * tries
    code, out, err = items("actions", "accept", "AI-1", "AI-2")
    assert code == 1
    assert f"AI-1: {HOST} did not say: " in err
    assert said in err
    assert (len(waits), jira.next) == (tries - 1, [])
    assert "AI-2" in out, "the others are not held up"
    assert rows(items)["AI-1"]["status"] == "todo"
    assert items("actions", "sync")[0] == 0
    assert {row["ticket"] for row in rows(items).values()} == {"INC-1", "INC-2"}


def test_an_issue_that_is_gone_is_told_and_changes_nothing(items: Gameday, jira: Jira) -> None:
    items("actions", "accept", "AI-1")
    jira.issues.clear()
    code, _, err = items("actions", "sync")
    assert (code, "404: Issue does not exist" in err) == (1, True)
    assert rows(items)["AI-1"]["ticket"] == "INC-1"


def test_an_issue_that_was_moved_is_known_by_its_new_key(items: Gameday, jira: Jira) -> None:
    items("actions", "accept", "AI-1")
    moved = jira.shown("INC-1") | {"key": "OPS-4"}
    jira.next = [httpx.Response(200, json=moved)]
    items("actions", "sync")
    assert rows(items)["AI-1"]["ticket"] == "OPS-4"


def test_without_a_confirmation_nothing_is_sent_and_the_request_shown(
    items: Gameday, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GAMEDAY_CONFIRM")
    code, out, err = items("actions", "accept", "AI-1")
    assert (code, jira.asked) == (0, [])
    assert f"POST https://{HOST}/rest/api/3/issue" in out
    assert f"--confirm tracker={HOST}" in err
    assert rows(items)["AI-1"]["status"] == "todo"


def test_only_what_was_proposed_or_dropped_can_be_accepted_and_all_of_it_or_nothing(items: Gameday, jira: Jira) -> None:
    items("actions", "set", "AI-2", "--status", "todo")
    items("actions", "set", "AI-2", "--status", "done")
    code, out, err = items("actions", "accept", "AI-1", "AI-2", "AI-9")
    assert (code, out, jira.asked) == (2, "", [])
    assert "AI-2 is done and cannot become todo" in err
    assert 'no action item "AI-9"' in err
    assert rows(items)["AI-1"]["status"] == "proposed"


def test_what_a_review_proposes_is_taken_in_once_and_names_the_scenario_that_tests_it_again(
    gameday: Gameday,  # noqa: F811
) -> None:
    gameday("run", FLAGSHIP, "--report", "drill")
    assert gameday("actions", "propose", "drill")[0] == 0
    found = rows(gameday)
    assert found
    assert {(row["status"], row["scenario"]) for row in found.values()} == {("proposed", FLAGSHIP)}
    assert all(row["incident"].startswith("INC-20250809-") for row in found.values())
    assert gameday("actions", "propose", "drill") == (0, "", "")
    assert rows(gameday) == found


@pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's files are not beside this repository")
def test_the_procedures_own_items_get_issues_by_their_state(gameday: Gameday, jira: Jira) -> None:  # noqa: F811
    gameday("actions", "import", str(SHARED / "action-items.yaml"))
    jira.asked.clear()
    assert gameday("actions", "sync")[0] == 0
    assert {fields["summary"] for fields in jira.issues.values()} == {
        "Implement circuit breaker for ElevenLabs API",
        "Add alerting for API rate limit approaching",
        "Update incident response training materials",
    }
    assert rows(gameday)["AI-001"]["status"] == "in_progress", "an issue that was only just made says nothing of it"
