"""What to change: only where detection was missed, the best of what was tried, and the command does what it says."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import scenarios
from drills import cli
from drills.advice import improvements
from drills.runner import play, prepare
from scoring.scorecard import scorecard
from scoring.wording import elapsed
from simulator.healthy_day import pages

FLAGSHIP = "elevenlabs-intermittent"
PACKAGE = Path(scenarios.__file__).parent

RULES = """\
groups:
  - name: rules
    rules:
      - alert: Slow
        expr: rate(http_requests_total{status=~"5.*"}[5m]) > 0.6
        for: 6m
      - alert: Quick
        expr: rate(http_requests_total{status=~"5.*"}[5m]) > 0.1
        for: 5m
      - alert: Blind
        expr: up{job="nothing"} == 0
        for: 5m
      - alert: Short
        expr: rate(http_requests_total{status=~"5.*"}[5m]) > 5
        for: 30s
"""


def advised(reference: str, *overrides: str, seed: int = 7, treatment: Any = "modelled") -> list[dict[str, Any]]:
    prepared = prepare(reference, overrides)
    return improvements(prepared, seed, treatment, play(prepared, seed, treatment, wired=False))


def detected_s(reference: str, *overrides: str, seed: int = 7) -> float:
    card = scorecard(play(prepare(reference, overrides), seed, wired=False))
    return float(card["criteria"]["detected"]["value_s"])


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The flagship in an organisation whose alerts see its trouble at different times, and which nobody else tells."""
    shutil.copytree(PACKAGE / "seiketsu", tmp_path / "ours")
    (tmp_path / "ours" / "alert-rules.yaml").write_text(RULES)
    organization = tmp_path / "ours" / "organization.yaml"
    text = organization.read_text()
    runbooks, closure = text.index("\nrunbooks:"), text.index("\nclosure:")
    organization.write_text(text[:runbooks] + text[closure:])
    scenario = (PACKAGE / "library" / f"{FLAGSHIP}.yaml").read_text()
    (tmp_path / "own.yaml").write_text(scenario.replace("organization: seiketsu", "organization: ./ours"))
    monkeypatch.chdir(tmp_path)
    return "own.yaml"


def test_the_command_really_gives_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [advice] = advised(FLAGSHIP)
    assert advice["change"] == "HighErrorRate.for=1m"
    before, after = advice["effects"][0].removeprefix("detected ").split(" → ")
    assert before == elapsed(detected_s(FLAGSHIP))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [*shlex.split(advice["command"]), "--format", "json"])
    with pytest.raises(SystemExit):
        cli.main()
    card = json.loads(capsys.readouterr().out)
    assert elapsed(card["criteria"]["detected"]["value_s"]) == after
    assert card["seed"] == 7


def test_nothing_is_advised_where_detection_was_in_time() -> None:
    assert advised(FLAGSHIP, "criteria.detected.within=6m") == []


def test_nothing_is_advised_where_detection_is_not_judged() -> None:
    assert advised(FLAGSHIP, "criteria.detected=null") == []


def test_nothing_is_advised_where_no_alert_waits_longer_than_what_is_tried() -> None:
    assert advised(FLAGSHIP, "HighErrorRate.for=1m", "criteria.detected.within=1m") == []


def test_nothing_is_advised_where_what_is_tried_detects_no_sooner(own: str) -> None:
    """A probe tells before any alert could."""
    probe = "detection.probes.voice_health"
    soon = (f"{probe}.follows_dependencies=true", f"{probe}.interval=5s", f"{probe}.failures=1")
    assert detected_s(own, *soon, "criteria.detected.within=0s") < 30
    assert advised(own, *soon, "criteria.detected.within=0s") == []


def test_of_several_changes_the_one_that_detects_soonest_is_advised(own: str) -> None:
    tried = {alert: detected_s(own, f"{alert}.for=1m") for alert in ("Slow", "Quick")}
    assert tried["Quick"] < tried["Slow"] < detected_s(own)
    [advice] = advised(own)
    assert advice["change"] == "Quick.for=1m"


def test_the_command_repeats_seed_treatment_and_earlier_changes() -> None:
    [advice] = advised(FLAGSHIP, "title=A title", treatment="absent")
    assert shlex.split(advice["command"]) == [
        *("gameday", "run", FLAGSHIP, "--seed", "7", "--treatment", "absent"),
        *("--set", "title=A title", "--set", "HighErrorRate.for=1m"),
    ]


def test_what_is_never_detected_otherwise_is_told_as_never(own: str) -> None:
    deaf = (
        "Slow.for=85m",
        "Quick.for=85m",
        "Short.expr=vector(0) > 1",
        "detection.customers=null",
        "detection.team=null",
    )
    [advice] = advised(own, *deaf)
    assert advice["effects"][0].startswith("detected never → ")


def test_the_cost_is_counted_in_pages_on_a_healthy_day() -> None:
    [advice] = advised(FLAGSHIP)
    costs = []
    for overrides in ((), (advice["change"],)):
        made = prepare(FLAGSHIP, overrides)
        days = [pages(made.loaded.organization, made.loaded.scenario, made.rules, 7 + day) for day in range(3)]
        costs.append(f"{round(sum(days) / 3, 1):g}")
    assert costs[0] != costs[1]
    assert advice["effects"][1] == f"pages on a healthy day {costs[0]} → {costs[1]} (mean of 3)"
