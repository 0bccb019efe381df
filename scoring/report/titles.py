"""Names as people know them: services by their titles instead of the names that they have in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from simulator.journal import Journal, Record


def under_titles(journal: Journal) -> Journal:
    """The same drill as the report shows it: every service that has a title of its own goes by it.

    For showing only: what is said of a service by name in a free text stays as it was said, and the digest differs.
    """
    titles: Mapping[str, str] = journal.header.get("titles", {}).get("services", {})
    shared = Counter([*titles.values(), *titles])
    own = {name: title for name, title in titles.items() if shared[title] == 1}
    objectives = journal.header.get("objectives", {})
    shown = Journal(
        {**journal.header, "objectives": {own.get(name, name): value for name, value in objectives.items()}}
    )
    shown.records = [_titled(record, own) for record in journal.records]
    return shown


def _titled(record: Record, titles: Mapping[str, str]) -> Record:
    changed: dict[str, Any] = {key: titles[record[key]] for key in ("service", "cause") if record.get(key) in titles}
    if "services" in record:
        changed["services"] = [titles.get(name, name) for name in record["services"]]
    return {**record, **changed} if changed else record
