"""A real incident on disk: what is declared and done stays, follows from inputs, and is sent once."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drills.adapters.exchange import HttpResponse
from drills.incident.declaration import Declaration
from drills.incident.desk import Conflict, Desk
from drills.incident.view import document
from drills.response.states import ActionRefused
from scenarios.loading import LoadedOrganization, load_organization
from scenarios.problems import InputError
from simulator.faults import KINDS
from tests.drills.incident.conftest import STARTS_AT, VOICE, Bench
from tests.drills.incident.tools import Tools
from tests.drills.response.bench import CUSTOMERS, INTERNAL

ID = "INC-20250809-140000"


def nothing(_: int) -> dict[str, Any]:
    return {}


def declared(bench: Bench, loaded: LoadedOrganization, declaration: Declaration = VOICE) -> str:
    case, _ = bench.desk.declare(loaded, declaration)
    assert case.workflow.incident_id is not None
    bench.desk.tend(case.workflow.incident_id)
    return case.workflow.incident_id


def types(path: Path) -> list[str]:
    return [json.loads(line)["type"] for line in path.read_text().splitlines()[1:]]


def test_an_incident_is_named_for_the_second_of_its_declaration(bench: Bench, seiketsu: LoadedOrganization) -> None:
    assert declared(bench, seiketsu) == ID
    assert declared(bench, seiketsu, VOICE._replace(title="Login too")) == "INC-20250809-140001"
    assert bench.desk.incidents() == [ID, "INC-20250809-140001"]


@pytest.mark.parametrize(("severity", "pages"), [("P0", True), ("P1", True), ("P2", False), ("P3", False)])
def test_a_declaration_opens_a_ticket_announces_the_war_room_and_pages_for_p0_and_p1_only(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization, severity: str, pages: bool
) -> None:
    declared(wired, seiketsu, VOICE._replace(severity=severity))
    assert {status // 100 for _, _, status in tools.received} == {2}, "every request is as its vendor wants it"
    (ticket,) = tools.bodies("tracker")
    assert ticket["fields"]["summary"] == "Voice is down"
    (post,) = tools.bodies("chat")
    assert post["channel"] == "#incident-response"
    assert ID in post["text"]
    assert "*War room*: https://meet.seiketsu.ai/war-room" in post["text"]
    assert "*Join the response*: https://meet.seiketsu.ai/war-room" in post["text"]
    assert bool(tools.bodies("pager")) is pages


def test_nothing_is_sent_by_default_and_everything_is_shown(bench: Bench, seiketsu: LoadedOrganization) -> None:
    name = declared(bench, seiketsu)
    found = document(bench.desk.look(name))["commands"]
    assert {row["outcome"] for row in found if row["key"] != "page-1"} == {"shown"}
    shown = [line for line in bench.said if line.startswith("not sent (dry run): ")]
    assert len(shown) == len(found) - 1
    assert any("open a ticket" in line and "seiketsu.atlassian.net" in line for line in shown)


def test_an_act_that_the_state_does_not_allow_says_what_is_allowed_and_changes_nothing(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    name = declared(bench, seiketsu)
    before = bench.journal(name).read_bytes()
    with pytest.raises(
        ActionRefused, match="allowed now: acknowledge, tick, join, update, change_severity, investigate"
    ):
        bench.desk.act(name, "alice.engineer", "resolve", nothing)
    assert bench.journal(name).read_bytes() == before


def test_a_whole_incident_from_declaration_to_closure(wired: Bench, tools: Tools, seiketsu: LoadedOrganization) -> None:
    name = declared(wired, seiketsu)
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("charlie.manager", "join", {"role": "commander"}),
        ("alice.engineer", "join", {"role": "technical_lead"}),
        ("alice.engineer", "investigate", {}),
        ("alice.engineer", "identify", {"cause": "elevenlabs"}),
        ("alice.engineer", "start_mitigation", {"action": "fallback_to_text_interface", "playbook": None}),
        ("charlie.manager", "update", {"audience": "customers", "status": "identified", **CUSTOMERS["identified"]}),
        ("alice.engineer", "finish_mitigation", {"action": "fallback_to_text_interface"}),
        ("alice.engineer", "monitor", {}),
        ("alice.engineer", "verify", {"passed": True}),
        ("charlie.manager", "resolve", {}),
    ]
    for person, action, fields in acts:
        wired.clock.advance(minutes=1)
        wired.desk.act(name, person, action, lambda _, fields=fields: fields)  # type: ignore[misc]
    assert wired.desk.look(name).workflow.state == "resolved"
    assert [body["incident"]["status"] for body in tools.bodies("status_page")] == ["identified", "resolved"]
    wired.clock.advance(hours=49)
    assert wired.desk.tend(name).workflow.state == "closed"
    assert {status // 100 for _, _, status in tools.received} == {2}


def test_deadlines_pass_at_the_moment_they_were_due_whenever_somebody_looks(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    name = declared(bench, seiketsu)
    bench.clock.advance(hours=1)
    bench.desk.act(name, "alice.engineer", "investigate", nothing)
    records = bench.desk.look(name).journal.records
    overdue = [record["at_ms"] for record in records if record["type"] == "update_overdue"]
    assert overdue[:2] == [15 * 60_000, 30 * 60_000]
    assert [record["at_ms"] for record in records] == sorted(record["at_ms"] for record in records)


def test_a_command_that_a_tool_did_not_take_is_sent_again_with_its_key_until_it_is_delivered_once(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization
) -> None:
    answers = {
        "tracker": [HttpResponse(500, {"content-type": "text/html"}, "<html>")],
        "chat": [HttpResponse(429, {"retry-after": "30"}, "{}"), HttpResponse(200, {}, "not JSON")],
        "pager": [],
    }
    tools.reply = lambda tool: answers[tool].pop(0) if answers[tool] else 200
    name = declared(wired, seiketsu, VOICE._replace(severity="P2"))
    assert wired.desk.failures == 2
    for _ in range(3):
        wired.clock.advance(seconds=31)
        wired.desk.tend(name)
    assert [status for tool, _, status in tools.received if tool == "tracker"] == [500, 201]
    assert [status for tool, _, status in tools.received if tool == "chat"] == [429, 200, 200]
    assert len({json.dumps(body) for body in tools.bodies("chat")}) == 1, "the same message with the same key"
    found = {row["key"]: row["outcome"] for row in document(wired.desk.look(name))["commands"]}
    assert (found["open_ticket-1"], found["post-1"]) == ("delivered", "delivered")


def test_a_command_that_a_tool_refuses_is_shown_as_failed_and_not_repeated(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization
) -> None:
    tools.reply = lambda tool: 400 if tool == "tracker" else 200
    name = declared(wired, seiketsu, VOICE._replace(severity="P3"))
    wired.clock.advance(minutes=5)
    wired.desk.tend(name)
    assert len(tools.bodies("tracker")) == 1
    found = {row["key"]: row["outcome"] for row in document(wired.desk.look(name))["commands"]}
    assert found["open_ticket-1"] == "failed"
    assert any(line.startswith("FAILED: open a ticket") for line in wired.said)


def test_an_input_is_on_disk_before_anything_is_sent_because_of_it(
    wired: Bench, tools: Tools, seiketsu: LoadedOrganization
) -> None:
    name = declared(wired, seiketsu)
    seen: list[str] = []

    def reply(_: str) -> int:
        seen.append(wired.journal(name).read_text())
        return 200

    tools.reply = reply
    wired.desk.act(name, "alice.engineer", "update", lambda _: {"audience": "internal", **INTERNAL})
    assert len(seen) == 1
    assert '"type":"act_received"' in seen[0]
    assert seen[0].splitlines()[-1].startswith('{"record":'), "the command is recorded before it is sent, too"
    assert '"type":"post"' in seen[0].splitlines()[-1]


def test_a_half_written_last_line_is_dropped_with_a_message_and_what_it_said_comes_again(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    name = declared(bench, seiketsu)
    bench.desk.act(name, "alice.engineer", "investigate", nothing)
    whole = bench.journal(name).read_bytes()
    bench.journal(name).write_bytes(whole[:-20])  # The line says what follows from an input that is there.
    assert bench.desk.look(name).workflow.state == "investigating"
    assert bench.journal(name).read_bytes() == whole[:-20], "looking changes nothing"
    assert "cut short" in bench.said[-1]
    bench.desk.tend(name)
    assert bench.journal(name).read_bytes() == whole


def test_an_input_of_which_only_a_part_was_written_was_never_taken(bench: Bench, seiketsu: LoadedOrganization) -> None:
    name = declared(bench, seiketsu)
    whole = bench.journal(name).read_bytes()
    bench.journal(name).write_bytes(whole + b'{"record":30,"at_ms":9,"type":"act_received","fields":' + b" " * 5_000)
    bench.desk.act(name, "alice.engineer", "investigate", nothing)
    after = bench.journal(name).read_bytes()
    bench.journal(name).write_bytes(whole)
    bench.desk.act(name, "alice.engineer", "investigate", nothing)
    assert bench.journal(name).read_bytes() == after


def test_a_journal_cut_anywhere_never_loses_an_input_that_is_whole_on_disk(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    name = declared(bench, seiketsu)
    bench.desk.act(name, "bob.engineer", "join", lambda _: {"role": "subject_matter_expert"})
    whole = bench.journal(name).read_bytes()
    first = whole.index(b"\n", whole.index(b"\n") + 1) + 1  # Header and declaration appear with the folder.
    for cut in range(first, len(whole) + 1, 41):
        bench.journal(name).write_bytes(whole[:cut])
        bench.desk.tend(name)
        again = bench.journal(name).read_bytes()
        accepted = [line for line in whole[:cut].splitlines(keepends=True) if b'_received"' in line]
        assert all(line in again for line in accepted if line.endswith(b"\n"))
        if b'"act_received"' in b"".join(line for line in accepted if line.endswith(b"\n")):
            assert again == whole


def test_a_journal_that_somebody_changed_is_told_with_the_first_record_that_does_not_follow(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    name = declared(bench, seiketsu)
    text = bench.journal(name).read_text()
    bench.journal(name).write_text(text.replace('"name":"alice.engineer"', '"name":"bob.engineer"'))
    with pytest.raises(InputError, match=re.escape(f"{bench.journal(name)}:3:1: record 2 does not follow")):
        bench.desk.tend(name)
    bench.journal(name).write_text(text + "{}\nnonsense\n")
    with pytest.raises(InputError, match="not a JSON object"):
        bench.desk.tend(name)


def test_an_incident_goes_on_under_the_rules_under_which_it_began(bench: Bench, tmp_path: Path) -> None:
    own = tmp_path / "ours"
    shutil.copytree(load_organization("seiketsu", KINDS).path.parent, own)
    name = declared(bench, load_organization(str(own), KINDS))
    shutil.rmtree(own)
    bench.clock.advance(minutes=20)
    assert bench.desk.tend(name).organization.organization == "seiketsu"


def test_declaring_the_same_again_changes_nothing_and_another_one_under_its_id_is_a_conflict(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    stated = VOICE._replace(incident=ID)
    _, new = bench.desk.declare(seiketsu, stated)
    before = bench.journal(ID).read_bytes()
    _, again = bench.desk.declare(seiketsu, stated)
    assert (new, again) == (True, False)
    with pytest.raises(Conflict, match='another incident: P1 "Voice is down"'):
        bench.desk.declare(seiketsu, stated._replace(title="Login fails"))
    assert bench.journal(ID).read_bytes() == before


def test_what_a_killed_declaration_left_behind_is_no_incident_and_is_cleared_away(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    (bench.desk.folder / ".new-INC-20250809-140000" / "organization").mkdir(parents=True)
    assert bench.desk.incidents() == []
    assert declared(bench, seiketsu) == ID
    assert sorted(path.name for path in bench.desk.folder.iterdir()) == [".lock", ID]


def test_time_does_not_go_back_when_the_clock_does(bench: Bench, seiketsu: LoadedOrganization) -> None:
    name = declared(bench, seiketsu)
    bench.clock.advance(minutes=3)
    bench.desk.act(name, "alice.engineer", "investigate", nothing)
    bench.clock.advance(minutes=-60)
    bench.desk.act(name, "alice.engineer", "monitor", nothing)
    records = bench.desk.look(name).journal.records
    assert records[-1]["at_ms"] == 3 * 60_000


def _say_often(folder: Path, person: str, number: int) -> None:
    desk = Desk(folder, lambda _: None, environ={}, clock=lambda: STARTS_AT + timedelta(minutes=1))
    for index in range(number):
        desk.act(
            ID, person, "update", lambda _, index=index: {**INTERNAL, "audience": "internal", "impact": f"{index}"}
        )  # type: ignore[misc]


def test_two_commands_at_once_wait_for_each_other_and_neither_is_lost(
    bench: Bench, seiketsu: LoadedOrganization
) -> None:
    declared(bench, seiketsu)
    spawn = multiprocessing.get_context("spawn")
    people = ["alice.engineer", "bob.engineer"]
    both = [spawn.Process(target=_say_often, args=(bench.desk.folder, person, 8)) for person in people]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    records = bench.desk.look(ID).journal.records
    said = [(one["person"], one["fields"]["impact"]) for one in records if one["type"] == "act_received"]
    assert sorted(said) == sorted((person, str(index)) for person in people for index in range(8))


@pytest.mark.parametrize("name", ["../INC-20250809-140000", "INC-20250809-999999", "", "INC-20250809-140000"])
def test_an_incident_that_is_not_there_is_told(bench: Bench, name: str) -> None:
    with pytest.raises(InputError, match="INC-20250809-140000"):
        bench.desk.look(name)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, seiketsu: LoadedOrganization) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        Bench(tmp_path / "taken" / "incidents", {}).desk.declare(seiketsu, VOICE)
