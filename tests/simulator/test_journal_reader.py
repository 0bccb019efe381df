"""Journals read back: the same journal, or every reason why the file is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.problems import InputError
from simulator.journal import Journal
from simulator.journal_reader import read_journal

HEADER: dict[str, Any] = {
    "scenario": "trouble",
    "title": "Line\u2028separated \x85 title",
    "organization": "small",
    "seed": 1,
    "treatment": "modelled",
    "starts_at": "2025-08-09T14:00:00+00:00",
    "severity": "P1",
    "version": "0.1.0",
}


def journal() -> Journal:
    made = Journal(HEADER)
    made.append(0, "drill_started", 0, {})
    made.append(5, "team_noticed", 1, {"person": "ann", "service": "shop"})
    made.append(9, "drill_ended", 0, {})
    return made


def written(folder: Path, change: Callable[[list[str]], object] = len) -> Path:
    """The journal's file, with its lines changed."""
    lines = journal().text().split("\n")[:-1]
    change(lines)
    path = folder / "journal.jsonl"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def test_a_journal_that_was_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    read = read_journal(written(tmp_path))
    assert read.text() == journal().text()
    assert read.digest() == journal().digest()


def test_a_type_of_record_that_a_later_version_writes_is_kept(tmp_path: Path) -> None:
    later = '{"record":4,"at_ms":9,"type":"moon_rose","because":0}'
    assert read_journal(written(tmp_path, lambda lines: lines.append(later))).records[-1]["type"] == "moon_rose"


def test_a_last_line_that_does_not_end_is_left_out(tmp_path: Path) -> None:
    """It was being written when a process was killed, or still is."""
    path = written(tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    assert read_journal(path).records == journal().records[:-1]


def test_the_journal_of_a_real_incident_needs_no_scenario(tmp_path: Path) -> None:
    header = {"incident": "INC-1", "organization": "small", "starts_at": "2025-08-09T14:00:00Z", "version": "1"}
    path = tmp_path / "journal.jsonl"
    path.write_text(Journal(header).text(), encoding="utf-8")
    assert read_journal(path).header == header
    path.write_text(Journal({**header, "incident": 1}).text(), encoding="utf-8")
    with pytest.raises(InputError, match="incident: wrong type or missing"):
        read_journal(path)


def _set(line: int, **values: Any) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        lines[line] = json.dumps({**json.loads(lines[line]), **values})

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines.clear(), ":1:1: not a JSON object"),
        (lambda lines: lines.__setitem__(3, lines[3][:9]), ":4:1: not a JSON object"),
        (_set(0, incident="INC-1", scenario=["no", "text"]), ":1:1: scenario: wrong type or missing"),
        (lambda lines: lines.__setitem__(2, "[" * 100_000), ":3:1: not a JSON object"),
        (lambda lines: lines.pop(0), ":1:1: journal: not a journal that this version reads (got null; expected 1)"),
        (_set(0, journal=2), ":1:1: journal: not a journal that this version reads (got 2; expected 1)"),
        (_set(0, seed="one"), ':1:1: seed: wrong type or missing (got "one"; expected int)'),
        (_set(0, starts_at="2025-08-09T14:00"), ":1:1: starts_at: not a date and time"),
        (lambda lines: lines.pop(2), ":3:1: record 3 stands where 2 is expected"),
        (_set(2, because=2), ":3:1: record 2 names record 2 as its reason"),
        (_set(3, at_ms=4), ":4:1: time goes back from 5 to 4 ms"),
        (_set(2, at_ms=1.5), ":3:1: at_ms: wrong type or missing (got 1.5; expected int)"),
        (lambda lines: lines.__setitem__(2, lines[2].replace("service", "server")), ":3:1: team_noticed lacks service"),
    ],
)
def test_a_file_that_is_no_journal_is_refused_with_the_place(
    tmp_path: Path, change: Callable[[list[str]], object], said: str
) -> None:
    path = written(tmp_path, change)
    with pytest.raises(InputError) as caught:
        read_journal(path)
    assert any(str(problem).startswith(f"{path}{said}") for problem in caught.value.problems), str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "noise.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_journal(path)
