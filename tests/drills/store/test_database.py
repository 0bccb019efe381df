"""What happens to a store when processes are killed, write at once, or differ in age; and what cannot be one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from drills.store import database
from drills.store.address import DEFAULT, VARIABLE, named, parse_address
from drills.store.database import FORMAT, FORMATS, Database, found_format
from drills.store.store import Store
from scenarios.problems import InputError
from tests.drills.store.conftest import NewStore
from tests.drills.store.writer import ITEMS, items

ROOT = Path(__file__).parents[3]


def start_writer(address: str) -> subprocess.Popen[str]:
    """A process that is about to make the store and write to it."""
    words = [sys.executable, "-m", "tests.drills.store.writer", address]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_killed_at_any_moment_leaves_nothing_half_written(new_store: NewStore) -> None:
    """Neither half a store nor half a transaction, in the middle of making it or of writing; the next one goes on."""
    luck = random.Random(1)
    address = new_store()
    written = 0
    for attempt in range(7):
        if attempt in (1, 2, 3):  # a few that die while the store is being made
            address = new_store()
        process = start_writer(address)
        time.sleep(luck.uniform(0.02, 0.15) if attempt < 4 else luck.uniform(0.2, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        store = Store(address)
        with store.database.writing() as connection:
            assert found_format(connection) == FORMAT
        found = store.action_items()
        assert len(found) in (0, ITEMS)
        assert len({one.title for one in found}) <= 1
        written += bool(found)
        store.change_items(lambda _: items("after"))
        assert {one.title for one in store.action_items()} == {"after"}
    assert written, "no process lived long enough to write anything"


def test_many_processes_make_and_fill_one_store_at_once(new_store: NewStore) -> None:
    """None fails, and nothing is lost."""
    address = new_store()
    program = "\n".join(
        [
            "import sys",
            "from drills.store.store import Store",
            "for number in range(8):",
            "    Store(sys.argv[1]).name(f'{sys.argv[2]}-{number}', 'somebody')",
        ]
    )
    words = [sys.executable, "-c", program, address]
    running = [subprocess.Popen([*words, str(one)], cwd=ROOT, stderr=subprocess.PIPE, text=True) for one in range(3)]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
    assert len(Store(address).names()) == 3 * 8


def test_a_reader_is_not_held_up_by_a_writer_and_sees_nothing_unfinished(new_store: NewStore) -> None:
    store = Store(new_store())
    store.name("a", "before")
    with store.database.writing() as connection:
        connection.execute(text("UPDATE people SET name = 'unfinished'"))
        assert store.names() == {"a": "before"}
    assert store.names() == {"a": "unfinished"}


def test_an_older_store_is_refused_until_it_is_upgraded_and_keeps_what_it_holds(
    new_store: NewStore, reports: list[Path]
) -> None:
    """The refusal names the command."""
    store = Store(new_store())
    with store.database._exclusive() as connection:
        database._migrate(connection, FORMATS[0])
        values = "'d', 's', 't', 'seiketsu', 1, 'modelled', '2025-08-09', '2025-08-09', '1', '1', 1, 1, 'x', '0', 'p'"
        connection.execute(text(f"INSERT INTO drills VALUES ({values})"))
    for use in (store.drills, lambda: store.add(reports), store.check):
        with pytest.raises(InputError, match=f"needs {FORMAT}; run: gameday store upgrade --store "):
            use()
    assert store.database.upgrade() == (FORMATS[0], FORMAT)
    assert [row["id"] for row in store.drills()] == ["d"]
    assert store.database.upgrade() == (FORMAT, FORMAT)
    store.name("a", "somebody")


def test_a_store_of_a_newer_version_is_refused_with_the_command_to_run(new_store: NewStore) -> None:
    """Also by `upgrade`, and it is not touched."""
    store = Store(new_store())
    store.check()
    with store.database.writing() as connection:
        connection.execute(text("UPDATE gameday_store SET version_num = '9000'"))
    for use in (store.drills, store.check, store.database.upgrade):
        with pytest.raises(InputError, match=r"9000 is newer than .*; run: pip install --upgrade gameday"):
            use()


def test_the_formats_are_those_of_the_migrations_in_their_order() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == FORMATS


def test_reading_makes_no_store(sqlite: NewStore) -> None:
    """Where there is nothing it is said how to make one."""
    address = sqlite()
    with pytest.raises(InputError, match=r"there is no such file .*gameday store add --store"):
        Store(address).names()
    assert not Path(address).exists()


def test_an_empty_database_is_no_store_yet(server: object, new_store: NewStore, tmp_path: Path) -> None:
    address = new_store()
    if "://" not in address:
        Path(address).touch()
    with pytest.raises(InputError, match="not a store yet"):
        Store(address).names()


@pytest.mark.parametrize(
    "address",
    [
        "mysql://root:secret@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        ":memory:",
        "postgresql",
        "://",
        "sqlite:/x",
        "\0",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if address in ("postgresql", "sqlite:/x"):
        assert parse_address(address).get_backend_name() == "sqlite"  # A path is a path.
        return
    with pytest.raises(InputError, match="expected the path of an SQLite file") as caught:
        Store(address)
    assert "secret" not in str(caught.value)


def test_what_the_database_refuses_is_told_without_traceback_or_password(tmp_path: Path) -> None:
    """A server that does not answer, a file that is no database, a folder that does not exist, a folder as a file."""
    noise = tmp_path / "noise"
    noise.write_bytes(b"this is not a database, although it is long enough to have a header of one" * 20)
    for address, said in [
        (
            "postgresql://me:secret@127.0.0.1:1/nothing",
            r"postgresql\+psycopg://me:\*\*\*@127.0.0.1:1/nothing: .*refused",
        ),
        (str(noise), "not a database"),
        (str(tmp_path / "none" / "store"), "its folder does not exist"),
        (str(tmp_path), "unable to open"),
    ]:
        with pytest.raises(InputError, match=said) as caught:
            Store(address).check()
        assert "secret" not in str(caught.value)


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert named(None) is None
    monkeypatch.setenv(VARIABLE, "from-environment")
    assert (named(None), named("given")) == ("from-environment", "given")
    assert parse_address(DEFAULT).database == DEFAULT


def test_a_missing_library_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'gameday\[postgresql\]'"):
        Database("postgresql://host/db")


def test_an_installation_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    """Of every command about stores, without a traceback."""
    program = "import sys; sys.modules['sqlalchemy'] = None; from drills import cli; cli.main()"
    for words in (
        ["store", "list"],
        ["report", "month", "2025-08"],
        ["run", "elevenlabs-intermittent", "--store", "s"],
    ):
        command = [sys.executable, "-c", program, *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        said = "stores need sqlalchemy, which is not installed: pip install 'gameday[store]'\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_run_without_a_store_imports_no_database_library(tmp_path: Path) -> None:
    program = "\n".join(
        [
            "import sys",
            "from drills import cli",
            "sys.argv = ['gameday', 'run', 'elevenlabs-intermittent']",
            "try:",
            "    cli.main()",
            "except SystemExit:",
            "    print([name for name in ('sqlalchemy', 'alembic', 'psycopg', 'sqlite3') if name in sys.modules])",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert not list(tmp_path.glob("*.sqlite"))
