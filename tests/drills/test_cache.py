"""Validated inputs kept from run to run: as good as a fresh load, and gone as soon as anything has changed."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scenarios
from drills import cache, runner
from drills.cache import Entry, keep, recall
from drills.runner import play, prepare

FLAGSHIP = "elevenlabs-intermittent"
PACKAGE = Path(scenarios.__file__).parent


@contextmanager
def cache_in(folder: Path) -> Iterator[Path]:
    """Keep entries in this folder; where they lie."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "gameday"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    """The flagship is kept, as the only entry; the file that holds it."""
    with cache_in(tmp_path) as folder:
        prepare(FLAGSHIP)
        [file] = folder.glob("*.inputs")
        yield file


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a scenario and an organisation of one's own, which are kept."""
    shutil.copytree(PACKAGE / "seiketsu", tmp_path / "seiketsu")
    text = (PACKAGE / "library" / f"{FLAGSHIP}.yaml").read_text()
    (tmp_path / "own.yaml").write_text(text.replace("organization: seiketsu", "organization: ./seiketsu"))
    monkeypatch.chdir(tmp_path)
    with cache_in(tmp_path / "cache"):
        prepare("own.yaml")
        assert recall("own.yaml", ()) is not None
        yield tmp_path


def test_a_drill_on_kept_inputs_is_that_on_fresh_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cache_in(tmp_path):
        fresh = prepare(FLAGSHIP, ("HighErrorRate.for=1m",))

        def forbidden(*_: object) -> None:
            raise AssertionError("the inputs were validated again")

        monkeypatch.setattr(runner, "_validate", forbidden)
        again = prepare(FLAGSHIP, ("HighErrorRate.for=1m",))
    for seed in (1, 7):
        first, second = play(fresh, seed, wired=False), play(again, seed, wired=False)
        assert first.text() == second.text()


@pytest.mark.parametrize(
    "file",
    ["own.yaml", *(f"seiketsu/{name}.yaml" for name in ("organization", "alert-rules", "mitigation-strategies"))],
)
def test_a_change_of_any_file_that_went_in_is_noticed(own: Path, file: str) -> None:
    path = own / file
    before = path.read_text()
    path.write_text(before + "# A remark.\n")
    assert recall("own.yaml", ()) is None
    path.write_text(before)
    assert recall("own.yaml", ()) is not None
    path.unlink()
    assert recall("own.yaml", ()) is None


def test_the_profiles_of_responders_are_among_the_files_that_went_in(own: Path) -> None:
    entry = recall("own.yaml", ())
    assert entry is not None
    assert {path.name for path in entry.digests} == {
        "own.yaml",
        "organization.yaml",
        "alert-rules.yaml",
        "mitigation-strategies.yaml",
        "default.yaml",
    }


def test_a_change_of_the_checking_code_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "code" / "inner" / "module.py"
    code.parent.mkdir(parents=True)
    code.write_text("limit = 1\n")
    monkeypatch.setattr(scenarios, "__file__", str(tmp_path / "code" / "__init__.py"))
    with cache_in(tmp_path):
        prepare(FLAGSHIP)
        assert recall(FLAGSHIP, ()) is not None
        code.write_text("limit = 10\n")
        assert recall(FLAGSHIP, ()) is None


def test_other_overrides_another_scenario_or_another_folder_are_other_entries(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recall(FLAGSHIP, ()) is not None
    assert recall(FLAGSHIP, ("difficulty=3",)) is None
    assert recall("own.yaml", ()) is None
    monkeypatch.chdir(tmp_path)  # A relative path would mean another file there.
    assert recall(FLAGSHIP, ()) is None


# Files that cannot be trusted.


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes]]:
    """A file of the cache for tests to spoil, and what it held."""
    with cache_in(tmp_path_factory.mktemp("spoilt")) as folder:
        prepare(FLAGSHIP)
        [file] = folder.glob("*.inputs")
        yield file, file.read_bytes()


spoiling = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _recall_from(file: Path, content: bytes) -> Entry | None:
    file.write_bytes(content)
    with cache_in(file.parents[1]):
        return recall(FLAGSHIP, ())


@spoiling
@given(content=st.binary(max_size=400))
def test_bytes_that_are_no_entry_are_ignored(spoilt: tuple[Path, bytes], content: bytes) -> None:
    file, whole = spoilt
    assert _recall_from(file, content) is None
    assert _recall_from(file, whole) is not None


@spoiling
@given(data=st.data())
def test_a_truncated_or_damaged_entry_is_ignored(spoilt: tuple[Path, bytes], data: st.DataObject) -> None:
    file, whole = spoilt
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    assert _recall_from(file, whole[:at]) is None
    assert _recall_from(file, whole[:at] + damaged + whole[at + 1 :]) is None
    assert _recall_from(file, whole) is not None


def test_an_entry_of_another_shape_is_ignored(kept: Path) -> None:
    import hashlib

    for other in (None, [], {"digests": {}}, ("a", "b", "c")):
        pickled = pickle.dumps(other)
        kept.write_bytes(hashlib.sha256(pickled).digest() + pickled)
        assert recall(FLAGSHIP, ()) is None


def test_a_spoilt_entry_is_replaced_by_the_next_run(kept: Path) -> None:
    kept.write_bytes(b"spoilt")
    prepare(FLAGSHIP)
    assert recall(FLAGSHIP, ()) is not None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_read(kept: Path, mode: int) -> None:
    kept.chmod(mode)
    assert recall(FLAGSHIP, ()) is None
    kept.chmod(0o644)  # Others may read it.
    assert recall(FLAGSHIP, ()) is not None


def test_a_file_in_a_folder_that_others_may_write_to_is_not_read(kept: Path) -> None:
    kept.parent.chmod(0o770)
    assert recall(FLAGSHIP, ()) is None


def test_a_file_of_somebody_else_is_not_read(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    assert recall(FLAGSHIP, ()) is None


def test_what_is_kept_is_for_this_user_alone(kept: Path) -> None:
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


# Where nothing can be kept.


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with cache_in(tmp_path / "taken"):
        assert prepare(FLAGSHIP).reference == FLAGSHIP
        assert recall(FLAGSHIP, ()) is None


def test_a_user_without_a_home_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert prepare(FLAGSHIP).reference == FLAGSHIP


# How much is kept.


def _keep_aged(entry: Entry, *names: str) -> Callable[[str], float]:
    """Keep an entry under each name, the first the longest ago; how to find when one was last used."""
    files = {}
    for age, name in enumerate(names):
        keep(name, (), entry)
        files[name] = cache._path(name, ())
        os.utime(files[name], (1_000_000 + age, 1_000_000 + age))
    return lambda name: files[name].stat().st_mtime


def test_the_entries_that_were_not_used_for_the_longest_time_are_removed(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = recall(FLAGSHIP, ())
    assert entry is not None
    kept.unlink()
    monkeypatch.setattr(cache, "MOST_ENTRIES", 3)
    used = _keep_aged(entry, "a", "b", "c")
    assert recall("a", ()) is not None
    assert used("a") > used("c")
    keep("d", (), entry)
    assert [name for name in "abcd" if recall(name, ()) is not None] == ["a", "c", "d"]
    assert len(list(kept.parent.iterdir())) == 3
