from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.adapters.vendors import Reply
from drills.adapters.wire import TOOL_OF, DirectWire, VirtualWire
from scenarios.monitoring import Monitoring
from scenarios.organization import Closure, Delivery, EmailTool, Organization, Service, Tool, Tools
from scenarios.people import Escalation, EscalationLevel, Person, Role, Severity

ORGANIZATION = Organization(
    organization="small",
    title="Small",
    services={"api": Service(title="API")},
    monitoring=Monitoring(scrape_interval=15_000, evaluation_interval=15_000, rule_files=(), jobs=()),
    severities={
        name: Severity(title=name, impact="", roles=("commander",), pages=True)
        for name in ("P0", "P1", "P2", "P3", "P4")
    },
    people={"ann": Person(title="Ann", email="ann@example.org", profile="primary")},
    roles={"commander": Role(title="Commander", filled_by=("ann",))},
    escalation=Escalation(levels=(EscalationLevel(targets=("ann",), timeout=300_000),)),
    delivery=Delivery(retry_every=30_000, give_up_after=300_000),
    tools=Tools(
        pager=Tool(service="api", url="https://pager.example.org"),
        chat=Tool(service="api", url="https://chat.example.org/api/"),
        tracker=Tool(service="api", url="https://tracker.example.org", options={"project": "OPS"}),
        status_page=Tool(service="api", url="https://status.example.org", options={"page_id": "abc123"}),
        email=EmailTool(
            service="api", host="smtp.example.org", sender="us@example.org", customers="customers@example.org"
        ),
        in_app=Tool(service="api", url="https://api.example.org"),
    ),
    incident_channel="#incidents",
    status_url="https://status.example.org",
    meeting_url="https://meet.example.org",
    closure=Closure(verify_for=300_000, close_after=7_200_000),
)

TEXT = st.text(max_size=60) | st.text(min_size=900, max_size=1200) | st.just("x" * 50_000) | st.just("a\ud800b")
SEVERITY = st.sampled_from([*ORGANIZATION.severities, None, "unknown"])
FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "page": st.fixed_dictionaries({"to": TEXT, "summary": TEXT, "severity": SEVERITY, "reason": TEXT}),
    "post": st.fixed_dictionaries({"channel": st.sampled_from(["#incidents", "", "#" + "x" * 90]), "text": TEXT}),
    "open_ticket": st.fixed_dictionaries({"title": TEXT, "severity": SEVERITY, "text": TEXT}),
    "publish": st.fixed_dictionaries(
        {
            "status": st.sampled_from(["investigating", "identified", "monitoring", "resolved", "fine"]),
            "text": TEXT,
            "impact": st.sampled_from(["none", "minor", "major", "critical"]),
        }
    ),
    "send_email": st.fixed_dictionaries(
        {
            "to": st.sampled_from(["customers@example.org", "", "nobody", "a@b@c", "two words@x"]),
            "subject": TEXT,
            "html": TEXT | st.just("<p>a\r\n.\r\n</p>"),
        }
    ),
    "notify_in_app": st.fixed_dictionaries(
        {"status": st.sampled_from(["investigating", "", "x" * 21]), "title": TEXT, "text": TEXT}
    ),
}
COMMAND = st.sampled_from(sorted(FIELDS)).flatmap(lambda kind: st.tuples(st.just(kind), FIELDS[kind]))
REPLY = st.sampled_from([200, 204, 302, 400, 404, 418, 429, 499, 500, 503, 599, 0]).map(Reply)
GOOD: dict[str, dict[str, Any]] = {
    "page": {"to": "ann", "summary": "Voice is down", "severity": "P1", "reason": "escalation level 1"},
    "post": {"channel": "#incidents", "text": "INCIDENT DECLARED"},
    "open_ticket": {"title": "Voice is down", "severity": "P1", "text": "Voice is down\n\nSee chat."},
    "publish": {"status": "investigating", "text": "We are looking into it.", "impact": "major"},
    "send_email": {"to": "customers@example.org", "subject": "News", "html": "<title>News</title><p>Calls fail.</p>"},
    "notify_in_app": {"status": "investigating", "title": "News", "text": "Calls fail."},
}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(COMMAND, REPLY), min_size=1, max_size=8))
def test_with_and_without_http_between_the_outcomes_are_equal(commands: list[Any]) -> None:
    virtual, direct = VirtualWire(ORGANIZATION, "test"), DirectWire(ORGANIZATION, "test")
    for number, ((kind, fields), reply) in enumerate(commands, start=1):
        command = {"key": f"{kind}-{number}", "attempt": 1, **fields}
        assert virtual.send(kind, command, reply, number) == direct.send(kind, command, reply, number)
    virtual.close()


