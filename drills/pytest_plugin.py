"""A pytest plugin: with ``--drills``, scenarios are tests, an item for every criterion and seed.

It collects ``*.drill.yaml`` below what pytest is asked to test, and with ``--drill-library`` the library's scenarios. A
failure shows the timeline that led to it and the command that plays the drill again. Nothing of gameday is imported
until it is asked for, so that having it installed costs other test runs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.journal import Journal

SUFFIXES = (".drill.yaml", ".drill.yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("gameday", "drills of incident response")
    group.addoption("--drills", action="store_true", help="collect *.drill.yaml as tests, an item a criterion and seed")
    group.addoption("--drill-library", action="append", default=[], metavar="ID", help="a scenario of the library, too")
    group.addoption("--drill-seeds", type=int, default=3, metavar="N", help="seeds to play, from 1 on (default: 3)")
    group.addoption("--drill-treatment", default="modelled", choices=["modelled", "ideal", "absent", "wrong"])
    group.addoption("--drill-set", action="append", default=[], metavar="PATH=VALUE", help="change a value")


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marker means."""
    config.addinivalue_line("markers", "drill: a criterion of a drill of incident response")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario's file, where drills are asked for."""
    if parent.config.getoption("--drills") and file_path.name.endswith(SUFFIXES):
        return DrillFile.from_parent(parent, path=file_path, reference=str(file_path))
    return None


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the scenarios of the library that were asked for."""
    if not config.getoption("--drills"):
        return
    from scenarios.loading import library_scenarios

    for name in config.getoption("--drill-library"):
        path = library_scenarios().get(name)
        if path is None:
            raise pytest.UsageError(f"--drill-library: {name} is not in the library: {', '.join(library_scenarios())}")
        items.extend(DrillFile.from_parent(session, path=path, reference=name, name=name, nodeid=name).collect())


class DrillFile(pytest.File):
    """A scenario; collects an item for every criterion and seed."""

    def __init__(self, *, reference: str, **named: Any) -> None:
        super().__init__(**named)
        self.reference = reference

    def collect(self) -> Iterator[DrillItem]:
        """Read the scenario: what is wrong with it is said at its lines, as an error of collection."""
        from drills.runner import plain
        from scenarios.problems import InputError

        overrides = tuple(self.config.getoption("--drill-set"))
        try:
            scenario = _prepared(self.reference, overrides).loaded.scenario
        except InputError as error:
            raise self.CollectError(str(error)) from error
        for seed in range(1, self.config.getoption("--drill-seeds") + 1):
            for name in plain(scenario.criteria):
                item = DrillItem.from_parent(self, name=f"{name}[seed{seed}]", criterion=name, seed=seed)
                item.add_marker("drill")
                yield item


class DrillItem(pytest.Item):
    """A criterion of one drill."""

    def __init__(self, *, criterion: str, seed: int, **named: Any) -> None:
        super().__init__(**named)
        self.criterion = criterion
        self.seed = seed

    @property
    def scenario(self) -> DrillFile:
        """The scenario that it belongs to."""
        assert isinstance(self.parent, DrillFile)
        return self.parent

    def runtest(self) -> None:
        """Play the drill, once for all its criteria, and look at this one."""
        option = self.config.getoption
        journal, card = _judged(
            self.scenario.reference, tuple(option("--drill-set")), self.seed, option("--drill-treatment")
        )
        if card["invalid_because"]:
            raise DrillFailed(self, journal, card, f"the drill is not valid: {'; '.join(card['invalid_because'])}")
        met = card["criteria"][self.criterion]["met"]
        if met is None:
            pytest.skip(f"{self.criterion} could not be judged in this drill")
        if not met:
            raise DrillFailed(self, journal, card, "missed")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was missed, the timeline that led there, and how to play the drill again."""
        if isinstance(excinfo.value, DrillFailed):
            return excinfo.value.told()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The criterion's line in the scenario's file."""
        document = _prepared(self.scenario.reference, tuple(self.config.getoption("--drill-set"))).loaded.document
        _, line, _ = document.place(("criteria", self.criterion), at_key=True)
        return self.path, max(line - 1, 0), f"{self.scenario.path.name}: {self.name}"


class DrillFailed(Exception):  # noqa: N818 - pytest's words: a test has failed
    """A criterion was missed, or its drill proves nothing."""

    def __init__(self, item: DrillItem, journal: Journal, card: dict[str, Any], why: str) -> None:
        super().__init__(why)
        self._item, self._journal, self._card, self._why = item, journal, card, why

    def told(self) -> str:
        """The failure as text."""
        import shlex

        from scoring.text import decisive, value
        from scoring.wording import elapsed, harmless, moment, plain, sentence

        item, option = self._item, self._item.config.getoption
        part, result = decisive(self._card["criteria"][item.criterion])
        name = plain(f"{item.criterion}, {part}" if part else item.criterion)
        limit = "" if result["limit_s"] is None else f", limit {elapsed(result['limit_s'])}"
        lines = [f"{name}: {value(result)}{limit} ({self._why})", "", "What led to it:"]
        records = self._journal.records
        lines += [
            f"  {moment(records[number - 1]['at_ms']):>7}  #{number:<4} {sentence(records[number - 1])}"
            for number in result["evidence"]
        ]
        words = ["gameday", "run", _shown(item.scenario), "--seed", str(item.seed)]
        if option("--drill-treatment") != "modelled":
            words += ["--treatment", option("--drill-treatment")]
        words += [word for change in option("--drill-set") for word in ("--set", change)]
        text = "\n".join(map(harmless, [*lines, "", f"Play it again: {shlex.join(words)}"]))
        _annotate(item, f"{name}: {value(result)}{limit}, seed {item.seed}")
        return text


def _shown(scenario: DrillFile) -> str:
    """The scenario as it is played from the working folder: an id of the library, or a path."""
    if scenario.reference != str(scenario.path):
        return scenario.reference
    path = os.path.relpath(scenario.path)
    return path if os.sep in path else f".{os.sep}{path}"


def _annotate(item: DrillItem, message: str) -> None:
    """On GitHub, name the failure at the scenario's line."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    path, line, _ = item.reportinfo()
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    shown = os.path.relpath(path, os.environ.get("GITHUB_WORKSPACE", "."))
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if reporter is not None:
        reporter.write_line(f"\n::error file={shown},line={(line or 0) + 1},title=Drill::{escaped}")


@lru_cache(maxsize=64)
def _prepared(reference: str, overrides: tuple[str, ...]) -> Any:
    from drills.runner import prepare

    return prepare(reference, overrides)


@lru_cache(maxsize=8)
def _judged(reference: str, overrides: tuple[str, ...], seed: int, treatment: Any) -> tuple[Journal, dict[str, Any]]:
    """A drill and its scorecard: the criteria of one seed follow each other, so that each drill is played once."""
    from drills.runner import play
    from scoring.scorecard import scorecard

    journal = play(_prepared(reference, overrides), seed, treatment, wired=False)
    return journal, scorecard(journal)
