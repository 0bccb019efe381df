"""What a store finds again and what it owns, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect

from drills.store import schema
from drills.store.rows import drill_id, hurt_stretches, journal_rows, merged
from drills.store.store import Store
from scenarios.action_items import ActionItem, moved
from scenarios.problems import InputError
from scoring.figures import Incident
from scoring.scorecard import outcome
from scoring.training import Attendance, Sitting
from simulator.journal import Journal
from tests.drills.store.conftest import NewStore


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the tables that are made from files."""
    with store.database.reading() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in schema.INDEXED}


def item(name: str) -> ActionItem:
    return ActionItem(
        id=name, title="Do it", owner="team", priority="high", due_date=date(2025, 8, 16), status="todo", scenario="one"
    )


def test_an_index_made_anew_is_the_index_that_grew(new_store: NewStore, reports: list[Path]) -> None:
    """Real incidents and drills are counted apart, and what the store owns survives."""
    grown, rebuilt = Store(new_store()), Store(new_store())
    assert [grown.add([folder]) for folder in reports] == [(1, 0)] * 5 + [(0, 2)]
    rebuilt.name("alice.engineer", "Alice Example")
    rebuilt.attend("seiketsu", ["alice.engineer"], "annual_training", date(2025, 1, 1))
    rebuilt.rate([{"response": "1", "incident": "INC-1", "satisfied": True}])
    rebuilt.change_items(lambda _: [item("AI-1")])
    rebuilt.add(reports[:2])
    assert rebuilt.rebuild([reports[0].parent]) == (5, 2)
    assert dump(rebuilt) == dump(grown)
    assert rebuilt.names() == {"alice.engineer": "Alice Example"}
    assert rebuilt.attendances("seiketsu") == [Attendance("alice.engineer", "annual_training", date(2025, 1, 1))]
    assert rebuilt.ratings() == {"INC-1": [True]}
    assert [one.id for one in rebuilt.action_items()] == ["AI-1"]
    assert rebuilt.rebuild([reports[0]]) == (1, 0)
    assert (len(rebuilt.drills()), rebuilt.incidents("seiketsu")) == (1, [])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), parts=st.lists(st.integers(1, 5), max_size=3), again=st.integers(0, 5))
def test_the_index_is_the_same_in_whatever_order_files_come(
    sqlite: NewStore, reports: list[Path], order: list[int], parts: list[int], again: int
) -> None:
    """In however many steps, and if one comes twice."""
    whole, piecewise = Store(sqlite()), Store(sqlite())
    whole.rebuild(reports)
    cuts = [0, *sorted(set(parts)), 6]
    for start, stop in itertools.pairwise(cuts):
        piecewise.add([reports[index] for index in order[start:stop]])
    piecewise.add([reports[again]])
    assert dump(piecewise) == dump(whole)


def test_a_drill_says_in_the_store_what_its_journal_says(new_store: NewStore, journals: list[Journal]) -> None:
    """When, by whom, how it went; its incident is that of a drill."""
    store = Store(new_store())
    name = store.add_journal(journals[0], Path("reports/one/journal.jsonl"))
    (row,) = store.drills()
    starts_at = datetime(2025, 8, 9, 14, tzinfo=UTC)
    assert name == drill_id(journals[0]) == row["id"]
    assert (row["starts_at"], row["ended_at"]) == (starts_at, starts_at + timedelta(minutes=90))
    criteria = outcome(journals[0])["criteria"].values()
    assert (row["valid"], row["met"]) == (True, all(criteria))
    assert (row["met_count"], row["criteria_count"]) == (sum(criteria), 4)
    assert row["digest"] == journals[0].digest()
    (incident,) = store.incidents("seiketsu", drills=True)
    times = {
        record["type"]: starts_at + timedelta(milliseconds=record["at_ms"]) for record in reversed(journals[0].records)
    }
    assert incident.created_at == times["incident_triggered"]
    assert incident.first_response_at == times["page_acknowledged"]
    assert incident.resolved_at == times["incident_resolved"]
    assert (incident.severity, incident.root_cause) == ("P1", "ElevenLabs API")
    hurt_ms = sum(stop - start for start, stop in hurt_stretches(journals[0]))
    assert incident.impacts is not None
    assert sum((b - a for a, b in incident.impacts), timedelta()) == timedelta(milliseconds=hurt_ms) > timedelta()


