"""YAML files as plain Python data that remembers where everything stands.

Only the core schema of YAML 1.2 is read (`on` and `yes` are text, `010` is ten), and only what can be checked cheaply:
size, depth and the number of values are bounded, on parser events and before anything recurses. Mapping keys are
always text: `200: x` has the key ``"200"``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.problems import InputError, Problem, Steps, path_text, shorten
from scenarios.yaml_reader import UNPRINTABLE, Node, Reader

__all__ = ["Document", "Steps", "parse_document", "read_document", "scan_document", "scan_file", "scan_text"]

SIZE_LIMIT = 1_048_576
"""Bytes of a file (1 MiB)."""
PROBLEM_LIMIT = 100
"""Control characters that are reported one by one."""

_LINE_END = re.compile("\r\n|\r|\n")
_PLAIN = re.compile(r"[^\s,\[\]{}#]+")
_UNSET: Any = object()


class Document:
    """One file's data, and how to say what is wrong in it.

    `data` is made of dict, list, str, int, float, bool and None; parts repeated by aliases are shared, so it must not
    be changed in place.
    """

    def __init__(
        self,
        file: str,
        root: Node,
        content: bytes,
        overrides: Mapping[Steps, str] | None = None,
        data: Any = _UNSET,
        *,
        source: str = "",
    ) -> None:
        self.file = file
        self.source = source
        self._content = content
        self._sha256 = ""
        self.data = root.value if data is _UNSET else data
        self._root = root
        self._overrides = dict(overrides or {})

    @property
    def sha256(self) -> str:
        """Of the file's bytes, which are needed for nothing else."""
        if not self._sha256:
            import hashlib

            self._sha256, self._content = hashlib.sha256(self._content).hexdigest(), b""
        return self._sha256

    def place(self, path: Steps, at_key: bool = False) -> tuple[str, int, int]:
        """File, line and column of the value at a path (or of its key), or of its nearest parent that exists."""
        for length in range(len(path) + 1):
            if path[:length] in self._overrides:
                return self._overrides[path[:length]], 0, 0
        node = self._root
        line, column = node.line, node.column
        for depth, step in enumerate(path, start=1):
            children = node.children
            if isinstance(children, dict) and step in children:
                key_line, key_column, node = children[step]
                last = depth == len(path)
                line, column = (key_line, key_column) if last and at_key else (node.line, node.column)
            elif isinstance(children, list) and isinstance(step, int) and step < len(children):
                node = children[step]
                line, column = node.line, node.column
            else:
                break
        return self.file, line, column

    def place_inside(self, path: Steps, offset: int) -> tuple[str, int, int]:
        """File, line and column of a character of the text at a path, however the text is quoted or folded."""
        file, line, column = self.place(path)
        text = self.at(*path)
        if not self.source or not line or not isinstance(text, str):
            return file, line, column
        lines = _LINE_END.split(self.source)
        row, at = line - 1, column - 1
        quote = lines[row][at : at + 1]
        if quote in ("|", ">"):
            row, at = row + 1, 0
        elif quote in ("'", '"'):
            at += 1
        # Folding changes white space only, so the other characters are counted off.
        for _ in range(len("".join(text[:offset].split())) + 1):
            while row < len(lines) and not lines[row][at:].strip():
                row, at = row + 1, 0
            if row == len(lines):
                return file, line, column
            at += len(lines[row][at:]) - len(lines[row][at:].lstrip())
            found = row + 1, at + 1
            escaped = (lines[row][at] == "\\" and quote == '"') or (lines[row][at : at + 2] == "''" and quote == "'")
            at += 2 if escaped else 1
        return file, *found

    def problem(
        self,
        path: Steps,
        message: str,
        got: Any = _UNSET,
        expected: str = "",
        at_key: bool = False,
        *,
        offset: int | None = None,
    ) -> Problem:
        """What is wrong at a path: ``message (got VALUE; expected …)``, each half only where it is given."""
        details = [] if got is _UNSET else [f"got {shorten(got)}"]
        if expected:
            details.append(f"expected {expected}")
        text = f"{message} ({'; '.join(details)})" if details else message
        place = self.place(path, at_key) if offset is None else self.place_inside(path, offset)
        return Problem(*place, path_text(path), text)

    def at(self, *path: str | int) -> Any:
        """The value at a path; None where there is none."""
        value = self.data
        for step in path:
            is_there = (
                step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
            )
            if not is_there:
                return None
            value = value[step]
        return value

    def raw(self, path: Steps) -> str:
        """The scalar at a path as it is written: ``1.50`` and ``0x10`` are what they look like, null is nothing."""
        value = self.at(*path)
        if value is None or isinstance(value, str):
            return value or ""
        file, line, column = self.place(path)
        if self.source and line and file == self.file:
            written = _PLAIN.match(_LINE_END.split(self.source)[line - 1], column - 1)
            if written is not None:
                return written[0]
        return ("false", "true")[value] if isinstance(value, bool) else str(value)

    def overridden(self, path: Steps, value: Any, label: str) -> Document:
        """The document with another value at a path; problems there name `label` as their file.

        Every step but the last must exist or be a key, for which a mapping is made.
        """

        def replaced(old: Any, rest: Steps) -> Any:
            if not rest:
                return value
            step = rest[0]
            if isinstance(step, int):
                return [*old[:step], replaced(old[step], rest[1:]), *old[step + 1 :]]
            old = old if isinstance(old, dict) else {}
            return {**old, step: replaced(old.get(step), rest[1:])}

        overrides = {**self._overrides, path: label}
        changed = Document(self.file, self._root, b"", overrides, replaced(self.data, path), source=self.source)
        changed._sha256 = self.sha256
        return changed


