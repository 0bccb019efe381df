"""Action items as their file holds them: what was decided after an incident, who does it by when, and how far it is.

The file is a mapping with the one key ``action_items``. Its own keys (``id`` to ``status``) are those that teams use
already; ``completed_on``, ``incident``, ``scenario`` and ``ticket`` may be left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal, get_args

from annotated_types import MinLen

from scenarios.documents import Document
from scenarios.fields import Date, model
from scenarios.problems import InputError, Problem, alternatives
from scenarios.validation import check_schema

Priority = Literal["critical", "high", "medium", "low"]
Status = Literal["proposed", "todo", "in_progress", "done", "dropped"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
STATUSES: tuple[Status, ...] = get_args(Status)

TRANSITIONS: dict[Status, tuple[Status, ...]] = {
    "proposed": ("todo", "dropped"),
    "todo": ("in_progress", "done", "dropped"),
    "in_progress": ("todo", "done", "dropped"),
    "done": ("in_progress",),
    "dropped": ("todo",),
}
"""Where an item can go from each state. `proposed` waits for somebody to accept it, which makes it `todo`."""

OPEN: tuple[Status, ...] = ("proposed", "todo", "in_progress")
"""The states in which something is still to be done."""

Text = Annotated[str, MinLen(1)]


@model
class ActionItem:
    """One thing to be done so that an incident does not come back, or is handled better."""

    id: Text
    """Its id, unique in its file and in the store."""
    title: Text
    """What is to be done."""
    owner: Text
    """The team or person who does it."""
    priority: Priority
    """How much it matters."""
    due_date: Date
    """The last day on which it is in time."""
    status: Status
    """How far it is."""
    completed_on: Date | None = None
    """The day on which it was done; only where it is."""
    incident: Text | None = None
    """The incident that it comes from."""
    scenario: Text | None = None
    """The scenario that shows whether it helped."""
    ticket: Text | None = None
    """Its key in the tracker."""


@model
class ActionItemFile:
    """A file of action items."""

    action_items: tuple[ActionItem, ...]
    """The items, in any order."""


def read_action_items(document: Document) -> tuple[ActionItem, ...]:
    """The items of a file; InputError with every problem: types, keys, ids that come twice, completed but not done."""
    made, problems = check_schema(ActionItemFile, document)
    if made is not None:
        problems += _between(document, made.action_items)
    if problems:
        raise InputError(problems)
    assert made is not None
    return made.action_items


def _between(document: Document, items: Iterable[ActionItem]) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.id in first:
            message = f'"{item.id}" is the id of item {first[item.id] + 1} already'
            problems.append(document.problem(("action_items", index, "id"), message))
        first.setdefault(item.id, index)
        if item.completed_on is not None and item.status != "done":
            message = "only an item that is done has this"
            problems.append(document.problem(("action_items", index, "completed_on"), message, at_key=True))
    return problems


def overdue(items: Iterable[ActionItem], today: date) -> list[ActionItem]:
    """The items that should be done by now and are not, the longest overdue first."""
    late = [item for item in items if item.status in OPEN and item.due_date < today]
    return sorted(late, key=lambda item: (item.due_date, PRIORITIES.index(item.priority), item.id))


def moved(item: ActionItem, status: Status, today: date) -> ActionItem:
    """The item in another state; ValueError where that does not follow from the one it is in."""
    from dataclasses import replace

    if status == item.status:
        return item
    if status not in TRANSITIONS[item.status]:
        allowed = alternatives(TRANSITIONS[item.status])
        raise ValueError(f"{item.id} is {item.status} and cannot become {status} (expected {allowed})")
    return replace(item, status=status, completed_on=today if status == "done" else None)


FIELDS = tuple(ActionItem.__annotations__)
"""The keys of an item, in the order in which they are written."""


def plain_item(item: ActionItem) -> dict[str, str]:
    """The item as JSON data under its file's keys; what it does not have is left out."""
    values = {name: getattr(item, name) for name in FIELDS}
    return {name: str(value) for name, value in values.items() if value is not None}


def action_items_text(items: Sequence[ActionItem]) -> str:
    """A file with these items, which `read_action_items` reads back as they were."""
    import yaml

    class Writer(yaml.SafeDumper):
        """Quotes every value and no key, as people write such files."""

        def represent_mapping(self, tag: str, mapping: object, flow_style: bool | None = None) -> yaml.MappingNode:
            node = super().represent_mapping(tag, mapping, flow_style)  # type: ignore[arg-type]
            for key, value in node.value:
                key.style = None
                if isinstance(value, yaml.ScalarNode):
                    value.style = '"'
            return node

    rows = [plain_item(item) for item in items]
    return yaml.dump({"action_items": rows}, Dumper=Writer, sort_keys=False, allow_unicode=True, width=1_000_000)
