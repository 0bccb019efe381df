"""Versions of scenarios and organisations to be compared: paths, library ids, folders, or revisions of a repository."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scenarios.loading import library_organizations, library_scenarios
from scenarios.problems import InputError, Problem

_SCENARIO = re.compile(r"^scenario:\s", re.MULTILINE)
_LONGEST = 1_048_576


class Play(NamedTuple):
    """A scenario as one version has it: what `drills.runner.prepare` takes."""

    reference: str
    overrides: tuple[str, ...] = ()


def versions(
    base: str, head: str, wanted: Sequence[str], folder: Path
) -> tuple[dict[str, tuple[Play, Play]], list[str]]:
    """What is to be played of both versions, by scenario, and notes on what only one of them has.

    A version is a scenario (id or file); an organisation (id, file, or the folder of one), under which the `wanted`
    scenarios are played, by default those of the library; a folder with scenarios; or a revision of the repository
    around the working folder, which is unpacked below `folder`. InputError where it is none of these.
    """
    sides = [_plays(text, wanted, folder / side) for text, side in ((base, "base"), (head, "head"))]
    if all(len(side) == 1 for side in sides):
        (name, before), (_, after) = (next(iter(side.items())) for side in sides)
        return {name: (before, after)}, []
    both = [name for name in sides[1] if name in sides[0]]
    notes = [f"{name} is only in {word}" for word, one, other in (("BASE", 0, 1), ("HEAD", 1, 0))
             for name in sides[one] if name not in sides[other]]  # fmt: skip
    if not both:
        raise _wrong(head, f"it has no scenario in common with {base}")
    return {name: (sides[0][name], sides[1][name]) for name in both}, notes


def _plays(text: str, wanted: Sequence[str], folder: Path) -> dict[str, Play]:
    path = Path(text)
    if text in library_scenarios() or (path.is_file() and path.name != "organization.yaml"):
        return {path.stem if path.is_file() else text: Play(text)}
    if text in library_organizations() or path.name == "organization.yaml" or (path / "organization.yaml").is_file():
        own = text if text in library_organizations() else str(path.resolve())
        return {name: Play(name, (f"organization={own}",)) for name in wanted or library_scenarios()}
    if path.is_dir():
        return _found(path, text, wanted)
    return _found(_unpacked(text, folder), text, wanted)


def _found(folder: Path, label: str, wanted: Sequence[str]) -> dict[str, Play]:
    if wanted:
        found = {name: folder / name for name in wanted if (folder / name).is_file()}
    else:
        files = sorted(path for suffix in ("yaml", "yml") for path in folder.rglob(f"*.{suffix}"))
        visible = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
        found = {path.relative_to(folder).as_posix(): path for path in visible if _is_scenario(path)}
    if not found:
        raise _wrong(label, "there is no scenario in it" + (f" called {' or '.join(wanted)}" if wanted else ""))
    return {name: Play(str(path)) for name, path in found.items()}


def _is_scenario(path: Path) -> bool:
    try:
        return path.stat().st_size <= _LONGEST and _SCENARIO.search(path.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def _unpacked(revision: str, folder: Path) -> Path:
    """The working folder's part of a revision, as files."""
    if revision.startswith("-"):
        raise _wrong(revision, "neither a path, an id of the library nor a revision")
    try:
        words = ["git", "archive", "--format=tar", revision]
        done = subprocess.run(words, capture_output=True, check=False, timeout=120)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _wrong(revision, f"there is no such path, and git cannot be asked: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _wrong(revision, f"neither a path, an id of the library nor a revision ({said[0] if said else 'git'})")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _wrong(text: str, message: str) -> InputError:
    return InputError([Problem(text, 0, 0, "", message)])
