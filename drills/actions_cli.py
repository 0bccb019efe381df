"""``gameday actions``: action items in and out of their file format, their states, and those that are overdue."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from drills.options import AT, FORMAT, STORE, day, open_store
from scenarios.problems import InputError, Problem, count, did_you_mean

if TYPE_CHECKING:
    from scenarios.action_items import ActionItem, Status


@click.group()
def actions() -> None:
    """Keep the action items that follow from incidents and drills."""


@actions.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@STORE
def import_items(file: Path, address: str | None) -> None:
    """Take in the items of a file; those that the store has already are replaced.

    An item that is done without saying since when is taken as done today.
    """
    from scenarios.action_items import read_action_items
    from scenarios.documents import read_document

    items = read_action_items(read_document(file))
    opened = open_store(address)
    opened.change_items(lambda known: [_dated(item, known.get(item.id), _today()) for item in items])
    click.echo(f"{opened.database.shown}: {count(len(items), 'action item')} taken in")


def _today() -> date:
    return datetime.now(UTC).date()


def _dated(item: ActionItem, known: ActionItem | None, today: date) -> ActionItem:
    """The item with what its file leaves out and the store knows: when it was done, and its ticket."""
    ticket = item.ticket or (known.ticket if known else None)
    completed = item.completed_on
    if item.status == "done" and completed is None:
        completed = (known.completed_on if known else None) or today
    return replace(item, ticket=ticket, completed_on=completed)


@actions.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@STORE
def export_items(file: Path | None, address: str | None) -> None:
    """Write all items as a file that can be taken in again; without FILE, print them."""
    from scenarios.action_items import action_items_text

    text = action_items_text(open_store(address).action_items())
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([Problem(str(file), 0, 0, "", f"cannot be written: {error.strerror}")]) from error


@actions.command("list")
@click.option("--overdue", "only_overdue", is_flag=True, help="Only those that should be done by now.")
@AT
@STORE
@FORMAT
def list_items(only_overdue: bool, at: str | None, address: str | None, style: str) -> None:
    """Show the items, the first due first."""
    from scenarios.action_items import overdue, plain_item

    today = day(at, "--at") if at else _today()
    items = sorted(open_store(address).action_items(), key=lambda item: (item.due_date, item.id))
    late = {item.id for item in overdue(items, today)}
    shown = [item for item in items if item.id in late or not only_overdue]
    if style == "json":
        rows = [{**plain_item(item), "overdue": item.id in late} for item in shown]
        click.echo(json.dumps({"action_items": rows}, indent=2, ensure_ascii=False))
        return
    for item in shown:
        click.echo(_line(item, today if item.id in late else None))


def _line(item: ActionItem, late_on: date | None) -> str:
    from scoring.wording import harmless

    late = f"  overdue by {count((late_on - item.due_date).days, 'day')}" if late_on else ""
    retest = f"  (tested again by {item.scenario})" if item.scenario else ""
    head = f"{item.id:<10} {item.status:<11} {item.priority:<8} {item.due_date}  {item.owner:<20}"
    return harmless(f"{head} {item.title}{retest}{late}")


@actions.command("set")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--status",
    type=click.Choice(["proposed", "todo", "in_progress", "done", "dropped"]),
    help="The state to go to; only such as follow from the present one.",
)
@click.option("--scenario", help="The scenario that shows whether it helped.")
@click.option("--ticket", help="Its key in the tracker.")
@STORE
def set_items(
    ids: tuple[str, ...], status: str | None, scenario: str | None, ticket: str | None, address: str | None
) -> None:
    """Change the state of items, or what is known of them; all of them or, if one cannot be changed, none."""
    from scenarios.action_items import moved

    today = _today()

    def change(known: dict[str, ActionItem]) -> Iterable[ActionItem]:
        problems, changed = [], []
        for name in ids:
            if name not in known:
                message = f'the store has no action item "{name}"{did_you_mean(name, known)}'
                problems.append(Problem("", 0, 0, "", message))
                continue
            item = known[name]
            item = replace(item, scenario=scenario or item.scenario, ticket=ticket or item.ticket)
            try:
                changed.append(moved(item, cast("Status", status), today) if status else item)
            except ValueError as error:
                problems.append(Problem("", 0, 0, "", str(error)))
        if problems:
            raise InputError(problems)
        return changed

    for item in open_store(address).change_items(change):
        click.echo(_line(item, None))
