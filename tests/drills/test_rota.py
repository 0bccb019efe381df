"""`gameday oncall`, and what `gameday check` says of the rota."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import scenarios
from drills import rota
from tests.drills.test_cli import FLAGSHIP, Gameday, gameday

__all__ = ["gameday"]

OFFICE = "schedules.primary.restrictions=[{days: [mon, tue, wed, thu, fri], from: 08:00, to: 20:00}]"
BERLIN = "timezone=Europe/Berlin"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(scenarios.__file__).parent / "seiketsu", tmp_path / "ours"))


def test_oncall_says_who_would_be_paged_at_each_level_and_for_each_role(gameday: Gameday) -> None:
    code, out, _ = gameday("oncall", "--at", "2025-08-09T14:00")
    assert (code, out.splitlines()[:3]) == (
        0,
        [
            "Seiketsu AI · Sat 2025-08-09 14:00 UTC",
            "level 1, 5m to acknowledge",
            "  alice.engineer           primary, until Mon 2025-08-11 00:00 UTC",
        ],
    )
    assert "  technical_lead         alice.engineer, bob.engineer, dana.lead" in out.splitlines()


def test_oncall_says_the_same_as_one_json_document(gameday: Gameday) -> None:
    code, out, _ = gameday("oncall", "seiketsu", "--at", "2025-08-11T01:30:00+02:00", "--format", "json")
    found = json.loads(out)
    assert (code, found["at"]) == (0, "2025-08-10T23:30:00Z")
    assert found["levels"][0] == {
        "level": 1,
        "timeout_s": 300.0,
        "pages": ["alice.engineer"],
        "targets": [{"target": "primary", "person": "alice.engineer", "until": "2025-08-11T00:00:00Z"}],
    }
    assert found["levels"][2]["targets"][0]["until"] is None
    assert found["roles"]["commander"] == ["charlie.manager", "dana.lead"]


def test_a_time_without_an_offset_is_local_to_the_organisation(gameday: Gameday) -> None:
    shown = [gameday("oncall", "--at", at, "--set", BERLIN)[1] for at in ("2025-08-10T22:30Z", "2025-08-11T00:30")]
    assert shown[0] == shown[1]
    assert "Mon 2025-08-11 00:30 CEST" in shown[0]
    assert "bob.engineer             primary" in shown[0]


def test_without_a_time_it_is_now_and_without_an_organisation_the_one_in_this_folder(
    gameday: Gameday, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ours / "organization.yaml"
    file.write_text(file.read_text().replace("title: Seiketsu AI", "title: Ours"))
    monkeypatch.chdir(ours)
    before = datetime.now(UTC).replace(microsecond=0)
    _, out, _ = gameday("oncall", "--format", "json")
    assert before <= datetime.fromisoformat(json.loads(out)["at"]) <= datetime.now(UTC)
    assert gameday("oncall")[1].startswith("Ours · ")


def test_a_level_with_nobody_on_call_is_said_to_be_passed_over(gameday: Gameday) -> None:
    _, out, _ = gameday("oncall", "--at", "2025-08-09T14:00", "--set", OFFICE)
    assert out.splitlines()[1:3] == [
        "level 1, 5m to acknowledge: nobody, the next level is paged",
        "  nobody                   primary, until Mon 2025-08-11 08:00 UTC",
    ]


def test_a_period_is_reported_with_coverage_balance_and_gaps(gameday: Gameday) -> None:
    words = ("oncall", "--from", "2025-08-04", "--to", "2025-08-18", "--set", OFFICE, "--set", BERLIN)
    _, out, _ = gameday(*words)
    lines = out.splitlines()
    assert lines[2].split() == [
        *("primary", "35.7", "%", "100.0", "%", "68", "alice.engineer", "2d12h,", "bob.engineer", "2d12h"),
    ]
    assert lines[5].startswith("primary: nobody on call for 9d: Mon 2025-08-04 00:00 CEST to Mon 2025-08-04 08:00 CEST")
    assert lines[5].endswith("6 times more")
    found = json.loads(gameday(*words, "--format", "json")[1])["schedules"]
    assert (found["primary"]["coverage_percent"], found["primary"]["balance_percent"]) == (35.71, 100.0)
    assert (found["primary"]["quality"], len(found["primary"]["nobody"])) == (68, 11)
    assert found["secondary"]["shifts"][0] == {
        "person": "bob.engineer",
        "from": "2025-08-03T22:00:00Z",
        "to": "2025-08-10T22:00:00Z",
    }


def test_a_rota_written_to_a_calendar_can_take_the_place_of_the_schedules(gameday: Gameday, ours: Path) -> None:
    period = ("--from", "2025-08-04", "--to", "2025-09-29")
    code, out, _ = gameday("oncall", "ours", *period, "--ical", "ours/rota.ics")
    assert (code, out) == (0, "ours/rota.ics: 17 shifts of 3 schedules\n")
    before = json.loads(gameday("oncall", "ours", *period, "--format", "json")[1])
    file = ours / "organization.yaml"
    text = file.read_text()
    start, end = text.index("  primary: {rotation"), text.index("escalation:\n")
    names = ("primary", "secondary", "manager")
    file.write_text(text[:start] + "".join(f"  {name}: {{ical: rota.ics}}\n" for name in names) + "\n" + text[end:])
    assert json.loads(gameday("oncall", "ours", *period, "--format", "json")[1]) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "soon"), "--at: not a date and time"),
        (("--at", "9999-12-31"), "--at: not a date and time"),
        (("--to", "2025-01-01", "--from", "2025-01-01"), "--to: expected a moment after"),
        (("--to", "2045-01-01", "--from", "2025-01-01"), "at most ten years later"),
        (("--ical", "none/rota.ics"), "cannot write to none/rota.ics"),
        (("elsewhere",), 'unknown organization "elsewhere"'),
    ],
)
def test_wrong_input_is_told_without_a_traceback(gameday: Gameday, words: tuple[str, ...], said: str) -> None:
    code, out, err = gameday("oncall", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_check_finds_the_times_of_a_drill_at_which_nobody_is_on_call(gameday: Gameday) -> None:
    late = ("--set", "schedules.primary.restrictions=[{from: 15:00}]")
    code, out, _ = gameday("check", FLAGSHIP, "--set", "HighErrorRate.for=1m", *late)
    assert code == 1
    assert out.splitlines()[:2] == [
        f"{FLAGSHIP}: valid; 1 schedule with nobody on call at times",
        "  primary: nobody on call for 1h: Sat 2025-08-09 14:00 UTC to Sat 2025-08-09 15:00 UTC",
    ]
    _, out, _ = gameday("check", FLAGSHIP, *late, "--format", "json")
    (found,) = json.loads(out)["checked"][0]["rota"]
    assert found["schedule"] == "primary"
    assert found["times"] == [{"from": "2025-08-09T14:00:00Z", "to": "2025-08-09T15:00:00Z"}]


def test_check_looks_four_weeks_ahead_in_an_organisation(gameday: Gameday, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2025, 8, 4, tzinfo=UTC)

    monkeypatch.setattr(rota, "datetime", Clock)
    code, out, _ = gameday("check", "seiketsu")
    assert (code, out.splitlines()[0]) == (0, "seiketsu: valid; nothing found")
    code, out, _ = gameday("check", "seiketsu", "--set", "schedules.primary.since=2025-10-06")
    assert (code, out.splitlines()[:2]) == (
        1,
        [
            "seiketsu: valid; 1 schedule with nobody on call at times",
            "  primary: nobody on call for 28d: Mon 2025-08-04 00:00 UTC to Mon 2025-09-01 00:00 UTC",
        ],
    )


def test_in_a_drill_the_page_goes_to_the_next_level_while_nobody_is_on_call(gameday: Gameday) -> None:
    words = ("run", FLAGSHIP, "--report", "drill", "--set", "schedules.primary.restrictions=[{from: 16:00}]")
    gameday(*words)
    records = [json.loads(line) for line in Path("drill/journal.jsonl").read_text().splitlines()[1:]]
    first = next(record for record in records if record["type"] == "page")
    assert (first["to"], first["reason"]) == ("bob.engineer", "escalation level 2")