def read_document(path: Path, name: str | None = None) -> Document:
    """Read a YAML file; InputError with every problem of its YAML. `name` is how problems call it."""
    document, problems = scan_file(path, name)
    if problems:
        raise InputError(problems)
    assert document is not None
    return document


def parse_document(text: bytes | str, name: str) -> Document:
    """The same for text that is already in memory."""
    document, problems = scan_document(text, name)
    if problems:
        raise InputError(problems)
    assert document is not None
    return document


def scan_file(
    path: Path, name: str | None = None, *, as_written: bool = False
) -> tuple[Document | None, list[Problem]]:
    """What can be read of a file, and what is wrong with it, so that a caller can look for more problems.

    `as_written`: numbers and truth values stay the text that they are.
    """
    name = str(path) if name is None else name
    content, problems = read_content(path, name)
    return (None, problems) if content is None else scan_document(content, name, as_written=as_written)


def scan_text(path: Path) -> tuple[str | None, str, list[Problem]]:
    """The text of a file that is not YAML, the SHA-256 of its bytes, and what is wrong with it."""
    content, problems = read_content(path, str(path))
    if content is None:
        return None, "", problems
    decoded, problems = _decode(content, str(path))
    import hashlib

    return decoded, hashlib.sha256(content).hexdigest(), problems


def read_content(path: Path, name: str) -> tuple[bytes | None, list[Problem]]:
    """The bytes of a file, no more of them than show that it is too large; or why there are none."""
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1), []
    except FileNotFoundError:
        reason = "there is no such file"
    except IsADirectoryError:
        reason = "this is a folder (expected a file)"
    except (OSError, ValueError) as error:
        reason = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
    return None, [Problem(name, 0, 0, "", reason)]


def scan_document(text: bytes | str, name: str, *, as_written: bool = False) -> tuple[Document | None, list[Problem]]:
    """The same for text that is already in memory."""
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    decoded, problems = _decode(content, name)
    if decoded is None:
        return None, problems
    reader = Reader(name, as_written=as_written)
    root = reader.read(decoded)
    if root is None:
        return None, reader.problems
    return Document(name, root, content, source=decoded), reader.problems


def _decode(content: bytes, name: str) -> tuple[str | None, list[Problem]]:
    if len(content) > SIZE_LIMIT:
        return None, [Problem(name, 0, 0, "", "the file is too large (expected at most 1 MiB)")]
    try:
        decoded = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(content[: error.start].decode("utf-8"))
        message = f"not UTF-8 text (got byte 0x{content[error.start]:02x})"
        return None, [Problem(name, line, column, "", message)]
    problems = _control_characters(decoded, name)
    return (None, problems) if problems else (decoded, [])


def _line_and_column(before: str) -> tuple[int, int]:
    ends = list(_LINE_END.finditer(before))
    return len(ends) + 1, len(before) - (ends[-1].end() if ends else 0) + 1


def _control_characters(text: str, name: str) -> list[Problem]:
    problems = []
    for count, match in enumerate(UNPRINTABLE.finditer(text)):
        line, column = _line_and_column(text[: match.start()])
        if count == PROBLEM_LIMIT:
            problems.append(Problem(name, line, column, "", "more control characters follow"))
            break
        problems.append(Problem(name, line, column, "", f"control character U+{ord(match.group()):04X}"))
    return problems
