"""Validated inputs, and what cannot be met in them, kept from run to run: both cost more than playing a drill.

An entry is good for as long as every file that went into it, and the code that checked them, is unchanged. It lies in
the user's own cache folder and is read only if nobody else could have written it.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import scenarios
import scoring
import simulator
from scenarios.loading import LoadedScenario, template_files
from scenarios.profiles import Profiles
from scoring.feasibility import Finding

MOST_ENTRIES = 200
"""Entries beyond this many are removed, the longest unused first."""


DIGEST_SIZE = 32
"""Bytes of the SHA-256 at the beginning of an entry, of what follows it."""

_NO_FOLDER = (OSError, RuntimeError)
"""What is raised where a folder cannot be used, and where there is no home or working folder to begin with."""


class Entry(NamedTuple):
    """What is kept: the inputs as they were validated, the digests of their files, and the criteria out of reach."""

    digests: dict[Path, str]
    loaded: LoadedScenario
    profiles: Profiles
    findings: list[Finding]


def recall(reference: str, overrides: Sequence[str]) -> Entry | None:
    """The entry of a scenario under these overrides, if there is one and it still holds."""
    with suppress(*_NO_FOLDER, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError):
        path = _path(reference, overrides)
        if not _only_mine(path):
            return None
        content = path.read_bytes()
        digest, pickled = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
        if hashlib.sha256(pickled).digest() != digest:  # Damaged: unpickling could do anything.
            return None
        entry: Entry = pickle.loads(pickled)  # noqa: S301 - written by this user alone, as was just checked
        same = all(hashlib.sha256(file.read_bytes()).hexdigest() == digest for file, digest in entry.digests.items())
        if same and _same_templates(entry.loaded):
            with suppress(OSError):
                os.utime(path)
            return entry
    return None


def _same_templates(loaded: LoadedScenario) -> bool:
    """Whether the organisation's folder of templates, if it has one, holds files of the same names as before."""
    folder = loaded.organization.templates
    files = [] if folder is None else template_files(loaded.organization_path.parent / folder)
    return [file.name for file in files] == list(loaded.templates)


def keep(reference: str, overrides: Sequence[str], entry: Entry) -> None:
    """Keep an entry for the next run; where that is not possible there simply is none."""
    with suppress(*_NO_FOLDER):
        path = _path(reference, overrides)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            pickled = pickle.dumps(entry)
            file.write(hashlib.sha256(pickled).digest() + pickled)
        Path(file.name).replace(path)
        entries = sorted(path.parent.glob("*.inputs"), key=lambda one: one.stat().st_mtime)
        for old in entries[:-MOST_ENTRIES]:
            old.unlink()


def _path(reference: str, overrides: Sequence[str]) -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    key = repr((sys.version_info, _code(), reference, str(Path.cwd()), tuple(overrides)))
    return Path(root) / "gameday" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.inputs"


def _code() -> list[tuple[str, int, int]]:
    """What tells one version of the code that made an entry from another."""
    folders = [Path(file).parent for module in (scenarios, simulator, scoring) if (file := module.__file__)]
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [(str(path), *_stamp(path.stat())) for path in files]


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _only_mine(path: Path) -> bool:
    """Whether the file and its folder belong to this user, and nobody else may write to them."""
    own: Any = getattr(os, "getuid", lambda: 0)()
    return all(one.stat().st_uid == own and not one.stat().st_mode & 0o022 for one in (path, path.parent))