def test_drills_never_count_as_real_incidents_unless_asked(new_store: NewStore, reports: list[Path]) -> None:
    """Nor do they ever count together; an invalid drill counts as nothing."""
    store = Store(new_store())
    store.add(reports)
    real = store.incidents("seiketsu")
    assert [incident.id for incident in real] == ["INC-1", "INC-2"]
    drills = store.incidents("seiketsu", drills=True)
    assert {incident.id for incident in drills} <= {row["id"] for row in store.drills() if row["valid"]}
    assert len(drills) >= 4
    assert store.incidents("another") == store.incidents("another", drills=True) == []


def test_a_logged_incident_is_read_back_as_it_was_logged(new_store: NewStore, reports: list[Path]) -> None:
    """Moments in UTC, stretches of impact without overlap, and what is unknown as unknown."""
    store = Store(new_store())
    store.add(reports[-1:])
    known, unknown = store.incidents("seiketsu")
    assert known == Incident(
        "INC-1",
        "Login fails",
        "P1",
        datetime(2025, 8, 3, 2, 15, tzinfo=UTC),
        datetime(2025, 8, 3, 2, 24, tzinfo=UTC),
        datetime(2025, 8, 3, 7, 5, tzinfo=UTC),
        ((datetime(2025, 8, 3, 2, 5, tzinfo=UTC), datetime(2025, 8, 3, 6, 50, tzinfo=UTC)),),
        "Expired certificate",
    )
    assert (unknown.impacts, unknown.first_response_at, unknown.resolved_at, unknown.root_cause) == (None,) * 4
    assert known.created_at.tzinfo is UTC


def test_a_real_incident_that_has_a_journal_is_indexed_as_it_goes_on(new_store: NewStore, tmp_path: Path) -> None:
    """Created when its declaration says, of the severity to which it was changed, over when resolved for good."""
    starts_at = "2025-08-09T16:00:00+02:00"
    header = {"incident": "INC-7", "organization": "seiketsu", "starts_at": starts_at, "version": "0.1.0"}
    journal = Journal(header)
    stated = {"person": "ann", "incident": "INC-7", "severity": "P2", "title": "Slow"}
    created = {"status": "declared", "created_at": "2025-08-09T13:58:00Z"}
    journal.records.append({"record": 1, "at_ms": 0, "type": "declaration_received", "because": 0, **stated, **created})
    journal.append(0, "incident_triggered", 1, {"kind": "team", "name": "ann"})
    journal.append(0, "incident_declared", 1, stated)
    path = tmp_path / "INC-7" / "journal.jsonl"
    path.parent.mkdir()
    store = Store(new_store())

    def indexed() -> Incident:
        path.write_text(journal.text(), encoding="utf-8")
        assert store.add([tmp_path]) == (0, 1)
        (found,) = store.incidents("seiketsu")
        return found

    begun = datetime(2025, 8, 9, 14, tzinfo=UTC)
    first = Incident("INC-7", "Slow", "P2", begun - timedelta(minutes=2), begun)
    assert indexed() == first
    changed = {"person": "ann", "before": "P2", "after": "P1", "reason": "worse"}
    journal.records.append({"record": 4, "at_ms": 60_000, "type": "severity_changed", "because": 3, **changed})
    journal.append(120_000, "cause_identified", 3, {"person": "ann", "cause": "database"})
    journal.append(180_000, "incident_resolved", 3, {"person": "ann"})
    journal.append(240_000, "incident_reopened", 3, {"person": "ann"})
    assert indexed() == first._replace(severity="P1", root_cause="database")
    journal.append(300_000, "incident_resolved", 7, {"person": "ann"})
    assert indexed().resolved_at == begun + timedelta(minutes=5)
    assert store.drills() == []