@pytest.fixture(params=[VirtualWire, DirectWire])
def wire(request: pytest.FixtureRequest) -> Any:
    made = request.param(ORGANIZATION, "test")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("kind", "status", "reference"),
    [
        ("page", 202, r"test-page-1"),
        ("post", 200, r"\d{10}\.\d{6}"),
        ("open_ticket", 201, r"OPS-\d+"),
        ("publish", 201, ""),
        ("send_email", 202, r"2\.0\.0 Ok: queued as [0-9A-F]{8}$"),
        ("notify_in_app", 201, r"notice-\d+$"),
    ],
)
def test_what_the_world_lets_through_is_taken_in_the_tools_own_way(
    wire: DirectWire, kind: str, status: int, reference: str
) -> None:
    import re

    outcome = wire.send(kind, {"key": f"{kind}-1", "attempt": 2, **GOOD[kind]}, Reply(200), 17)
    assert (outcome.delivered, outcome.status, outcome.error, outcome.because) == (True, status, "", 17)
    assert (outcome.key, outcome.attempt, outcome.tool) == (f"{kind}-1", 2, TOOL_OF[kind])
    assert re.match(reference, outcome.reference)


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_a_tool_that_is_down_or_busy_takes_nothing_and_says_so(wire: DirectWire, kind: str, status: int) -> None:
    outcome = wire.send(kind, {"key": f"{kind}-1", "attempt": 1, **GOOD[kind]}, Reply(status))
    # A mail server knows one word for "later".
    told = 503 if kind == "send_email" and status else status
    assert (outcome.delivered, outcome.status, outcome.reference) == (False, told, "")
    expected = {0: "timed out", 429: "retry after 30 s", 500: "Internal Server Error", 503: "Service Unavailable"}
    assert (expected[status] if (kind, status) != ("send_email", 429) else "try again in 30 s") in outcome.error


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_the_same_command_tried_again_gets_the_same_reference(wire: DirectWire, kind: str) -> None:
    first = wire.send(kind, {"key": f"{kind}-1", "attempt": 1, **GOOD[kind]}, Reply(200))
    again = wire.send(kind, {"key": f"{kind}-1", "attempt": 2, **GOOD[kind]}, Reply(200))
    assert first.reference == again.reference


def test_the_status_page_gets_one_incident_and_then_updates_of_it(wire: DirectWire) -> None:
    outcomes = [
        wire.send("publish", {"key": f"publish-{n}", "attempt": 1, **GOOD["publish"]}, Reply(200)) for n in (1, 2)
    ]
    assert [outcome.status for outcome in outcomes] == [201, 200]
    assert outcomes[0].reference == outcomes[1].reference


def test_a_letter_to_what_is_no_address_is_refused_for_good(wire: DirectWire) -> None:
    outcome = wire.send(
        "send_email", {"key": "send_email-1", "attempt": 1, **GOOD["send_email"], "to": "x"}, Reply(200)
    )
    assert (outcome.delivered, outcome.status, outcome.error) == (False, 400, "553 5.1.3 the address is not one")


def test_an_organisation_without_letters_and_notices_has_a_wire_all_the_same() -> None:
    few = Tools(**{name: getattr(ORGANIZATION.tools, name) for name in ("pager", "chat", "tracker", "status_page")})
    without = dataclasses.replace(ORGANIZATION, tools=few)
    for made in (VirtualWire(without, "test"), DirectWire(without, "test")):
        assert made.send("post", {"key": "post-1", "attempt": 1, **GOOD["post"]}, Reply(200)).delivered
        made.close()


def test_many_commands_leave_no_trace_in_the_router() -> None:
    wire = VirtualWire(ORGANIZATION)
    for number in range(250):
        wire.send("post", {"key": f"post-{number}", "attempt": 1, **GOOD["post"]}, Reply(200))
    assert len(wire._router.calls) <= 100
    wire.close()


def test_without_http_neither_client_nor_mock_is_imported() -> None:
    script = (
        "import sys; from drills.adapters.wire import DirectWire, VirtualWire;"
        "print([name for name in ('httpx', 'respx', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
