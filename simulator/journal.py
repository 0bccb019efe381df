"""The ordered record of one drill: JSON lines, the first a header, every other a record; and its digest.

A record is ``{"record": 14, "at_ms": 612000, "type": "objective_left", "because": 13, …}``: its number from 1, drill
time in milliseconds, its type (a row of `simulator.events`), and the number of the record that led to it (0: none).
The digest covers the records and not the header, so that it says whether two drills had the same history.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from simulator import events

Record = dict[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Journal:
    """Records in order; append-only."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        self.header = dict(header)
        self.records: list[Record] = []

    def append(self, at_ms: int, kind: str, because: int, fields: Mapping[str, Any]) -> int:
        """Record that something happened (or was asked for), and return the record's number."""
        assert kind in events.EVENT_TYPES, kind
        number = len(self.records) + 1
        assert not self.records or at_ms >= self.records[-1]["at_ms"], f"time went back at record {number} ({kind})"
        self.records.append({"record": number, "at_ms": at_ms, "type": kind, "because": because, **fields})
        return number

    def lines(self, after: int = 0) -> Iterable[str]:
        """The records that follow record number `after` as JSON text, a line each, without the header."""
        return map(_encode, self.records[after:] if after else self.records)

    def heading(self) -> str:
        """The header as JSON text: the file's first line."""
        return _encode({"journal": 1, **self.header})

    def digest(self) -> str:
        """SHA-256 of the records, 64 hexadecimal digits."""
        return hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()

    def text(self) -> str:
        """The whole file: header line, then a line a record."""
        return "\n".join([self.heading(), *self.lines(), ""])
