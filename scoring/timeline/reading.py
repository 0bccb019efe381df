"""Files of timelines: YAML, JSON of the same shape, or CSV, which is read row by row and never held whole.

In YAML and JSON a timeline is ``{timeline: NAME, rows: [{at: …, event: …}, …]}``, with an optional block
``milestones: {detected: 3}`` that names a row, from 1, and an optional ``source``. In CSV the first line names the
columns.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from scenarios.problems import InputError, Problem, did_you_mean, shorten
from scoring.timeline.places import JsonPlaces
from scoring.timeline.rows import KEYS, Row, parse_row

BY_HAND = (
    "impact",
    "detected",
    "acknowledged",
    "declared",
    "assembled",
    "identified",
    "mitigated",
    "verified",
    "resolved",
)
"""The milestones that a timeline may name by the number of a row."""
MOST_PROBLEMS = 20
"""A file that is no timeline at all would have several a row."""

_TOP = ("timeline", "source", "milestones", "rows")
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00": "UTF-16 or binary"}

Place = Callable[..., tuple[int, int]]


class Timeline(NamedTuple):
    """A timeline whose rows have still to be read; reading them may find that they are wrong (InputError)."""

    name: str
    source: str | None
    by_hand: Mapping[str, int]
    """Rows that are named for milestones."""
    rows: Iterator[Row]
    no_such_row: Callable[[str, int, int], InputError]
    """The error of a milestone that names a row beyond the last: milestone, its row, how many rows there are."""


class Problems:
    """What is wrong with a file: collected, and raised once there is too much of it or the file is at its end."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []

    def add(self, place: tuple[int, int], path: str, message: str) -> None:
        self._found.append(Problem(self.file, *place, path, message))
        if len(self._found) >= MOST_PROBLEMS:
            self.settle()

    def settle(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise InputError(self._found)


def open_timeline(path: Path, by_hand: Mapping[str, int] | None = None) -> Timeline:
    """The timeline in a file; InputError for one that is none.

    What the file is its suffix tells, else how it begins. `by_hand` adds to the milestones that the file names.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            begin = file.read(4096)
    except FileNotFoundError:
        raise InputError([Problem(name, 0, 0, "", "there is no such file")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(name, 0, 0, "", f"the file cannot be read: {reason}")]) from error
    for mark, encoding in _BOMS.items():
        if begin.startswith(mark) or begin[1:2] == b"\x00":
            raise InputError([Problem(name, 1, 1, "", f"not UTF-8 text (this looks like {encoding})")])
    if not begin.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError([Problem(name, 1, 1, "", "the file is empty")])
    kind = _kind(path, begin.removeprefix(b"\xef\xbb\xbf"))
    if kind == "csv":
        return _open_csv(path, by_hand or {})
    return _open_document(path, kind == "json", by_hand or {})


def _kind(path: Path, begin: bytes) -> str:
    suffixes = {".csv": "csv", ".tsv": "csv", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
    known = suffixes.get(path.suffix.lower())
    if known is not None:
        return known
    text = begin.decode("utf-8", "replace").lstrip()
    if text.startswith("{"):
        return "json"
    columns = {
        word.strip(' "').lower() for word in text.partition("\n")[0].replace("\t", ",").replace(";", ",").split(",")
    }
    return "csv" if {"at", "event"} <= columns else "yaml"


# CSV.


class _Lines:
    """The lines of a text file, of which those of the current record are remembered, to find places in them."""

    def __init__(self, file: TextIO, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self.number = 0
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.number += 1
            self.record.append(line)
            if (
                not line.isascii()
                and (bad := next((n for n, c in enumerate(line) if "\udc80" <= c <= "\udcff"), None)) is not None
            ):
                byte = ord(line[bad]) - 0xDC00
                self._problems.add((self.number, bad + 1), "", f"not UTF-8 text (got byte 0x{byte:02x})")
                self._problems.settle()
            yield line

    def place(self, index: int | None, delimiter: str) -> tuple[int, int]:
        """Line and column of a field of the current record."""
        line, column, quoted = self.number - len(self.record) + 1, 1, False
        if not index:
            return line, column
        for text in self.record:
            for column, character in enumerate(text, start=1):
                if character == '"':
                    quoted = not quoted
                elif character == delimiter and not quoted:
                    index -= 1
                    if not index:
                        return line, column + 1
            line += 1
        return self.number - len(self.record) + 1, 1


def _open_csv(path: Path, by_hand: Mapping[str, int]) -> Timeline:
    problems = Problems(str(path))

    def no_such_row(milestone: str, number: int, count: int) -> InputError:
        return InputError([Problem("--milestone", 0, 0, milestone, _beyond(number, count))])

    return Timeline(path.stem, None, by_hand, _csv_rows(path, problems), no_such_row)


def _csv_rows(path: Path, problems: Problems) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, problems)
        delimiter = _delimiter(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            header = _header(next(reader, []), lines, delimiter, problems)
            yield from _records(reader, header, lines, delimiter, problems)
        except csv.Error as error:
            place = (lines.number - len(lines.record) + 1, 1)
            hint = "; a quotation mark that begins in this row is not closed" if "end of data" in str(error) else ""
            problems.add(place, "", f"not valid CSV: {error}{hint}")
    problems.settle()


def _delimiter(file: TextIO) -> str:
    first = file.readline()
    file.seek(0)
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))


def _header(names: list[str], lines: _Lines, delimiter: str, problems: Problems) -> list[str]:
    header = [name.strip().lower() for name in names]
    for index, name in enumerate(header):
        if name and name not in KEYS:
            place = lines.place(index, delimiter)
            problems.add(place, "", f"unknown column {shorten(name)}{did_you_mean(name, KEYS)}")
        elif name and name in header[:index]:
            problems.add(lines.place(index, delimiter), "", f"column {shorten(name)} comes twice")
    for name in ("at", "event"):
        if name not in header:
            problems.add((1, 1), "", f"there is no column {name} (expected the names of the columns in the first line)")
    problems.settle()
    lines.record.clear()
    return header


def _records(
    reader: Iterator[list[str]], header: list[str], lines: _Lines, delimiter: str, problems: Problems
) -> Iterator[Row]:
    number = 0

    def complain(key: str | None, message: str) -> None:
        index = header.index(key) if key in header else None
        problems.add(lines.place(index, delimiter), f"row {number}" + (f".{key}" if key else ""), message)

    for fields in reader:
        cells = dict(zip(header, map(str.strip, fields), strict=False))
        if any(cells.values()):
            number += 1
            if len(fields) > len(header):
                complain(None, f"{len(fields)} fields where the header has {len(header)}")
            elif (row := parse_row(number, cells, complain)) is not None:
                yield row
        lines.record.clear()
    if not number:
        problems.add((1, 1), "", "there are no rows")


# YAML and JSON.


def _open_document(path: Path, is_json: bool, by_hand: Mapping[str, int]) -> Timeline:
    problems = Problems(str(path))
    text = _decoded(path, problems)
    data, place = _parse_json(text, problems) if is_json else _parse_yaml(text, problems)
    if not isinstance(data, dict):
        problems.add((1, 1), "", f"expected a mapping with timeline and rows (got {shorten(data)})")
        problems.settle()
    for key in data:
        if key not in _TOP:
            problems.add(place(key, at_key=True), key, f"unknown key{did_you_mean(key, _TOP)}")
    rows = data.get("rows")
    if not isinstance(rows, list) or not rows:
        problems.add(place("rows"), "rows", f"expected a list of rows (got {shorten(rows)})")
        problems.settle()
    named = _milestones(data.get("milestones"), place, problems)
    name, source = (_words(data.get(key)) for key in ("timeline", "source"))

    def no_such_row(milestone: str, number: int, count: int) -> InputError:
        if milestone in by_hand:
            return InputError([Problem("--milestone", 0, 0, milestone, _beyond(number, count))])
        at = place("milestones", milestone)
        return InputError([Problem(str(path), *at, f"milestones.{milestone}", _beyond(number, count))])

    return Timeline(name or path.stem, source, {**named, **by_hand}, _document_rows(rows, place, problems), no_such_row)


def _words(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else shorten(value)


def _beyond(number: int, count: int) -> str:
    return f"there is no row {number} (the timeline has {count})"


def _milestones(block: Any, place: Place, problems: Problems) -> dict[str, int]:
    if block is None:
        return {}
    if not isinstance(block, dict):
        problems.add(place("milestones"), "milestones", f"expected rows by milestone (got {shorten(block)})")
        return {}
    found = {}
    for name, value in block.items():
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if name not in BY_HAND:
            at = place("milestones", name, at_key=True)
            problems.add(at, f"milestones.{name}", f"not a milestone{did_you_mean(name, BY_HAND)}")
        elif type(number) is not int or number < 1:
            at = place("milestones", name)
            problems.add(at, f"milestones.{name}", f"expected the number of a row, from 1 (got {shorten(value)})")
        else:
            found[name] = number
    return found


def _document_rows(rows: list[Any], place: Place, problems: Problems) -> Iterator[Row]:
    for index, cells in enumerate(rows):

        def complain(key: str | None, message: str, index: int = index, cells: Any = cells) -> None:
            known = isinstance(cells, dict) and key in cells
            at = place("rows", index, key, at_key=key not in KEYS) if known else place("rows", index)
            problems.add(at, f"rows[{index}]" + (f".{key}" if key else ""), message)

        if not isinstance(cells, dict):
            complain(None, f"expected a row with at and event (got {shorten(cells)})")
        elif (row := parse_row(index + 1, cells, complain)) is not None:
            yield row
    problems.settle()


def _decoded(path: Path, problems: Problems) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        problems.add((line, column), "", f"not UTF-8 text (got byte 0x{content[error.start]:02x})")
        problems.settle()
        raise AssertionError from error


def _parse_json(text: str, problems: Problems) -> tuple[Any, Place]:
    import json

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            twice.append(next(name for name in names if names.count(name) > 1))
        return made

    twice: list[str] = []
    try:
        data = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        problems.add((error.lineno, error.colno), "", f"not valid JSON: {error.msg}")
    except (ValueError, RecursionError) as error:
        problems.add((1, 1), "", f"not JSON that can be read: {error}")
    for name in twice:
        problems.add((1, 1), "", f"the key {shorten(name)} comes twice in one object")
    problems.settle()
    return data, JsonPlaces(text).place


def _parse_yaml(text: str, problems: Problems) -> tuple[Any, Place]:
    from scenarios.yaml_reader import UNPRINTABLE, Reader

    for found in UNPRINTABLE.finditer(text):
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        problems.add((line, column), "", f"control character U+{ord(found.group()):04X}")
    problems.settle()
    # Without aliases a text has no more values than characters: this bounds what aliases repeat, and nothing else.
    reader = Reader(problems.file, as_written=True, value_limit=max(1000, len(text)))
    root = reader.read(text)
    if reader.problems:
        raise InputError(reader.problems[:MOST_PROBLEMS])
    assert root is not None

    def place(*path: str | int, at_key: bool = False) -> tuple[int, int]:
        node, at = root, (root.line, root.column)
        for step in path:
            if isinstance(node.children, dict) and step in node.children:
                line, column, node = node.children[step]
                at = (line, column) if at_key else (node.line, node.column)
            elif isinstance(node.children, list) and isinstance(step, int):
                node = node.children[step]
                at = node.line, node.column
            else:
                break
        return at

    return root.value, place
