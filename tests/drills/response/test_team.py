from __future__ import annotations

import pytest

from drills.response.states import ActionRefused
from tests.drills.response.bench import MINUTE, SMALL, Bench, changed


def role_pages(bench: Bench) -> list[tuple[float, str, str]]:
    return [(at, who, reason.removeprefix("role ")) for at, who, reason in bench.paged() if reason.startswith("role ")]


def test_declaring_pages_the_first_free_candidate_of_each_role_except_whom_it_already_has() -> None:
    bench = Bench().declared("P1")
    assert bench.workflow.role_offered_to("ann") == "commander"
    assert role_pages(bench) == [(2, "ben", "technical_lead"), (2, "eve", "communication_lead")]


def test_the_announcement_asks_the_one_who_declared_to_join() -> None:
    bench = Bench().declared("P1")
    [announcement] = bench.of("post")
    assert "ann: please join as commander" in announcement.fields["text"]
    assert "https://meet.example.org/war-room" in announcement.fields["text"]


def test_a_severity_that_does_not_page_lets_people_come_by_themselves() -> None:
    bench = Bench().declared("P2")
    bench.run_until(30 * MINUTE)
    assert role_pages(bench) == []
    bench.act(31 * MINUTE, "ben", "join", role="technical_lead")
    assert bench.times("team_assembled") == [31]


def test_a_role_nobody_answers_for_goes_round_its_candidates() -> None:
    bench = Bench().declared("P1")
    bench.run_until(17 * MINUTE)
    assert [(at, who) for at, who, role in role_pages(bench) if role == "communication_lead"] == [
        (2, "eve"),
        (7, "cat"),
        (12, "eve"),
        (17, "cat"),
    ]


def test_the_time_for_a_role_counts_from_the_delivery_of_its_page() -> None:
    down = lambda kind, at_ms: 503 if kind == "page" and 2 * MINUTE <= at_ms < 8 * MINUTE else 200  # noqa: E731
    bench = Bench(status=down).declared("P1")
    bench.run_until(13 * MINUTE)
    assert [(at, who) for at, who, role in role_pages(bench) if role == "communication_lead"] == [
        (2, "eve"),
        (13, "cat"),
    ]


def test_somebody_who_acknowledged_a_role_is_waited_for() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "eve", "acknowledge")
    bench.run_until(40 * MINUTE)
    assert [who for _, who, role in role_pages(bench) if role == "communication_lead"] == ["eve"]


def test_whoever_answers_first_gets_the_role_even_when_their_time_had_run_out() -> None:
    bench = Bench().declared("P1")
    bench.act(8 * MINUTE, "eve", "acknowledge")
    assert bench.workflow.role_offered_to("eve") == "communication_lead"
    assert bench.workflow.role_offered_to("cat") is None, "cat was asked a minute ago and has not answered"
    bench.act(9 * MINUTE, "cat", "acknowledge")
    assert bench.workflow.role_offered_to("cat") is None
    bench.run_until(40 * MINUTE)
    assert [who for _, who, role in role_pages(bench) if role == "communication_lead"] == ["eve", "cat"]


def test_the_team_is_assembled_because_of_whoever_joined_last() -> None:
    bench = Bench().declared("P2")
    bench.act(31 * MINUTE, "ben", "join", role="technical_lead")
    [assembled] = bench.of("team_assembled")
    last = bench.records[assembled.because - 1]
    assert (last.kind, last.fields) == ("role_joined", {"person": "ben", "role": "technical_lead"})


def test_the_team_is_assembled_once_when_every_required_role_has_joined() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ann", "join", role="commander")
    bench.act(4 * MINUTE, "ben", "join", role="technical_lead")
    bench.act(5 * MINUTE, "dan", "join", role="scribe")
    assert bench.of("team_assembled") == []
    bench.act(6 * MINUTE, "cat", "join", role="communication_lead")
    bench.run_until(50 * MINUTE)
    assert bench.times("team_assembled") == [6]
    assert bench.workflow.roles["communication_lead"] == "cat"
    assert len(role_pages(bench)) == 2, "nobody is paged for a role that is taken"


def test_joining_answers_every_page_to_the_person() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ben", "join", role="technical_lead")
    assert bench.act(4 * MINUTE, "ben", "acknowledge") == []


def test_whoever_joins_another_role_than_asked_leaves_the_first_to_others() -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ann", "join", role="technical_lead")
    bench.run_until(3 * MINUTE)
    assert (3, "cat", "commander") in role_pages(bench), "ann was to command; the next who is free is asked instead"
    assert bench.workflow.role_offered_to("ben") is None


@pytest.mark.parametrize(
    ("who", "role", "reason"),
    [
        ("cat", "commander", "commander is taken by ann"),
        ("ann", "scribe", "ann holds commander"),
        ("cat", "pilot", "there is no role pilot"),
        ("cat", "", "join needs a role"),
    ],
)
def test_a_role_can_be_taken_once_and_by_somebody_without_one(who: str, role: str, reason: str) -> None:
    bench = Bench().declared("P1")
    bench.act(3 * MINUTE, "ann", "join", role="commander")
    with pytest.raises(ActionRefused, match=reason):
        bench.act(4 * MINUTE, who, "join", role=role)


def test_a_role_without_a_free_candidate_is_looked_at_again_until_somebody_is() -> None:
    roles = {**SMALL.roles, "technical_lead": changed(SMALL.roles["technical_lead"], filled_by=("primary",))}
    bench = Bench(changed(SMALL, roles=roles)).declared("P1")
    bench.run_until(8 * MINUTE)
    assert [role for _, _, role in role_pages(bench)] == ["communication_lead", "communication_lead"]
    bench.act(9 * MINUTE, "cat", "join", role="commander")
    assert (9, "ann", "technical_lead") in role_pages(bench)
