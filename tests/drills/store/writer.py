"""A process that writes to a store for ever, for tests that kill it: python -m tests.drills.store.writer ADDRESS."""

from __future__ import annotations

import itertools
import sys
from datetime import date

from drills.store.store import Store
from scenarios.action_items import ActionItem

ITEMS = 40


def items(title: str) -> list[ActionItem]:
    """Items that are written together, with one title."""
    return [
        ActionItem(
            id=f"AI-{number:02}",
            title=title,
            owner="team",
            priority="low",
            due_date=date(2025, 8, 16),
            status="todo",
        )
        for number in range(ITEMS)
    ]


def main(address: str) -> None:
    """Say when everything is imported, then make the store and write."""
    import alembic.command  # noqa: F401 - so that making the store is all that is left to do

    print("ready", flush=True)
    store = Store(address)
    for number in itertools.count():
        store.change_items(lambda _, title=str(number): items(title))


if __name__ == "__main__":
    main(sys.argv[1])
