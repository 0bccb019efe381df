"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from drills.store.address import DEFAULT, named

if TYPE_CHECKING:
    from drills.store.store import Store
    from scenarios.organization import Organization

STORE = click.option(
    "--store",
    "address",
    metavar="URL",
    show_default=f"$GAMEDAY_STORE, else {DEFAULT}",
    help="The store: an SQLite file, or postgresql://….",
)
ORGANIZATION = click.option(
    "--organization",
    "reference",
    metavar="PATH",
    default="seiketsu",
    show_default=True,
    help="An organisation of the library, or a path.",
)
AT = click.option("--at", metavar="DATE", show_default="now", help="As things stood at the end of that day (UTC).")
FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is printed. `json` prints one document on standard output and nothing else there.",
)


CONFIRM = click.option(
    "--confirm",
    "confirmed",
    metavar="TOOL=HOST",
    multiple=True,
    help="Really send to this tool at this host, as in pager=events.pagerduty.com; also GAMEDAY_CONFIRM.",
)


def open_store(address: str | None) -> Store:
    """The store that was named, else the default file; InputError for a bad address or a missing library."""
    from drills.store.address import libraries

    with libraries():
        from drills.store.store import Store
    return Store(named(address) or DEFAULT)


def load(reference: str) -> Organization:
    """The organisation; InputError with every problem of its files."""
    from scenarios.loading import load_organization
    from simulator.faults import KINDS

    return load_organization(reference, KINDS).organization


def day(text: str, option: str) -> date:
    """A date that an option gives."""
    from scenarios.fields import parse_date

    try:
        return parse_date(text)
    except ValueError as error:
        raise click.BadParameter(f"{error} (got {text})", param_hint=option) from error


def as_of(at: str | None) -> datetime:
    """The end of the day named by `--at`, else now."""
    if at is None:
        return datetime.now(UTC)
    midnight = datetime.combine(day(at, "--at"), time(), UTC)
    return midnight + timedelta(days=1) if midnight.year < 9999 else midnight
