"""Each adapter's request and its reading of the answer, against the vendors' formats."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from types import ModuleType
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from drills.adapters import chat, email, in_app, pager, status_page, tracker, vendors
from drills.adapters.exchange import PLACEHOLDER_TOKEN, Context, HttpRequest, HttpResponse, SmtpResponse, shorten
from drills.adapters.sender import Sender
from scenarios.organization import EmailTool, Tool

TOOL = Tool(service="tool", url="https://tool.example.org/api/", options={"project": "OPS", "page_id": "abc123"})
CONTEXT = Context(PLACEHOLDER_TOKEN, "harbour-1", "Seiketsu AI", ("P0", "P1", "P2", "P3", "P4", "P5"))
PAGE = {"key": "page-1", "to": "ann", "summary": "Voice\nis down", "severity": "P1", "reason": "escalation level 1"}
POST = {"key": "post-1", "channel": "#incidents", "text": "Declared"}
TICKET = {"key": "open_ticket-1", "title": "Voice is down", "severity": "P0", "text": "First.\n\nSecond."}
NOTICE = {"key": "notify_in_app-1", "status": "identified", "title": "News", "text": "Found\nit."}
LETTER = {
    "key": "send_email-1",
    "to": "customers@example.org",
    "subject": "Dienst\ngestört",
    "html": "<head><title>T</title></head><h2>News</h2><p>Calls\n fail &amp; fall.</p><ul><li>One</li></ul>",
}
MAILER = EmailTool(service="email", host="smtp.example.org", sender="us@example.org", customers="customers@example.org")
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


def test_a_notice_is_a_small_document_for_the_organisations_own_api() -> None:
    request = in_app.request(NOTICE, TOOL, CONTEXT)
    assert (request.method, request.url) == ("POST", "https://tool.example.org/api/notifications")
    assert request.headers == {
        "authorization": f"Bearer {PLACEHOLDER_TOKEN}",
        "idempotency-key": "harbour-1-notify_in_app-1",
    }
    assert request.json == {"audience": "customers", "status": "identified", "title": "News", "text": "Found\nit."}


def test_a_letter_is_a_mime_message_that_reads_the_same_in_html_and_in_plain_text() -> None:
    mail = email.request(LETTER, MAILER, CONTEXT)
    made = message_from_bytes(email.message(mail).as_bytes(), policy=SMTP)
    assert isinstance(made, EmailMessage)
    assert (made["From"], made["To"], made["Subject"]) == ("us@example.org", "customers@example.org", "Dienst gestört")
    assert made["Message-ID"] == "<harbour-1-send-email-1@example.org>"
    plain, html = made.iter_parts()
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", "News\r\nCalls fail & fall.\r\n- One\r\n")
    assert (html.get_content_type(), html.get_content().split()) == ("text/html", LETTER["html"].split())
    assert email.message(mail).as_bytes().isascii()


@given(st.text(max_size=40))
def test_nothing_in_a_letters_subject_becomes_a_header(text: str) -> None:
    mail = email.request({**LETTER, "subject": f"{text}\r\nBcc: all@example.org"}, MAILER, CONTEXT)
    made = message_from_bytes(email.message(mail).as_bytes(), policy=SMTP)
    assert made["Bcc"] is None
    assert "Bcc: all@example.org" in str(made["Subject"])


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (SmtpResponse(250, "2.0.0 Ok: queued as 4B"), (True, 202, "", "2.0.0 Ok: queued as 4B")),
        (SmtpResponse(451, "4.3.0 try again"), (False, 503, "451 4.3.0 try again", "")),
        (SmtpResponse(421, "closing"), (False, 503, "421 closing", "")),
        (SmtpResponse(554, "5.7.1\nspam"), (False, 400, "554 5.7.1 spam", "")),
        (SmtpResponse(354, "go ahead"), (False, 503, "354 go ahead", "")),
        (SmtpResponse(0, "timed out"), (False, 0, "timed out", "")),
    ],
)
def test_a_mail_servers_reply_is_told_in_the_workflows_terms(
    response: SmtpResponse, expected: tuple[bool, int, str, str]
) -> None:
    """What SMTP calls temporary (4xx) is tried again, what it calls permanent (5xx) is not."""
    assert email.outcome(response) == expected


@pytest.mark.parametrize(
    ("reply", "status", "word"),
    [
        (httpx.Response(201, json={"id": "n-7"}), 201, ""),
        (httpx.Response(400, json={"error": "text is missing"}), 400, "text is missing"),
        (httpx.Response(429, json={"error": "slow down"}, headers={"Retry-After": "9"}), 429, "retry after 9 s"),
        (httpx.Response(503, html="<html>Service Unavailable</html>"), 503, "Service Unavailable"),
        (httpx.Response(200, text="it worked!"), 200, "it worked!"),
        (httpx.Response(201, json=["n-7"]), 201, "n-7"),
        (httpx.ReadTimeout("the server fell silent"), 0, "the server fell silent"),
        (httpx.ConnectError("connection refused"), 0, "connection refused"),
    ],
)
def test_a_notice_over_http_is_delivered_once_or_shown_as_failed(
    reply: httpx.Response | Exception, status: int, word: str
) -> None:
    with respx.mock(assert_all_called=True) as router:
        how = {"side_effect": reply} if isinstance(reply, Exception) else {"return_value": reply}
        route = router.post("https://tool.example.org/api/notifications").mock(**how)
        sender = Sender(httpx.MockTransport(router.handler))
        result = in_app.outcome(sender.send(in_app.request(NOTICE, TOOL, CONTEXT)))
        sender.close()
    assert route.call_count == 1
    assert (result.delivered, result.status) == (not word, status)
    assert word in result.error
    assert result.reference == ("" if word else "n-7")


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
        (in_app, answer(202, {"id": "n-1"}), "n-1"),
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
        (in_app, answer(400, {"error": "text is missing"}), "text is missing"),
        (in_app, answer(429, {"error": "slow down"}, **{"retry-after": "9"}), "slow down (retry after 9 s)"),
    ],
)
def test_a_vendors_refusal_is_told_in_its_own_words(adapter: ModuleType, response: HttpResponse, error: str) -> None:
    assert adapter.outcome(response) == (False, response.status, error, "")


@pytest.mark.parametrize("adapter", [pager, chat, tracker, status_page, in_app])
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
        ("in_app", in_app.request(NOTICE, TOOL, CONTEXT), {"text": ""}, 400, "text must be"),
        ("in_app", in_app.request(NOTICE, TOOL, CONTEXT)._replace(headers={}), {}, 401, "unauthorized"),
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
        ("in_app", in_app.request(NOTICE, TOOL, CONTEXT)),
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
