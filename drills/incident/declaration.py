"""Declaring an incident: what has to be said, checked in the same way on the command line and over HTTP."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from scenarios.fields import parse_instant
from scenarios.problems import InputError, Problem, alternatives, did_you_mean, shorten

ID_FORM = "INC-%Y%m%d-%H%M%S"
STATUSES = ("declared", "investigating")
"""The states in which an incident can begin."""
TITLE_MAX = 255
"""Characters; what trackers take as a summary."""
TEXT_MAX = 10_000
NAME_MAX = 100

_ID = re.compile(r"INC-[0-9]{8}-[0-9]{6}")
_TURNS_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a terminal show text in another order than it has."""


class Declaration(NamedTuple):
    """Somebody says that there is an incident."""

    severity: str
    title: str
    person: str
    incident: str | None = None
    """The id; None: the moment at which it is taken gives one."""
    status: str = "declared"
    created_at: str | None = None
    """When it was declared, as whoever declared it says; None: when it is taken."""

    def checked(self, severities: Iterable[str]) -> Declaration:
        """Itself, if all of it can be taken; InputError says everything that cannot."""
        known = tuple(severities)
        problems = [
            *_text_problems("title", self.title, TITLE_MAX),
            *_text_problems("person", self.person, NAME_MAX),
            *_one_of("severity", self.severity, known),
            *_one_of("status", self.status, STATUSES),
        ]
        if self.incident is not None and not is_incident_id(self.incident):
            problems.append(_got("id", "not the id of an incident", self.incident, "one such as INC-20250809-140000"))
        if self.created_at is not None:
            try:
                parse_instant(self.created_at)
            except ValueError as error:
                problems.append(Problem("", 0, 0, "created_at", f"{error} (got {_shown(self.created_at)})"))
        if problems:
            raise InputError(problems)
        return self


def wrong(message: str) -> InputError:
    """One thing wrong with what was asked for."""
    return InputError([Problem("", 0, 0, "", message)])


def is_incident_id(text: object) -> bool:
    """Whether it is `INC-YYYYmmdd-HHMMSS` of a moment that the calendar has; so it is also a safe name for a folder."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        return False
    try:
        datetime.strptime(text, ID_FORM).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def read_declaration(body: bytes, severities: Iterable[str]) -> Declaration:
    """The declaration in the body of a request, a JSON object with `severity`, `title`, and optionally `id`, `status`,
    `created_at` and `person`; other keys are passed over. InputError says everything that is wrong.
    """
    try:
        document = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise wrong("the body is not UTF-8 text (expected a JSON object)") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise wrong(f"the body is not JSON: {error.msg} at {place} (expected a JSON object)") from error
    except (ValueError, RecursionError) as error:
        raise wrong("the body is not JSON that can be read (expected a JSON object)") from error
    if not isinstance(document, dict):
        raise wrong(f"the body is {_shown(document)} (expected a JSON object)")
    missing = [Problem("", 0, 0, name, "missing") for name in ("severity", "title") if name not in document]
    if missing:
        raise InputError(missing)
    return Declaration(
        severity=document["severity"],
        title=document["title"],
        person=document.get("person", "api"),
        incident=document.get("id"),
        status=document.get("status", "declared"),
        created_at=document.get("created_at"),
    ).checked(severities)


def checked_text(name: str, text: str, limit: int = TEXT_MAX) -> str:
    """The text, if it can be kept in a journal; InputError says why not."""
    problems = _text_problems(name, text, limit)
    if problems:
        raise InputError(problems)
    return text


def read_fields(words: Iterable[str]) -> dict[str, Any]:
    """The fields of an act from ``name=value``; a value is JSON, or else the text itself."""
    return {name: _value(name, value) for name, value in map(_field, words)}


def read_texts(words: Iterable[str]) -> dict[str, str]:
    """The same where every value is a text."""
    return {name: checked_text(name, value) for name, value in map(_field, words)}


def _field(word: str) -> tuple[str, str]:
    name, separator, value = word.partition("=")
    if not separator or not name.isidentifier():
        raise wrong(f"not a field (got {_shown(word)}; expected NAME=VALUE)")
    return name, value


def note_on_person(person: str, people: Mapping[str, Any]) -> str:
    """What to say about somebody who is not on the organisation's list; empty for those who are."""
    if person in people:
        return ""
    return f"{_shown(person)} is not one of the organisation's people{did_you_mean(person, people)}"


def _value(name: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return checked_text(name, text)
    try:  # JSON can say what a journal cannot: half a surrogate pair, and numbers that are none.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError as error:
        raise wrong(f"{name}: a value that cannot be kept (got {_shown(text)})") from error
    return value


def _text_problems(name: str, text: object, limit: int) -> list[Problem]:
    if not isinstance(text, str) or not text.strip():
        return [_got(name, "no text", text, "some words")]
    if len(text) > limit:
        return [Problem("", 0, 0, name, f"{len(text)} characters are too many (expected at most {limit})")]
    # Half a surrogate pair has no UTF-8; control characters would let one message look like another on a terminal.
    lines = "\n\t" if limit == TEXT_MAX else ""
    odd = next((sign for sign in text if _is_odd(sign) and sign not in lines), None)
    if odd is not None:
        return [Problem("", 0, 0, name, f"holds the character U+{ord(odd):04X} (expected text that can be printed)")]
    return []


def _is_odd(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs"} or sign in _TURNS_AROUND


def _one_of(name: str, value: object, known: tuple[str, ...]) -> list[Problem]:
    if isinstance(value, str) and value in known:
        return []
    near = did_you_mean(value, known) if isinstance(value, str) else ""
    return [_got(name, f"not a {name}", value, alternatives(known), near)]


def _got(name: str, message: str, value: object, expected: str, near: str = "") -> Problem:
    return Problem("", 0, 0, name, f"{message} (got {_shown(value)}; expected {expected}){near}")


def _shown(value: object) -> str:
    # Numbers of any length are JSON.
    return shorten(value)[:80]
