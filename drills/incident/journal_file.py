"""A real incident's journal on disk: JSON lines that are only ever added, by one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from scenarios.problems import InputError, Problem

LOCK_WAIT_S = 60.0
"""Longer than any command holds a journal, tools that do not answer included."""
_LOOK_AGAIN_S = 0.05


class JournalFile:
    """The journal of one incident, locked as long as it is open: for reading by many, or for writing by one.

    A last line without its end was being written when a process was killed. It is left out and, for writing, cut off:
    nothing has followed from it, since nothing follows from a line before all of it is on disk. `say` is told.
    """

    def __init__(self, path: Path, say: Callable[[str], None], *, for_writing: bool) -> None:
        self.path = path
        self._file = _opened(path, for_writing)
        try:
            lock(self._file.fileno(), path.parent.name, say, alone=for_writing)
            data = self._file.read()
            whole = data.rfind(b"\n") + 1
            self.rows: Sequence[dict[str, Any]] = _rows(data[:whole], path)
            """What the file held when it was opened: the header, then the records."""
            if whole < len(data):
                cut = repr(data[whole:][:60])
                say(f"{path.parent.name}: the last line of the journal was cut short and is dropped: {cut}")
                if for_writing:
                    self._file.truncate(whole)
                    self._file.seek(whole)
        except BaseException:
            self._file.close()
            raise

    def append(self, lines: Iterable[str]) -> None:
        """Add lines; they are on disk when this returns."""
        text = "".join(f"{line}\n" for line in lines)
        if text:
            try:
                self._file.write(text.encode("utf-8"))
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise InputError([Problem(str(self.path), 0, 0, "", f"cannot be written: {error.strerror}")]) from error

    def close(self) -> None:
        """Let others have it."""
        self._file.close()

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def lock(descriptor: int, name: str, say: Callable[[str], None], *, alone: bool) -> None:
    """Lock an open file until it is closed, by whatever end; InputError if others hold it for too long."""
    how = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB
    give_up = time.monotonic() + LOCK_WAIT_S
    told = False
    while True:
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            if time.monotonic() > give_up:
                problem = Problem("", 0, 0, "", f"{name} has been in use by another command for {LOCK_WAIT_S:g} s")
                raise InputError([problem]) from None
            if not told and time.monotonic() > give_up - LOCK_WAIT_S + 1:
                told = True
                say(f"{name}: waiting for another command")
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def write_whole(path: Path, data: bytes) -> None:
    """Write a new file; it is on disk when this returns."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path, for_writing: bool) -> Any:
    try:
        return path.open("r+b" if for_writing else "rb")
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", f"cannot be opened: {error.strerror}")]) from error


def _rows(data: bytes, path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError([Problem(str(path), number, 1, "", "not a JSON object (expected a line of a journal)")])
        rows.append(row)
    if not rows or rows[0].get("journal") != 1 or "incident" not in rows[0]:
        raise InputError([Problem(str(path), 1, 1, "", "not the journal of an incident")])
    return rows
