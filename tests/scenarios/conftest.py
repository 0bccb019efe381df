"""A copy of the flagship and its organisation that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import scenarios
from scenarios.loading import LoadedScenario, load_scenario
from scenarios.problems import InputError
from simulator.faults import KINDS

LIBRARY = Path(scenarios.__file__).parent


class Workspace:
    """A folder with ``scenario.yaml`` and ``seiketsu/``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(LIBRARY / "seiketsu", folder / "seiketsu")
        self.organization = folder / "seiketsu" / "organization.yaml"
        self.scenario = folder / "scenario.yaml"
        self.scenario.write_text((LIBRARY / "library" / "elevenlabs-intermittent.yaml").read_text())
        self.replace(self.scenario, "organization: seiketsu\n", "organization: ./seiketsu\n")

    def replace(self, file: Path, old: str, new: str) -> None:
        """Replace text that the file holds exactly once."""
        text = file.read_text()
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        file.write_text(text.replace(old, new))

    def load(self, *overrides: str) -> LoadedScenario:
        return load_scenario(str(self.scenario), KINDS, overrides)

    def problems(self, *overrides: str) -> list[str]:
        """Every problem without its file, line and column, in file order."""
        with pytest.raises(InputError) as caught:
            self.load(*overrides)
        return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