def test_a_log_that_was_corrected_replaces_what_it_said(
    new_store: NewStore, reports: list[Path], tmp_path: Path
) -> None:
    store = Store(new_store())
    shutil.copytree(reports[-1], tmp_path / "real")
    store.add([tmp_path / "real"])
    log = tmp_path / "real" / "incidents.yaml"
    text = (
        log.read_text()
        .replace("severity: P1", "severity: P0")
        .replace("02:05:00Z, to: 2025-08-03T06:40", "05:05:00Z, to: 2025-08-03T05:40")
    )
    log.write_text(text)
    store.add([log])
    (first, _) = store.incidents("seiketsu")
    assert first.severity == "P0"
    assert first.impacts is not None
    assert [(a.hour, a.minute, b.hour, b.minute) for a, b in first.impacts] == [(5, 5, 5, 40), (6, 0, 6, 50)]


def test_a_name_can_be_deleted_and_digests_stay(new_store: NewStore, reports: list[Path]) -> None:
    store = Store(new_store())
    store.add(reports[:1])
    before = store.drills()
    store.name("alice.engineer", "Alice Example")
    store.name("alice.engineer", "Alice B. Example")
    assert store.names() == {"alice.engineer": "Alice B. Example"}
    assert store.forget("alice.engineer")
    assert not store.forget("alice.engineer")
    assert store.names() == {}
    assert store.drills() == before


def test_a_deleted_name_is_gone_from_the_disk_too(sqlite: NewStore, reports: list[Path]) -> None:
    address = sqlite()
    store = Store(address)
    store.add(reports[:1])
    store.name("alice.engineer", "Unmistakable Name")
    store.forget("alice.engineer")
    files = list(Path(address).parent.glob(f"{Path(address).name}*"))
    assert not [file for file in files if b"Unmistakable" in file.read_bytes()]


def test_only_seats_that_people_held_themselves_are_sittings(new_store: NewStore, journals: list[Journal]) -> None:
    """A journal's header names those participants who were human; nobody is in virtual time."""
    store = Store(new_store())
    store.add_journal(journals[0], Path("virtual.jsonl"))
    assert store.sittings("seiketsu") == []
    live = Journal({**journals[0].header, "humans": ["alice.engineer"]})
    live.records = journals[0].records
    name = store.add_journal(live, Path("live.jsonl"))
    title = "ElevenLabs API fails intermittently"
    seat = Sitting("alice.engineer", name, title, date(2025, 8, 9), "technical_lead", True, False)
    assert store.sittings("seiketsu") == [seat]


def test_a_drill_of_whose_trouble_nobody_heard_has_no_incident(journals: list[Journal]) -> None:
    silent = Journal(journals[0].header)
    silent.append(0, "drill_started", 0, {})
    silent.append(9, "drill_ended", 0, {})
    assert journal_rows(silent, Path("silent.jsonl")).all_incidents == []


def test_a_journal_whose_records_contradict_each_other_is_refused(journals: list[Journal]) -> None:
    broken = Journal(journals[0].header)
    broken.append(0, "drill_started", 0, {})
    broken.append(1, "objective_left", 0, {"service": ["not", "a", "name"], "error_ratio": 1, "latency_p95_ms": 1})
    broken.append(1, "incident_triggered", 0, {"kind": "alert", "name": "A"})
    with pytest.raises(InputError, match=r"odd\.jsonl: the journal does not hold together"):
        journal_rows(broken, Path("odd.jsonl"))


def test_one_bad_file_leaves_the_index_as_it_was(new_store: NewStore, reports: list[Path], tmp_path: Path) -> None:
    """Every problem of every file is told."""
    store = Store(new_store())
    store.add(reports)
    before = dump(store)
    (tmp_path / "journal.jsonl").write_text("{}\n")
    (tmp_path / "incidents.yaml").write_text("incidents: []\n")
    with pytest.raises(InputError) as caught:
        store.rebuild([tmp_path, *reports])
    assert {Path(problem.file).name for problem in caught.value.problems} == {"journal.jsonl", "incidents.yaml"}
    assert dump(store) == before


