"""``gameday actions``: action items in and out of their file format, their states, and those that are overdue."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count as count_from
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from drills.options import AT, CONFIRM, FORMAT, ORGANIZATION, STORE, day, load, open_store
from scenarios.problems import InputError, Problem, count, did_you_mean

if TYPE_CHECKING:
    from drills.store.store import Store
    from drills.tracking import Answer, Tracker
    from scenarios.action_items import ActionItem, Status

UNDELIVERED = 1


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
    before: dict[str, ActionItem] = {}

    def taken_in(known: dict[str, ActionItem]) -> list[ActionItem]:
        before.update(known)
        return [_dated(item, known.get(item.id), _today()) for item in items]

    opened.change_items(taken_in)
    click.echo(f"{opened.database.shown}: {count(len(items), 'action item')} taken in")
    for item in items:
        if item.id in before and before[item.id].title != item.title:
            click.echo(f"  {item.id} was: {before[item.id].title}")


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

    def change(item: ActionItem) -> ActionItem:
        item = replace(item, scenario=scenario or item.scenario, ticket=ticket or item.ticket)
        return moved(item, cast("Status", status), today) if status else item

    for item in open_store(address).change_items(lambda known: _changed(known, ids, change)):
        click.echo(_line(item, None))


def _changed(
    known: dict[str, ActionItem], ids: Iterable[str], change: Callable[[ActionItem], ActionItem]
) -> list[ActionItem]:
    """The items of these ids, changed; InputError with everything that speaks against it."""
    problems, changed = [], []
    for name in ids:
        if name not in known:
            message = f'the store has no action item "{name}"{did_you_mean(name, known)}'
            problems.append(Problem("", 0, 0, "", message))
            continue
        try:
            changed.append(change(known[name]))
        except ValueError as error:
            problems.append(Problem("", 0, 0, "", str(error)))
    if problems:
        raise InputError(problems)
    return changed


@actions.command("propose")
@click.argument("journal", type=click.Path(path_type=Path))
@STORE
def propose(journal: Path, address: str | None) -> None:
    """Take in what the review of a drill proposes, from its journal (a file, or the drill's folder).

    Each item names the incident that it comes from and the scenario that tests it again; a proposal that was taken in
    before is passed over.
    """
    from scoring.review import review
    from simulator.journal_reader import read_journal

    drafted = review(read_journal(journal / "journal.jsonl" if journal.is_dir() else journal))

    def change(known: dict[str, ActionItem]) -> Iterable[ActionItem]:
        return _numbered(drafted["action_items"], known)

    for item in open_store(address).change_items(change):
        click.echo(_line(item, None))


def _numbered(proposals: Iterable[dict[str, str]], known: dict[str, ActionItem]) -> Iterable[ActionItem]:
    """The proposals that are new, under ids that are free."""
    from scenarios.action_items import ActionItem
    from scenarios.fields import parse_date

    there = {(item.title, item.incident) for item in known.values()}
    free = (name for number in count_from(1) if (name := f"AI-{number:03d}") not in known)
    for proposal in proposals:
        if (proposal["title"], proposal.get("incident")) not in there:
            values: dict[str, Any] = {**proposal, "id": next(free), "due_date": parse_date(proposal["due_date"])}
            yield ActionItem(**values)


@actions.command("accept")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@ORGANIZATION
@CONFIRM
@STORE
def accept(ids: tuple[str, ...], reference: str, confirmed: tuple[str, ...], address: str | None) -> None:
    """Accept proposed items, all of them or none, and create each in the tracker; the key is kept.

    What the tracker does not take stays accepted; `gameday actions sync` tries again.
    """
    from scenarios.action_items import moved

    tracker = _tracker(reference, confirmed)
    store, today = open_store(address), _today()
    accepted = store.change_items(lambda known: _changed(known, ids, lambda item: moved(item, "todo", today)))
    _sync(tracker, store, accepted)


@actions.command("sync")
@ORGANIZATION
@CONFIRM
@STORE
def sync(reference: str, confirmed: tuple[str, ...], address: str | None) -> None:
    """Create in the tracker what was accepted and is not there yet, and read back how far everything is."""
    store = open_store(address)
    _sync(_tracker(reference, confirmed), store, store.action_items())


def _tracker(reference: str, confirmed: tuple[str, ...]) -> Tracker:
    from drills.incident.endpoints import confirmations
    from drills.tracking import Tracker

    return Tracker(load(reference), confirmations([*confirmed, os.environ.get("GAMEDAY_CONFIRM", "")]))


def _sync(tracker: Tracker, store: Store, items: Iterable[ActionItem]) -> None:
    """Ask the tracker about each item, and write down each answer at once; exit code 1 where one was not to be had."""
    from drills.tracking import to_ask

    failed, asked = False, to_ask(items)
    try:
        if not tracker.place.live:
            _show(tracker, asked)
            return
        for item in asked:
            answer = tracker.ask(item)
            if answer.found is None:
                failed = True
                click.echo(f"{item.id}: {tracker.place.host} did not say: {answer.error}", err=True)
            else:
                click.echo(_kept(store, answer))
    finally:
        tracker.close()
    if failed:
        click.echo("Some items are not as the tracker has them; `gameday actions sync` asks again.", err=True)
        sys.exit(UNDELIVERED)


def _kept(store: Store, answer: Answer) -> str:
    """Keep what the tracker said of an item; the line that tells it."""
    from drills.tracking import followed

    found, today = answer.found, _today()
    assert found is not None

    def change(known: dict[str, ActionItem]) -> Iterable[ActionItem]:
        return [followed(known[answer.item.id], found, today)] if answer.item.id in known else []

    (item,) = store.change_items(change) or [answer.item]
    told = "created as" if answer.made else "is"
    return f"{_line(item, None)}  ({told} {item.ticket})"


def _show(tracker: Tracker, items: Iterable[ActionItem]) -> None:
    """What would be sent, to a host that nobody has confirmed."""
    from drills.incident.port import shown

    for item in items:
        if item.ticket is None:
            click.echo(shown(tracker.creation(item)))
    click.echo(
        f"Not sent (dry run): --confirm tracker={tracker.place.host} sends it there, GAMEDAY_TRACKER_URL to an address "
        "on this machine.",
        err=True,
    )
