"""Stores to test with: SQLite files, and databases of a PostgreSQL server that the tests start themselves."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drills.runner import play, prepare
from simulator.journal import Journal

NewStore = Callable[[], str]
"""Makes an address at which there is nothing yet."""


def _binaries() -> Path | None:
    """The newest PostgreSQL server's programs: Debian's folder, or wherever the path leads."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Server:
    """A PostgreSQL server on a Unix socket, with all its files in a temporary folder."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()
        # The server refuses to run as root.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        self._run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        self._control = [binaries / "pg_ctl", "-D", data, "-w"]
        self._run(*self._control, "-l", folder / "log", "-o", settings, "start")

    def _run(self, *words: object) -> None:
        command = [*self._as, *map(str, words)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def new(self) -> str:
        """The address of a new and empty database."""
        import psycopg

        name = f"store{next(self._numbers)}"
        with psycopg.connect(host=str(self.folder), user="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def stop(self) -> None:
        self._run(*self._control, "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server of these tests' own; they are skipped where PostgreSQL is missing, except in continuous integration."""
    binaries = _binaries()
    if binaries is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed, and this is continuous integration")
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql has it)")
    folder = Path(tempfile.mkdtemp(prefix="gameday-"))
    started = Server(binaries, folder)
    yield started
    started.stop()
    shutil.rmtree(folder)


@pytest.fixture
def sqlite(tmp_path: Path) -> NewStore:
    numbers = itertools.count()
    return lambda: str(tmp_path / f"store{next(numbers)}.sqlite")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request: pytest.FixtureRequest, sqlite: NewStore) -> NewStore:
    """Every test that asks for this runs on both databases."""
    if request.param == "sqlite":
        return sqlite
    started: Server = request.getfixturevalue("server")
    return started.new


@pytest.fixture(scope="session")
def journals() -> list[Journal]:
    """Drills of several seeds and treatments."""
    prepared = prepare("elevenlabs-intermittent", [])
    drills = [play(prepared, seed, wired=False) for seed in (1, 2, 3)]
    return [*drills, play(prepared, 1, "absent", wired=False), play(prepared, 1, "ideal", wired=False)]


@pytest.fixture(scope="session")
def reports(journals: list[Journal], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder a drill, with its journal, as `gameday run` writes them; and one with a log of real incidents."""
    root = tmp_path_factory.mktemp("reports")
    folders = []
    for number, journal in enumerate(journals):
        folder = root / f"drill{number}"
        folder.mkdir()
        (folder / "journal.jsonl").write_text(journal.text(), encoding="utf-8")
        folders.append(folder)
    (root / "real").mkdir()
    (root / "real" / "incidents.yaml").write_text(LOG, encoding="utf-8")
    return [*folders, root / "real"]


LOG = """organization: seiketsu
incidents:
  - id: INC-1
    title: Login fails
    severity: P1
    created_at: "2025-08-03T04:15:00+02:00"
    first_response_at: 2025-08-03T02:24:00Z
    resolved_at: 2025-08-03T07:05:00Z
    impact:
      - {from: 2025-08-03T02:05:00Z, to: 2025-08-03T06:40:00Z}
      - {from: 2025-08-03T06:00:00Z, to: 2025-08-03T06:50:00Z}
    root_cause: Expired certificate
  - {id: INC-2, title: Dashboard slow, severity: P2, created_at: 2025-08-21T16:00:00Z}
"""