def test_two_logs_may_not_tell_of_the_same_incident(new_store: NewStore, reports: list[Path], tmp_path: Path) -> None:
    shutil.copytree(reports[-1], tmp_path / "again")
    with pytest.raises(InputError, match=r'"INC-1" is in .* already'):
        Store(new_store()).add([reports[-1], tmp_path / "again"])


def test_action_items_change_state_together_or_not_at_all(new_store: NewStore) -> None:
    store = Store(new_store())
    store.change_items(lambda _: [item("AI-1"), item("AI-2")])
    today = date(2025, 8, 20)
    store.change_items(lambda known: [moved(known["AI-1"], "done", today)])

    def refused(known: dict[str, ActionItem]) -> list[ActionItem]:
        return [moved(known["AI-2"], "done", today), moved(known["AI-1"], "dropped", today)]

    with pytest.raises(ValueError, match="AI-1 is done and cannot become dropped"):
        store.change_items(refused)
    found = {one.id: (one.status, one.completed_on, one.scenario) for one in store.action_items()}
    assert found == {"AI-1": ("done", today, "one"), "AI-2": ("todo", None, "one")}


def test_more_rows_than_a_statement_may_hold_are_written(new_store: NewStore) -> None:
    store = Store(new_store())
    store.change_items(lambda _: [item(f"AI-{number:04}") for number in range(1201)])
    assert len(store.action_items()) == 1201


@settings(deadline=None)
@given(
    st.datetimes(
        datetime(1971, 1, 1),
        datetime(9990, 1, 1),
        timezones=st.integers(-23, 23).map(lambda h: timezone(timedelta(hours=h))),
    )
)
@pytest.mark.parametrize(
    "dialect", [sqlite_dialect.dialect(), postgresql_dialect.dialect()], ids=["sqlite", "postgresql"]
)
def test_a_moment_keeps_its_place_in_time_whatever_its_offset(dialect: Any, moment: datetime) -> None:
    """What is written has no zone on SQLite, and is UTC when it is read."""
    kind = schema.Moment()
    written = kind.process_bind_param(moment, dialect)
    assert written is not None
    assert (written.tzinfo is None) == (dialect.name == "sqlite")
    read = kind.process_result_value(written, dialect)
    assert read is not None
    assert read == moment
    assert read.tzinfo is UTC


def test_a_moment_without_an_offset_is_a_defect(sqlite: NewStore) -> None:
    with pytest.raises(AssertionError, match="no UTC offset"):
        schema.Moment().process_bind_param(datetime(2025, 8, 9), sqlite_dialect.dialect())  # type: ignore[no-untyped-call]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8))
def test_merged_stretches_cover_the_same_and_are_apart(pairs: list[tuple[int, int]]) -> None:
    found = merged(pairs)
    assert {n for a, b in found for n in range(a, b)} == {n for a, b in pairs for n in range(a, b)}
    assert all(a < b for a, b in found)
    assert all(b < c for (_, b), (c, _) in itertools.pairwise(found))


def test_migrations_make_the_tables_that_the_program_reads(new_store: NewStore) -> None:
    """Column by column, type by type; and so do the views."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    store = Store(new_store())
    store.check()
    with store.database.reading() as connection:
        options = {"version_table": "gameday_store", "include_object": lambda _, name, kind, *__: kind != "index"}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata) == []
        for view in (schema.incidents, schema.drill_incidents):
            assert connection.execute(select(view)).keys() == [column.name for column in schema.all_incidents.columns]


def test_a_store_is_in_write_ahead_mode(sqlite: NewStore) -> None:
    address = sqlite()
    Store(address).check()
    with sqlite3.connect(address) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
