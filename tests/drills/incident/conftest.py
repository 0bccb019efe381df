from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drills.incident.declaration import Declaration
from drills.incident.desk import Desk
from scenarios.loading import LoadedOrganization, load_organization
from simulator.faults import KINDS
from tests.drills.incident.tools import Tools, running_tools

STARTS_AT = datetime(2025, 8, 9, 14, 0, 0, tzinfo=UTC)
VOICE = Declaration("P1", "Voice is down", "alice.engineer")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = STARTS_AT

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: int) -> None:
        self.at += timedelta(**span)


class Bench:
    """A desk with a clock of its own, and everything that it said."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.desk = Desk(folder, self.said.append, environ=environ, clock=self.clock)

    def journal(self, incident: str) -> Path:
        return self.desk.folder / incident / "journal.jsonl"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests has set for incidents of their own is none of the tests' business."""
    for name in [name for name in os.environ if name.startswith("GAMEDAY_") or name == "API_TOKEN"]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def seiketsu() -> LoadedOrganization:
    return load_organization("seiketsu", KINDS)


@pytest.fixture
def tools() -> Iterator[Tools]:
    with running_tools() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Nothing is sent."""
    return Bench(tmp_path / "incidents", {})


@pytest.fixture
def wired(tmp_path: Path, tools: Tools) -> Bench:
    """Everything is sent to the tools on loopback."""
    return Bench(tmp_path / "incidents", tools.environ)
