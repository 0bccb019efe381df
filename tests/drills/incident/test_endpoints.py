"""Nothing leaves this machine unless the organisation's file names the host, and a person does so too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.incident.endpoints import confirmations, endpoint, endpoints, is_loopback
from scenarios.loading import LoadedOrganization
from scenarios.organization import EmailTool, Tool
from scenarios.problems import InputError

HOST = "events.pagerduty.com"
SECRET = {"GAMEDAY_PAGER_TOKEN": "k" * 32}


def test_every_tool_of_an_organisation_is_shown_only_until_it_is_confirmed(seiketsu: LoadedOrganization) -> None:
    found = endpoints(seiketsu.organization, {}, {})
    assert {name: place.live for name, place in found.items()} == dict.fromkeys(found, False)
    confirmed = endpoints(seiketsu.organization, SECRET, {"pager": HOST})
    assert [name for name, place in confirmed.items() if place.live] == ["pager"]
    assert confirmed["pager"].token == "k" * 32
    assert isinstance(confirmed["pager"].tool, Tool)
    assert "routing_key" not in confirmed["pager"].tool.options, "the secret stands where the file's example stood"


def test_a_confirmation_has_to_name_the_host_of_the_organisations_file(seiketsu: LoadedOrganization) -> None:
    with pytest.raises(InputError, match="was confirmed; nothing was sent"):
        endpoint("pager", seiketsu.organization, SECRET, {"pager": "example.org"})


def test_another_machine_is_not_contacted_without_a_secret(seiketsu: LoadedOrganization) -> None:
    with pytest.raises(InputError, match="expected it in GAMEDAY_PAGER_TOKEN"):
        endpoint("pager", seiketsu.organization, {}, {"pager": HOST})


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "http://10.0.0.1:80", "http://127.0.0.1@example.org", "http://localhost.example.org/x"],
)
def test_a_variable_cannot_lead_to_another_machine(seiketsu: LoadedOrganization, url: str) -> None:
    for confirmed in ({}, {"chat": "example.org"}):
        with pytest.raises(InputError, match="GAMEDAY_CHAT_URL"):
            endpoint("chat", seiketsu.organization, {"GAMEDAY_CHAT_URL": url}, confirmed)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api", "http://localhost:9", "https://[::1]:9/a/b"])
def test_a_variable_may_lead_to_this_machine_and_then_commands_are_sent(seiketsu: LoadedOrganization, url: str) -> None:
    place = endpoint("chat", seiketsu.organization, {"GAMEDAY_CHAT_URL": url}, {})
    assert isinstance(place.tool, Tool)
    assert (place.live, place.tool.url) == (True, url)


def test_letters_go_to_the_mail_server_of_the_file_or_to_one_on_this_machine(seiketsu: LoadedOrganization) -> None:
    organization = seiketsu.organization
    assert organization.tools.email is not None
    shown_only = endpoint("email", organization, {}, {})
    assert (shown_only.host, shown_only.live) == (organization.tools.email.host, False)
    with pytest.raises(InputError, match="expected it in GAMEDAY_EMAIL_TOKEN"):
        endpoint("email", organization, {}, {"email": shown_only.host})
    place = endpoint("email", organization, {"GAMEDAY_EMAIL_URL": "smtp://127.0.0.1:2525"}, {})
    assert isinstance(place.tool, EmailTool)
    assert (place.tool.host, place.tool.port, place.live) == ("127.0.0.1", 2525, True)
    for url, problem in (("http://127.0.0.1:9", "not reached that way"), ("smtp://10.0.0.1:25", "another machine")):
        with pytest.raises(InputError, match=problem):
            endpoint("email", organization, {"GAMEDAY_EMAIL_URL": url}, {})
    with pytest.raises(InputError, match="not reached that way"):
        endpoint("chat", organization, {"GAMEDAY_CHAT_URL": "smtp://127.0.0.1:25"}, {})


def test_an_organisation_without_a_tool_has_no_endpoint_for_it(seiketsu: LoadedOrganization) -> None:
    tools = replace(seiketsu.organization.tools, email=None, in_app=None)
    assert list(endpoints(replace(seiketsu.organization, tools=tools), {}, {})) == [
        "pager",
        "chat",
        "tracker",
        "status_page",
    ]


@given(st.text(max_size=30))
def test_no_text_in_a_variable_makes_another_host_live(seiketsu: LoadedOrganization, text: str) -> None:
    try:
        place = endpoint("chat", seiketsu.organization, {"GAMEDAY_CHAT_URL": f"http://{text}"}, {})
    except InputError:
        return
    assert is_loopback(place.host)


def test_confirmations_are_read_from_options_and_lists() -> None:
    assert confirmations(["pager=a.example,chat=b.example", "", "tracker=c.example"]) == {
        "pager": "a.example",
        "chat": "b.example",
        "tracker": "c.example",
    }
    for word in ("pager", "pager=", "pagr=a.example", "=a.example"):
        with pytest.raises(InputError, match="cannot confirm"):
            confirmations([word])


def test_secrets_stand_in_no_journal(tmp_path: Path, seiketsu: LoadedOrganization) -> None:
    from tests.drills.incident.conftest import VOICE, Bench
    from tests.drills.incident.tools import running_tools

    with running_tools() as tools:
        bench = Bench(tmp_path, {**tools.environ, "GAMEDAY_CHAT_TOKEN": "hush-hush", **SECRET})
        bench.desk.declare(seiketsu, VOICE)
        bench.desk.tend("INC-20250809-140000")
        assert {event["routing_key"] for event in tools.bodies("pager")} == {"k" * 32}
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(secret in data for data in kept for secret in (b"hush-hush", b"k" * 32))
