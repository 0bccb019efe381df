"""Each adapter's request and its reading of the answer, against the vendors' formats."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import httpx
import pytest

from drills.adapters import chat, pager, status_page, tracker, vendors
from drills.adapters.exchange import PLACEHOLDER_TOKEN, Context, HttpRequest, HttpResponse, shorten
from drills.adapters.sender import Sender
from scenarios.organization import Tool

TOOL = Tool(service="tool", url="https://tool.example.org/api/", options={"project": "OPS", "page_id": "abc123"})
CONTEXT = Context(PLACEHOLDER_TOKEN, "harbour-1", "Seiketsu AI", ("P0", "P1", "P2", "P3", "P4", "P5"))
PAGE = {"key": "page-1", "to": "ann", "summary": "Voice\nis down", "severity": "P1", "reason": "escalation level 1"}
POST = {"key": "post-1", "channel": "#incidents", "text": "Declared"}
TICKET = {"key": "open_ticket-1", "title": "Voice is down", "severity": "P0", "text": "First.\n\nSecond."}
PUBLISH = {"key": "publish-1", "status": "identified", "text": "Found it.", "impact": "major"}


def answer(status: int, body: Any, **headers: str) -> HttpResponse:
    return HttpResponse(status, headers, body if isinstance(body, str) else json.dumps(body))


def test_a_page_is_a_trigger_event_under_the_commands_key() -> None:
    request = pager.request(PAGE, TOOL, CONTEXT)
    assert (request.method, request.url) == ("POST", "https://tool.example.org/api/v2/enqueue")
    assert request.json == {
        "routing_key": PLACEHOLDER_TOKEN,
        "event_action": "trigger",
        "dedup_key": "harbour-1-page-1",
        "payload": {
            "summary": "Voice is down",
            "source": "Seiketsu AI",
            "severity": "error",
            "custom_details": {"to": "ann", "severity": "P1", "reason": "escalation level 1"},
        },
    }


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("P0", "critical"),
        ("P1", "error"),
        ("P2", "warning"),
        ("P3", "info"),
        ("P5", "info"),
        (None, "error"),
        ("?", "error"),
    ],
)
def test_the_pagers_four_severities_follow_the_organisations_table(severity: str | None, expected: str) -> None:
    assert pager.request({**PAGE, "severity": severity}, TOOL, CONTEXT).json["payload"]["severity"] == expected


def test_a_message_goes_to_its_channel_with_the_bearer_token() -> None:
    request = chat.request(POST, TOOL, CONTEXT)
    assert (request.method, request.url) == ("POST", "https://tool.example.org/api/chat.postMessage")
    assert request.headers == {"authorization": f"Bearer {PLACEHOLDER_TOKEN}"}
    assert (request.json["channel"], request.json["text"]) == ("#incidents", "Declared")
    assert request.json["metadata"]["event_payload"] == {"key": "harbour-1-post-1"}


def test_a_ticket_is_an_issue_with_a_document_for_its_text() -> None:
    request = tracker.request(TICKET, TOOL, CONTEXT)
    assert (request.method, request.url) == ("POST", "https://tool.example.org/api/rest/api/3/issue")
    fields = request.json["fields"]
    assert fields["project"] == {"key": "OPS"}
    assert fields["priority"] == {"name": "Highest"}
    assert fields["labels"] == ["harbour-1-open_ticket-1"]
    assert [paragraph["content"][0]["text"] for paragraph in fields["description"]["content"]] == ["First.", "Second."]


def test_the_status_page_is_opened_once_and_then_patched() -> None:
    first = status_page.request(PUBLISH, TOOL, CONTEXT)
    assert (first.method, first.url) == ("POST", "https://tool.example.org/api/v1/pages/abc123/incidents")
    assert first.headers == {"authorization": f"OAuth {PLACEHOLDER_TOKEN}"}
    assert first.json["incident"]["name"] == "Found it."
    then = status_page.request(PUBLISH, TOOL, CONTEXT._replace(publication="xyz"))
    assert (then.method, then.url) == ("PATCH", "https://tool.example.org/api/v1/pages/abc123/incidents/xyz")
    assert "name" not in then.json["incident"]
    assert then.json["incident"]["status"] == "identified"


def test_what_is_longer_than_a_vendor_takes_ends_in_an_ellipsis() -> None:
    long = "x" * 60_000
    texts = [
        (pager.request({**PAGE, "summary": long}, TOOL, CONTEXT).json["payload"]["summary"], 1024),
        (chat.request({**POST, "text": long}, TOOL, CONTEXT).json["text"], 40_000),
        (tracker.request({**TICKET, "title": long}, TOOL, CONTEXT).json["fields"]["summary"], 255),
        (status_page.request({**PUBLISH, "text": long}, TOOL, CONTEXT).json["incident"]["name"], 255),
    ]
    for text, limit in texts:
        assert len(text) == limit
        assert text.endswith("…")
    assert shorten("exactly", 7) == "exactly"
    assert len(CONTEXT._replace(scope="s" * 300).idempotency_key(PAGE)) == 255


@pytest.mark.parametrize(
    ("adapter", "response", "reference"),
    [
        (pager, answer(202, {"status": "success", "message": "Event processed", "dedup_key": "k"}), "k"),
        (chat, answer(200, {"ok": True, "channel": "C1", "ts": "1.2"}), "1.2"),
        (tracker, answer(201, {"id": "10000", "key": "OPS-7", "self": "https://…"}), "OPS-7"),
        (status_page, answer(201, {"id": "p31zjtct2jer"}), "p31zjtct2jer"),
        (status_page, answer(200, {"id": "p31zjtct2jer"}), "p31zjtct2jer"),
    ],
)
def test_a_vendors_success_is_a_delivery_with_its_reference(
    adapter: ModuleType, response: HttpResponse, reference: str
) -> None:
    assert adapter.outcome(response) == (True, response.status, "", reference)


@pytest.mark.parametrize(
    ("adapter", "response", "error"),
    [
        (
            pager,
            answer(400, {"status": "invalid event", "message": "No", "errors": ["bad", "worse"]}),
            "No; bad; worse",
        ),
        (pager, answer(202, {"status": "invalid event", "message": "no"}), "no"),
        (chat, answer(200, {"ok": False, "error": "channel_not_found"}), "channel_not_found"),
        (
            chat,
            answer(429, {"ok": False, "error": "ratelimited"}, **{"retry-after": "7"}),
            "ratelimited (retry after 7 s)",
        ),
        (
            tracker,
            answer(400, {"errorMessages": ["No."], "errors": {"summary": "Too long."}}),
            "No.; summary: Too long.",
        ),
        (
            status_page,
            answer(422, {"error": ["Name can't be blank", "Status is odd"]}),
            "Name can't be blank; Status is odd",
        ),
        (status_page, answer(401, {"error": "Could not authenticate"}), "Could not authenticate"),
    ],
)
def test_a_vendors_refusal_is_told_in_its_own_words(adapter: ModuleType, response: HttpResponse, error: str) -> None:
    assert adapter.outcome(response) == (False, response.status, error, "")


@pytest.mark.parametrize("adapter", [pager, chat, tracker, status_page])
@pytest.mark.parametrize("status", [200, 201, 202, 502])
@pytest.mark.parametrize("body", ["<html>Bad\nGateway</html>", "[]", "{}", "null", "", '{"errors": 3, "error": null}'])
def test_an_answer_that_is_not_the_vendors_is_never_taken_for_a_delivery(
    adapter: ModuleType, status: int, body: str
) -> None:
    result = adapter.outcome(answer(status, body))
    assert not result.delivered
    assert result.error
    assert "\n" not in result.error


@pytest.mark.parametrize(
    ("tool", "request_", "spoil", "status", "word"),
    [
        ("pager", pager.request(PAGE, TOOL, CONTEXT), {"routing_key": "short"}, 400, "routing_key"),
        ("pager", pager.request(PAGE, TOOL, CONTEXT), {"payload": {}}, 400, "payload.summary"),
        ("chat", chat.request(POST, TOOL, CONTEXT), {"channel": ""}, 200, "channel_not_found"),
        ("chat", chat.request(POST, TOOL, CONTEXT), {"text": ""}, 200, "no_text"),
        ("tracker", tracker.request(TICKET, TOOL, CONTEXT), {"fields": {}}, 400, "summary"),
        ("status_page", status_page.request(PUBLISH, TOOL, CONTEXT), {"incident": {}}, 422, "Status is not included"),
    ],
)
def test_the_played_vendors_refuse_what_the_real_ones_would(
    tool: str, request_: HttpRequest, spoil: dict[str, Any], status: int, word: str
) -> None:
    spoiled = request_._replace(json={**request_.json, **spoil})
    response = vendors.answer(tool, spoiled, vendors.Reply(200))
    assert response.status == status
    assert word in response.body


@pytest.mark.parametrize(
    ("tool", "request_"),
    [
        ("pager", pager.request(PAGE, TOOL, CONTEXT)),
        ("chat", chat.request(POST, TOOL, CONTEXT)),
        ("tracker", tracker.request(TICKET, TOOL, CONTEXT)),
        ("status_page", status_page.request(PUBLISH, TOOL, CONTEXT)),
    ],
)
def test_the_played_vendors_answer_at_their_own_address_only(tool: str, request_: HttpRequest) -> None:
    assert vendors.answer(tool, request_, vendors.Reply(200)).status < 300
    for astray in (request_._replace(url=request_.url + "s"), request_._replace(method="PUT")):
        assert vendors.answer(tool, astray, vendors.Reply(200)).status == 404


def test_the_pagers_routing_key_can_stand_in_the_organisations_file() -> None:
    tool = Tool(service="pager", url=TOOL.url, options={"routing_key": "k" * 32})
    assert pager.request(PAGE, tool, CONTEXT).json["routing_key"] == "k" * 32


@pytest.mark.parametrize("tool", ["chat", "status_page"])
def test_the_played_vendors_want_to_know_who_asks(tool: str) -> None:
    module = {"chat": (chat, POST), "status_page": (status_page, PUBLISH)}[tool]
    anonymous = module[0].request(module[1], TOOL, CONTEXT)._replace(headers={})
    assert "auth" in vendors.answer(tool, anonymous, vendors.Reply(200)).body


def test_the_sender_tries_once_and_turns_a_broken_connection_into_status_0() -> None:
    tries = []

    def refuse(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        raise httpx.ConnectError("connection refused", request=request)

    sender = Sender(httpx.MockTransport(refuse))
    assert sender.send(pager.request(PAGE, TOOL, CONTEXT)) == HttpResponse(0, {}, "connection refused")
    assert len(tries) == 1
    sender.close()


def test_a_url_that_is_none_is_a_failed_attempt_and_no_traceback() -> None:
    sender = Sender()
    broken = pager.request(PAGE, Tool(service="pager", url="nowhere"), CONTEXT)
    assert sender.send(broken).status == 0
    assert sender.send(broken._replace(url="https://exa mple.org:port/")).status == 0
    sender.close()
