"""Commands on the library as a whole: list, run --all, new, injects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios.loading import library_organizations, library_scenarios, load_scenario
from simulator.faults import KINDS
from tests.drills.test_cli import Gameday, gameday

__all__ = ["gameday"]

PORTABLE = ("database-saturated", "third-party-fails")
"""Scenarios that name services by what they are."""


def test_the_list_shows_every_scenario_with_its_organisation(gameday: Gameday) -> None:
    code, printed, _ = gameday("list")
    assert code == 0
    assert [line.split()[0] for line in printed.splitlines()] == list(library_scenarios())


@pytest.mark.parametrize("organization", list(library_organizations()))
def test_the_list_says_which_scenarios_fit_an_organisation_and_why_others_do_not(
    gameday: Gameday, organization: str
) -> None:
    code, printed, _ = gameday("list", "--organization", organization, "--format", "json")
    rows = {row["scenario"]: row for row in json.loads(printed)}
    assert code == 0
    for name, row in rows.items():
        own = load_scenario(name, KINDS).scenario.organization == organization
        assert row["fits"] is (own or name in PORTABLE), row
        assert (row["why_not"] is None) is row["fits"]
    if organization != "seiketsu":
        assert "elevenlabs" in rows["elevenlabs-intermittent"]["why_not"]


def test_all_scenarios_are_played_with_a_line_each(gameday: Gameday) -> None:
    code, printed, _ = gameday("run", "--all", "--format", "json")
    rows = json.loads(printed)
    assert [row["scenario"] for row in rows] == list(library_scenarios())
    assert "invalid" not in {row["verdict"] for row in rows}
    assert code == (1 if any(row["verdict"] == "missed" for row in rows) else 0)


def test_run_wants_a_scenario_or_all(gameday: Gameday) -> None:
    assert gameday("run")[0] == 2
    assert gameday("run", "quiet-morning", "--all")[0] == 2


@pytest.mark.parametrize("organization", list(library_organizations()))
def test_a_new_scenario_passes_check_and_proves_something(gameday: Gameday, organization: str) -> None:
    assert gameday("new", "scenario", "mine", "--organization", organization)[0] == 0
    code, printed, _ = gameday("check", "mine.yaml")
    assert (code, printed.splitlines()[0]) == (0, "mine.yaml: valid; nothing found")
    assert gameday("run", "mine.yaml", "--treatment", "ideal")[0] == 0
    assert gameday("new", "scenario", "mine")[0] == 2, "what exists is not written over"


def test_a_new_organisation_passes_check_and_scenarios_can_be_made_for_it(gameday: Gameday) -> None:
    assert gameday("new", "organization", "acme")[0] == 0
    assert gameday("check", "acme")[0] == 0
    assert gameday("new", "scenario", "first", "--organization", "acme")[0] == 0
    assert gameday("check", "first.yaml")[0] == 0
    assert gameday("new", "organization", "acme")[0] == 2
    assert gameday("new", "scenario", "../up")[0] == 2


LOG = """\
organization: seiketsu
incidents:
  - id: INC-20250812-0900
    title: "Voice: \\"nothing\\" works"
    severity: P1
    created_at: 2025-08-12T09:05:00Z
    resolved_at: 2025-08-12T10:20:00Z
    impact: [{from: 2025-08-12T09:00:00Z, to: 2025-08-12T10:00:00Z}]
    root_cause: A quota was used up
"""


def test_a_scenario_is_drafted_from_a_past_incident(gameday: Gameday, tmp_path: Path) -> None:
    (tmp_path / "log.yaml").write_text(LOG)
    assert gameday("new", "scenario", "again", "--from", "log.yaml")[0] == 0
    assert gameday("check", "again.yaml")[0] == 0
    scenario = load_scenario(str(tmp_path / "again.yaml"), KINDS).scenario
    assert scenario.title == 'Voice: "nothing" works'
    assert scenario.starts_at.isoformat() == "2025-08-12T09:00:00+00:00"
    assert scenario.faults[0].for_ == 60 * 60_000
    assert "INC-20250812-0900" in scenario.precedent


def test_injects_go_out_to_a_table_and_come_back_the_same(gameday: Gameday, tmp_path: Path) -> None:
    path = tmp_path / "copy.yaml"
    path.write_text(library_scenarios()["api-refuses"].read_text())
    assert gameday("injects", "export", "api-refuses", "table.csv")[0] == 0
    before = load_scenario(str(path), KINDS).document.at("injects")
    assert gameday("injects", "import", "table.csv", str(path))[0] == 0
    assert load_scenario(str(path), KINDS).document.at("injects") == before


def test_what_is_wrong_with_a_table_is_told_by_row(gameday: Gameday, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("id,to,at,says,colour\none,commander,5m,,red\n")
    code, _, told = gameday("injects", "import", "table.csv")
    assert code == 2
    assert 'table.csv:2:1: a row without "says"' in told
    assert "unknown columns: colour" in told


def test_no_drill_begins_in_a_world_that_is_broken_already(gameday: Gameday) -> None:
    """Told with the place, by `check` as well as by `run`."""
    for command in ("check", "run"):
        code, _, told = gameday(command, "quiet-morning", "--set", "services.api.error_ratio=5%")
        assert code == 2
        assert '"api" misses its objective on an ordinary day, so no drill can begin' in told


def test_what_could_be_seen_at_a_moment_is_shown(gameday: Gameday) -> None:
    code, printed, _ = gameday("look", "vendor-quota-used-up", "logs", "--at", "40m")
    assert code == 0
    assert "1008 quota_exceeded" in printed
    assert (
        gameday("look", "vendor-quota-used-up", "status", "--at", "20m")[1]
        == "ElevenLabs API: All systems operational.\n"
    )
    assert "Voice service" in gameday("look", "vendor-quota-used-up", "tickets", "--at", "40m")[1]
    assert gameday("look", "vendor-quota-used-up", "changes", "--at", "5m")[1] == "Nothing.\n"
    assert gameday("look", "vendor-quota-used-up", "logs", "--at", "soon")[0] == 2
    assert gameday("look", "vendor-quota-used-up", "logs", "--at", "5m", "--service", "voise")[0] == 2
