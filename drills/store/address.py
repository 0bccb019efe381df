"""Where a store is: ``sqlite:///PATH``, ``postgresql://…``, or simply the path of an SQLite file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from scenarios.problems import InputError, Problem

if TYPE_CHECKING:
    from sqlalchemy import URL

VARIABLE = "GAMEDAY_STORE"
DEFAULT = "gameday.sqlite"
"""The file that commands about the store use when none is named; `gameday run` then uses none."""
KINDS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
EXPECTED = "expected the path of an SQLite file, sqlite:///PATH or postgresql://USER@HOST/DATABASE"


def named(address: str | None) -> str | None:
    """The address given on the command line, else in the environment, else None."""
    return address or os.environ.get(VARIABLE) or None


def parse_address(address: str) -> URL:
    """What an address means; InputError if nothing."""
    with libraries():
        from sqlalchemy import URL, make_url
        from sqlalchemy.exc import ArgumentError
    if "://" not in address:
        if not address or "\0" in address or address == ":memory:":
            refuse(address, EXPECTED)
        return URL.create("sqlite", database=address)
    try:
        url = make_url(address)
        kind = KINDS.get(url.drivername) or next((full for full in KINDS.values() if full == url.drivername), None)
    except (ArgumentError, ValueError):
        kind = None
    if kind is None:
        refuse(address.split("://", maxsplit=1)[0] + "://…", EXPECTED)
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        refuse(address, EXPECTED)
    return url.set(drivername=kind)


@contextmanager
def libraries() -> Iterator[None]:
    """Says what to install where a library that stores need is missing."""
    try:
        yield
    except ImportError as error:
        missing = (error.name or "").split(".")[0]
        extra = "postgresql" if missing == "psycopg" or "psycopg" in str(error) else "store"
        message = f"stores need {missing or 'psycopg'}, which is not installed: pip install 'gameday[{extra}]'"
        raise InputError([Problem("", 0, 0, "", message)]) from error


def refuse(where: str, message: str) -> NoReturn:
    """Raise that a store cannot be used, and why."""
    raise InputError([Problem(f"store {where}", 0, 0, "", message)])
