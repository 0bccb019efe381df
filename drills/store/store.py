"""What can be asked of a store and done to it, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from drills.store import schema
from drills.store.database import Database
from drills.store.files import indexed_files, read_rows
from drills.store.rows import Row, Rows, journal_rows
from scenarios.action_items import FIELDS, ActionItem
from scoring.figures import Incident
from scoring.training import Attendance, Sitting
from simulator.journal import Journal

BATCH = 500
"""Rows a statement: databases bound the number of parameters."""


class Store:
    """A store by its address (`drills.store.address`). Errors are InputErrors."""

    def __init__(self, address: str) -> None:
        self.database = Database(address)

    def check(self) -> None:
        """Make the store if it is not there; raises if this program cannot use it."""
        with self.database.writing():
            pass

    # The index.

    def add_journal(self, journal: Journal, path: Path) -> str:
        """Index a drill whose journal lies at a path; its id."""
        rows = journal_rows(journal, path.resolve())
        with self.database.writing() as connection:
            _index(connection, [rows])
        return str(rows.drills[0]["id"])

    def add(self, places: Sequence[Path]) -> tuple[int, int]:
        """Index every journal and incident log in files and folders; how many drills and how many real incidents."""
        rows = read_rows(indexed_files(places))
        with self.database.writing() as connection:
            return _index(connection, rows)

    def rebuild(self, places: Sequence[Path]) -> tuple[int, int]:
        """Forget the whole index and make it anew from these files and folders; what the store owns stays."""
        rows = read_rows(indexed_files(places))
        with self.database.writing() as connection:
            for table in schema.INDEXED:
                connection.execute(delete(table))
            return _index(connection, rows)

    def drills(self) -> list[Row]:
        """The drills, the latest start first."""
        order = (schema.drills.c.starts_at.desc(), schema.drills.c.id)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(select(schema.drills).order_by(*order)).mappings()]

    # What figures are made of.

    def incidents(self, organization: str, drills: bool = False) -> list[Incident]:
        """The organisation's real incidents or, if asked, those of its valid drills; in order of creation."""
        view = schema.drill_incidents if drills else schema.incidents
        wanted = select(view).where(view.c.organization == organization)
        if drills:
            valid = select(schema.drills.c.id).where(schema.drills.c.valid)
            wanted = wanted.where(view.c.drill_id.in_(valid))
        hurt: dict[str, list[tuple[Any, Any]]] = {}
        with self.database.reading() as connection:
            rows = connection.execute(wanted.order_by(view.c.created_at, view.c.id)).mappings().all()
            order = (schema.impacts.c.incident_id, schema.impacts.c.started_at)
            for impact in connection.execute(select(schema.impacts).order_by(*order)).mappings():
                hurt.setdefault(impact["incident_id"], []).append((impact["started_at"], impact["ended_at"]))
        return [
            Incident(
                id=row["id"] if drills else row["number"],
                **{key: row[key] for key in ("title", "severity", "created_at", "first_response_at", "resolved_at")},
                impacts=tuple(hurt.get(row["id"], ())) if row["impact_known"] else None,
                root_cause=row["root_cause"],
            )
            for row in rows
        ]

    def sittings(self, organization: str) -> list[Sitting]:
        """The seats that people held themselves in the organisation's drills."""
        seats, drills = schema.seats, schema.drills
        wanted = (
            select(seats, drills.c.title, drills.c.valid, drills.c.met, drills.c.starts_at)
            .join(drills, drills.c.id == seats.c.drill_id)
            .where(and_(drills.c.organization == organization, ~seats.c.modelled))
            .order_by(drills.c.starts_at, drills.c.id, seats.c.person, seats.c.role)
        )
        with self.database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [
            Sitting(
                row["person"],
                row["drill_id"],
                row["title"],
                row["starts_at"].date(),
                row["role"],
                row["valid"],
                row["met"],
            )
            for row in rows
        ]

    # What the store owns.

    def names(self) -> dict[str, str]:
        """People's names by participant id."""
        with self.database.reading() as connection:
            return {row.id: row.name for row in connection.execute(select(schema.people).order_by(schema.people.c.id))}

    def name(self, person: str, name: str) -> None:
        """Say what a participant is called."""
        with self.database.writing() as connection:
            _upsert(connection, schema.people, [{"id": person, "name": name}])

    def forget(self, person: str) -> bool:
        """Delete a person's name, from the disk too; journals and their digests keep the id. Whether there was one."""
        with self.database.writing() as connection:
            gone = connection.execute(delete(schema.people).where(schema.people.c.id == person)).rowcount
        self.database.scrub()
        return gone > 0

    def attendances(self, organization: str) -> list[Attendance]:
        """The trainings that people attended."""
        table = schema.attendances
        wanted = select(table.c.person, table.c.program, table.c.attended_on)
        with self.database.reading() as connection:
            rows = connection.execute(wanted.where(table.c.organization == organization)).all()
        return sorted(Attendance(*row) for row in rows)

    def attend(self, organization: str, people: Iterable[str], program: str, on: date) -> None:
        """Record that people attended a training."""
        row = {"organization": organization, "program": program, "attended_on": on}
        with self.database.writing() as connection:
            _upsert(connection, schema.attendances, [{**row, "person": person} for person in sorted(set(people))])

    def ratings(self) -> dict[str, list[bool]]:
        """Customers' answers by incident: whether each was satisfied."""
        table, found = schema.ratings, dict[str, list[bool]]()
        with self.database.reading() as connection:
            for row in connection.execute(select(table).order_by(table.c.incident, table.c.response)):
                found.setdefault(row.incident, []).append(row.satisfied)
        return found

    def rate(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take in customers' answers: `response` (its id; a second time replaces it), `incident`, `satisfied`."""
        with self.database.writing() as connection:
            _upsert(connection, schema.ratings, rows)

    def action_items(self) -> list[ActionItem]:
        """All action items, by id."""
        with self.database.reading() as connection:
            return _items(connection)

    def change_items(self, change: Callable[[dict[str, ActionItem]], Iterable[ActionItem]]) -> list[ActionItem]:
        """Write the items that `change` makes of those in the store (by id); nobody else writes in between."""
        with self.database.writing() as connection:
            changed = list(change({item.id: item for item in _items(connection)}))
            rows = [{name: getattr(item, name) for name in FIELDS} for item in changed]
            _upsert(connection, schema.action_items, rows)
        return changed

    def known_incidents(self) -> set[str]:
        """The ids under which real incidents, and those of drills, are known."""
        with self.database.reading() as connection:
            rows = connection.execute(select(schema.all_incidents.c.number, schema.all_incidents.c.drill_id)).all()
        return {name for row in rows for name in row if name is not None}


def _items(connection: Connection) -> list[ActionItem]:
    rows = connection.execute(select(schema.action_items).order_by(schema.action_items.c.id)).mappings()
    return [ActionItem(**row) for row in rows]


def _index(connection: Connection, files: Iterable[Rows]) -> tuple[int, int]:
    """Write rows over those of the same drills and incidents; how many drills and how many real incidents."""
    drills: dict[str, Rows] = {}
    logged: dict[str, Row] = {}
    impacts: dict[str, list[Row]] = {}
    for rows in files:
        drills.update({str(row["id"]): rows for row in rows.drills})
        logged.update({row["id"]: row for row in rows.all_incidents if not row["is_drill"]})
        for row in rows.all_incidents:
            impacts[row["id"]] = [impact for impact in rows.impacts if impact["incident_id"] == row["id"]]
    of_drills = list(drills.values())
    _upsert(connection, schema.drills, [row for rows in of_drills for row in rows.drills])
    _upsert(connection, schema.seats, [row for rows in of_drills for row in rows.seats])
    incidents = [row for rows in of_drills for row in rows.all_incidents]
    _upsert(connection, schema.all_incidents, [*incidents, *logged.values()])
    if logged:  # A log may have been corrected; a journal never changes.
        _delete_impacts(connection, list(logged))
    _upsert(connection, schema.impacts, [impact for those in impacts.values() for impact in those])
    return len(drills), len(logged)


def _delete_impacts(connection: Connection, incidents: Sequence[str]) -> None:
    for start in range(0, len(incidents), BATCH):
        some = incidents[start : start + BATCH]
        connection.execute(delete(schema.impacts).where(schema.impacts.c.incident_id.in_(some)))


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, over those with the same key."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    keys = [column.name for column in table.primary_key]
    for start in range(0, len(rows), BATCH):
        statement = insert(table)
        others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
        if others:
            statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        connection.execute(statement, [dict(row) for row in rows[start : start + BATCH]])
