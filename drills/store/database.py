"""The connection to a store: SQLite in WAL mode or PostgreSQL; its making, its format, and what can go wrong.

A transaction that writes takes its place before it reads anything, so that two writers wait for each other instead of
failing. Making or upgrading a store is one transaction too: a process that is killed in the middle leaves nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drills.store.address import libraries, parse_address, refuse

with libraries():
    from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

VERSION_TABLE = "gameday_store"
"""The table of the store's format; its own name, so that a store can share a database."""
FORMATS = ("0001", "0002")
"""Every format there has been; this version reads and writes the last one."""
FORMAT = FORMATS[-1]
WAIT_S = 30
"""How long a writer waits for the others."""
LOCK = 0x67616D65
"""The number of PostgreSQL's advisory lock for those who write."""


class Database:
    """One store. `reading` and `writing` give transactions; both refuse a store of another format."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._url = parse_address(address)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.shown = str(self._url.database) if self.is_sqlite else self._url.render_as_string(hide_password=True)
        with libraries():
            self._engine = self._make_engine()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; the store has to be there."""
        with self._translated():
            if self.is_sqlite and not Path(str(self._url.database)).exists():
                refuse(self.shown, f"there is no such file (gameday store add --store {self.address} FOLDER makes it)")
            with self._engine.begin() as connection:
                self._check(found_format(connection))
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write, alone among writers; a store that is not there is made."""
        with self._translated(), self._exclusive() as connection:
            found = found_format(connection)
            if found is None:
                _migrate(connection)
            else:
                self._check(found)
            yield connection

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the store to the present format, or make it; the format before (None: it was not there) and after."""
        with self._translated(), self._exclusive() as connection:
            found = found_format(connection)
            if found is not None and found not in FORMATS:
                self._check(found)
            _migrate(connection)
        return found, FORMAT

    def scrub(self) -> None:
        """Let nothing deleted remain in SQLite's log beside the file; PostgreSQL's vacuum does that by itself."""
        if self.is_sqlite:
            with self._translated(), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _make_engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(self._url, poolclass=NullPool, connect_args={"connect_timeout": WAIT_S})
        engine = create_engine(self._url, poolclass=NullPool, connect_args={"timeout": WAIT_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def _exclusive(self) -> Iterator[Connection]:
        if self.is_sqlite and not Path(str(self._url.database)).parent.is_dir():
            refuse(self.shown, "its folder does not exist")
        with self._engine.execution_options(writes=True).begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection

    def _check(self, found: str | None) -> None:
        if found == FORMAT:
            return
        if found is None:
            refuse(self.shown, f"not a store yet (gameday store add --store {self.address} FOLDER makes it one)")
        if found in FORMATS:
            command = f"gameday store upgrade --store {self.shown}"
            refuse(self.shown, f"its format is {found}, this gameday needs {FORMAT}; run: {command}")
        newer = f"its format {found} is newer than this gameday knows ({FORMAT}); run: pip install --upgrade gameday"
        refuse(self.shown, newer)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What the database refuses is an error of the input, without a traceback and without the password."""
        try:
            yield
        except sqlite3.Error as error:
            refuse(self.shown, str(error))
        except DBAPIError as error:
            refuse(self.shown, " ".join(str(error.orig).split()))
        except SQLAlchemyError as error:
            refuse(self.shown, " ".join(str(error).split()))


def found_format(connection: Connection) -> str | None:
    """The format of the store behind a connection; None where there is none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return found


def _migrate(connection: Connection, to: str = FORMAT) -> None:
    """Run the migrations that the store lacks, in the transaction of the connection."""
    with libraries():
        from alembic import command
        from alembic.config import Config
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Leave transactions to `_begin_sqlite` (the driver would commit before each CREATE), and turn WAL on once."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            _turn_on_wal(cursor)
    finally:
        cursor.close()


def _turn_on_wal(cursor: Any) -> None:
    """The change needs the file for itself, and SQLite does not wait for that by itself."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
