"""Timelines from outside: what is read, what is refused and where, and what the rows amount to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.problems import InputError
from scoring.timeline.judging import MEASURES, judge
from scoring.timeline.reading import open_timeline
from scoring.timeline.rows import EVENTS, parse_moment
from scoring.timeline.text import timeline_text

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_file


def at(minute: int) -> str:
    return (datetime(2025, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()


def row(minute: int, event: str, **fields: Any) -> dict[str, Any]:
    return {"at": at(minute), "event": event, **fields}


def judged(write: Write, rows: Sequence[dict[str, Any]], **top: Any) -> dict[str, Any]:
    return judge(open_timeline(write("timeline.json", json.dumps({"timeline": "T", "rows": rows, **top}))))


def minutes(card: dict[str, Any], measure: str) -> float | None:
    value = card["measures"][measure]["value_s"]
    return None if value is None else value / 60


def problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as error:
        judge(open_timeline(path))
    return [str(problem).removeprefix(f"{path}:") for problem in error.value.problems]


# What the rows amount to.


def test_detection_is_the_first_signal_of_any_kind(write: Write) -> None:
    rows = [row(0, "impact_started"), row(5, "alert_fired"), row(3, "customer_reported", who="a shop")]
    card = judged(write, rows)
    assert minutes(card, "time_to_detect") == 3
    assert card["detected_by"] == {"kind": "customer", "name": "a shop"}


def test_a_row_named_by_hand_stands_for_a_milestone(write: Write) -> None:
    rows = [row(0, "impact_started"), row(2, "alert_fired"), row(7, "note", what="somebody looked at the alert")]
    card = judged(write, rows, milestones={"detected": 3})
    assert minutes(card, "time_to_detect") == 7
    assert "row 3" in card["measures"]["time_to_detect"]["definition"]


def test_trouble_seen_before_the_impact_has_a_negative_time(write: Write) -> None:
    card = judged(write, [row(0, "impact_started"), row(-4, "alert_fired")])
    assert minutes(card, "time_to_detect") == -4
    assert any("negative" in note["text"] for note in card["notes"])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(5, "mitigation_applied", effective=True), row(9, "mitigation_applied", effective=True)], 9),
        ([row(5, "mitigation_applied", effective=True), row(9, "mitigation_applied", effective=False)], 5),
        (
            [row(5, "mitigation_applied", effective=True, final=True), row(9, "mitigation_applied", effective=True)],
            5,
        ),
        ([row(9, "mitigation_applied", effective=False), row(12, "impact_ended")], 12),
        ([row(9, "mitigation_applied", effective=False)], None),
    ],
)
def test_mitigated_is_the_final_mitigation_else_the_last_effective_else_the_end_of_impact(
    write: Write, rows: list[dict[str, Any]], expected: int | None
) -> None:
    assert minutes(judged(write, [row(0, "impact_started"), *rows]), "time_to_mitigate") == expected


def test_resolutions_on_paper_do_not_count_wherever_the_real_one_stands(write: Write) -> None:
    rows = [
        row(60, "resolved"),
        row(0, "impact_started"),
        row(20, "resolved", paperwork=True),
        row(40, "resolved"),
        row(90, "resolved", paperwork=True),
        row(75, "declared"),
    ]
    card = judged(write, rows)
    assert (minutes(card, "time_to_resolve"), minutes(card, "time_to_declare")) == (60, 75)
    assert any("declared after" in note["text"] for note in card["notes"])


def test_silence_lasts_from_the_first_update_to_the_resolution(write: Write) -> None:
    rows = [row(0, "impact_started"), row(2, "alert_fired"), row(60, "resolved"), row(400, "public_update", status="x")]
    assert minutes(judged(write, rows), "longest_public_silence") == 58  # Nothing was said before it was over.
    rows += [row(10, "public_update", status="x"), row(25, "public_update", status="x")]
    result = judged(write, rows)["measures"]["longest_public_silence"]
    assert (result["value_s"], result["from"]["record"], result["to"]["milestone"]) == (35 * 60, 6, "resolved")


def test_a_promise_is_kept_by_the_next_update_or_where_none_follows_by_the_resolution(write: Write) -> None:
    def update(minute: int, promised: int | None = None) -> dict[str, Any]:
        next_at = {} if promised is None else {"next_update_at": at(promised)}
        return row(minute, "public_update", status="investigating", **next_at)

    rows = [update(0, 10), update(10, 20), update(24, 30), update(40, 60), row(55, "resolved")]
    assert judged(write, rows)["promises"] == {"made": 4, "kept": 2, "within_5m": 3}
    assert judged(write, rows[:-1])["promises"] == {"made": 4, "kept": 1, "within_5m": 2}


def test_what_no_row_tells_is_unknown(write: Write) -> None:
    card = judged(write, [row(0, "note", what="Nothing else is known.")])
    assert {result["status"] for result in card["measures"].values()} == {"unknown"}
    assert {result["value_s"] for result in card["measures"].values()} == {None}
    assert "unknown" in timeline_text(card)


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minute: timezone(timedelta(minutes=minute)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_neither_order_nor_offsets_of_rows_change_a_measure(write: Write, data: st.DataObject) -> None:
    """Shuffled, and each written with another clock, the same rows give the same figures; so does every format."""
    needed: dict[str, dict[str, Any]] = {
        "role_joined": {"role": "lead"},
        "mitigation_applied": {"effective": True},
        "public_update": {"status": "open"},
    }
    seconds = data.draw(st.lists(st.integers(0, 9000), min_size=1, max_size=15, unique=True))
    events = data.draw(st.lists(st.sampled_from(sorted(EVENTS)), min_size=len(seconds), max_size=len(seconds)))
    begin = datetime(2025, 3, 1, 12, tzinfo=UTC)
    moments = [begin + timedelta(seconds=second) for second in seconds]
    rows = [(moment, {"event": event, **needed.get(event, {})}) for moment, event in zip(moments, events, strict=True)]
    shuffled = data.draw(st.permutations(rows))
    plain = [{"at": moment.isoformat(), **fields} for moment, fields in rows]
    turned = [{"at": moment.astimezone(data.draw(OFFSETS)).isoformat(), **fields} for moment, fields in shuffled]
    columns = ("at", "event", "role", "effective", "status")
    lines = [",".join(columns), *(",".join(str(one.get(name, "")) for name in columns) for one in turned)]
    wanted = figures(judged(write, plain))
    assert figures(judged(write, turned)) == wanted
    assert figures(judge(open_timeline(write("t.csv", "\n".join(lines))))) == wanted
    assert figures(judge(open_timeline(write("t.yaml", f"rows: {json.dumps(turned)}")))) == wanted


def figures(card: dict[str, Any]) -> Any:
    return {name: (one["status"], one["value_s"]) for name, one in card["measures"].items()}, card["promises"]


# What is read.


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-03-01T12:00:00z", "2025-03-01T12:00:00Z"),
        ("2025-03-01 12:00:00Z", "2025-03-01T12:00:00Z"),
        ("2025-03-01T12:00Z", "2025-03-01T12:00:00Z"),
        ("2025-03-01T05:30:00.123456789-06:30", "2025-03-01T12:00:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2025-03-01T12:00:00-00:00", "2025-03-01T12:00:00Z"),
    ],
)
def test_times_are_those_of_rfc_3339(text: str, same: str) -> None:
    assert parse_moment(text)[0] == parse_moment(same)[0]


@pytest.mark.parametrize(
    "text",
    ["", "now", "12:00", "2025-03-01", "2025-03-01T12:00:00", "2025-13-01T12:00:00Z", "2025-02-29T12:00:00Z",
     "2025-03-01T24:00:00Z", "2025-03-01T12:60:00Z", "2025-03-01T12:00:00+25:00", "20250301T120000Z",
     "2025-W09-6T12:00:00Z", "1740830400", "0001-01-01T00:00:00+14:00", "\uff12025-03-01T12:00:00Z", 1740830400, None],
)  # fmt: skip
def test_other_times_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a date and time"):
        parse_moment(text)


def test_csv_as_spreadsheets_write_it_is_read(write: Write) -> None:
    """A byte-order mark, semicolons, quoted line ends, empty lines and capitals in the header do no harm."""
    lines = ["At;Event;What;Effective", f'{at(0)};impact_started;"two\r\nlines; one row";', ";;;", ""]
    lines += [f"{at(4)};mitigation_applied;;TRUE", ""]
    card = judge(open_timeline(write("sheet.csv", b"\xef\xbb\xbf" + "\r\n".join(lines).encode())))
    assert (card["rows"], minutes(card, "time_to_mitigate")) == (2, 4)


def test_a_file_without_a_telling_name_is_known_by_its_beginning(write: Write) -> None:
    rows = [row(0, "impact_started"), row(1, "alert_fired")]
    texts = [
        json.dumps({"rows": rows}),
        "rows:\n" + "".join(f"- {{at: {one['at']}, event: {one['event']}}}\n" for one in rows),
        "event,at\n" + "".join(f"{one['event']},{one['at']}\n" for one in rows),
    ]
    for text in texts:
        assert minutes(judge(open_timeline(write("timeline", text))), "time_to_detect") == 1


def test_a_csv_of_any_length_is_read_in_little_memory(write: Write) -> None:
    """Ten times the rows cost less than one and a half times the memory, because none is kept."""
    import tracemalloc

    peaks = []
    for count in (1_000, 10_000):
        lines = (f"{at(n % 5000)},note,,row {n}\n" for n in range(count))
        path = write("long.csv", "".join(itertools.chain(["at,event,who,what\n"], lines)))
        tracemalloc.start()
        assert judge(open_timeline(path))["rows"] == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_yaml_timeline_may_have_more_values_than_a_scenario(write: Write) -> None:
    moments = [at(minute) for minute in range(15_000)]
    lines = [
        f"- {{at: {one}, event: public_update, status: a, next_update_at: {one}, who: b, what: c}}\n" for one in moments
    ]
    assert judge(open_timeline(write("long.yaml", "rows:\n" + "".join(lines))))["rows"] == 15_000


# What is refused, and where.

GOOD = f"{at(0)},impact_started,"


@pytest.mark.parametrize(
    ("name", "content", "place", "said"),
    [
        ("a.csv", "", "1:1:", "the file is empty"),
        ("a.yaml", b"\xef\xbb\xbf \n", "1:1:", "the file is empty"),
        ("a.csv", "at,event\n", "1:1:", "no rows"),
        ("a.csv", f"at,event,what\n{GOOD}\n2025-03-01,declared,\n", "3:1: row 2.at", "not a time"),
        (
            "a.csv",
            f"at,what,event\n{at(0)},\"a\nb, c\",note\n{at(0)},'x',rabbit\n",
            "4:31: row 2.event",
            "not an event",
        ),
        ("a.csv", f"at,event\n{at(0)},declard\n", "2:27: row 1.event", 'did you mean "declared"'),
        ("a.csv", f"at,event\n{at(0)},note,x\n", "2:1: row 1", "3 fields where the header has 2"),
        ("a.csv", f'at,event,what\n{at(0)},note,"never closed\n{at(1)},note,\n', "2:1:", "not closed"),
        ("a.csv", f"at,event,wat\n{GOOD}\n", "1:10:", 'did you mean "what"'),
        ("a.csv", f"at,event,at\n{GOOD}\n", "1:10:", "twice"),
        ("a.csv", "when,event\n", "1:1:", "unknown column"),
        ("a.csv", f"at,event,what\n{GOOD}caf".encode() + b"\xe9\n", "2:45:", "byte 0xe9"),
        ("a.csv", "at,event\n".encode("utf-16"), "1:1:", "UTF-16"),
        ("a.json", '{"rows": [{"at": "2025', "1:18:", "not valid JSON"),
        ("a.json", "[1]", "1:1:", "expected a mapping"),
        ("a.json", '{\n "rows": [\n  {"at": "x", "event": "note"}]}', "3:10: rows[0].at", "not a time"),
        ("a.json", '{"rows": [], "rows": []}', "1:1:", "twice"),
        ("a.json", '{"rows": "x"}', "1:10: rows", "expected a list"),
        ("a.yaml", "rows: [{at: x, event: note}", "2:1:", "not valid YAML"),
        ("a.yaml", f"rows:\n- {{at: {at(0)}, event: role_joined}}\n", "2:3: rows[0]", "role_joined needs role"),
        ("a.yaml", f"rows:\n- {{at: {at(0)}, event: mitigation_applied}}\n", "2:3: rows[0]", "needs effective"),
        ("a.yaml", f"rows:\n- {{at: {at(0)}, event: note, role: x}}\n", "2:54: rows[0].role", "belongs to"),
        ("a.yaml", "rows:\n- {event: note}\n", "2:3: rows[0]", "has no at"),
        ("a.yaml", f"rows:\n- {{at: {at(0)}}}\n", "2:3: rows[0]", "has no event"),
        ("a.yaml", "rows:\n- declared\n", "2:3: rows[0]", "expected a row"),
        ("a.yaml", f"rows:\n- {{at: {at(0)}, event: note, wat: x}}\n", "2:48: rows[0].wat", "unknown key"),
        ("a.yaml", "row: []\nrows: []\n", "1:1: row", 'did you mean "rows"'),
        (
            "a.yaml",
            f"rows:\n- {{at: {at(0)}, event: note}}\nmilestones: {{detected: 2}}",
            "3:24: milestones.detected",
            "there is no row 2",
        ),
        ("a.yaml", f"rows:\n- {{at: {at(0)}, event: note}}\nmilestones: {{seen: 1}}", "3:14: milestones.seen", "not a"),
        (
            "a.yaml",
            f"rows:\n- at: {at(9)}\n  event: public_update\n  status: x\n  next_update_at: {at(8)}\n",
            "5:19: rows[0].next_update_at",
            "before this one",
        ),
        (
            "a.yaml",
            f"rows:\n- {{at: {at(0)}, event: mitigation_applied, effective: no, final: yes}}\n",
            "2:84: rows[0].final",
            "no effect",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    write: Write, name: str, content: str | bytes, place: str, said: str
) -> None:
    found = problems(write(name, content))
    assert any(problem.startswith(place) and said in problem for problem in found), found


def test_a_file_full_of_faults_names_the_first_twenty(write: Write) -> None:
    lines = "".join("never,nothing\n" for _ in range(1000))
    assert len(problems(write("a.csv", f"at,event\n{lines}"))) == 20


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "no such file" in problems(tmp_path / "none.yaml")[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["t.yaml", "t.json", "t.csv", "t"]))
def test_a_damaged_file_is_judged_or_refused_but_never_breaks_the_program(
    write: Write, data: st.DataObject, name: str
) -> None:
    """Cut, overwritten and interleaved files give a scorecard or located problems."""
    rows = [row(0, "impact_started"), row(3, "public_update", status="open", next_update_at=at(9))]
    texts = {
        "t.csv": f"at,event,status,next_update_at\n{at(0)},impact_started,,\n{at(3)},public_update,open,{at(9)}\n",
        "t.yaml": f"rows:\n- {json.dumps(rows[0])}\n- {json.dumps(rows[1])}\nmilestones: {{detected: 1}}\n",
    }
    content = bytearray(texts.get(name, json.dumps({"timeline": "T", "rows": rows})).encode())
    del content[data.draw(st.integers(1, len(content))) :]
    for _ in range(data.draw(st.integers(0, 4))):
        where = data.draw(st.integers(0, len(content)))
        content[where : where + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path = write(name, bytes(content))
    try:
        card = judge(open_timeline(path))
    except InputError as error:
        assert all(problem.file == str(path) and problem.message for problem in error.problems)
    else:
        assert set(MEASURES) < set(card["measures"])
