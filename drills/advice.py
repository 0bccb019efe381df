"""What to change: small changes to the alert rules, each tried by simulating it, with what it costs on a quiet day."""

from __future__ import annotations

import shlex
from math import fsum
from typing import Any, NamedTuple

from drills.runner import Prepared, play, prepare
from scoring.scorecard import scorecard
from scoring.wording import elapsed
from simulator.healthy_day import pages
from simulator.journal import Journal
from simulator.responders.treatments import TreatmentName
from simulator.rule_timing import page_times

SHORTER_FOR = "1m"
SHORTER_FOR_MS = 60_000
"""What is tried as a rule's `for`: long enough for four evaluations at the usual 15 s."""

HEALTHY_DAYS = 3
"""Days over which the pages of a quiet day are averaged."""


class _Trial(NamedTuple):
    alert: str
    change: str
    detected_s: float
    prepared: Prepared


def improvements(prepared: Prepared, seed: int, treatment: TreatmentName, journal: Journal) -> list[dict[str, Any]]:
    """The change that detects soonest, if detection was missed and something tried would have been sooner.

    Each is `{"command", "change", "effects": [text, …]}`: the same drill, on the same luck, under the changed rule.
    """
    card = scorecard(journal)
    detected = card["criteria"].get("detected")
    if detected is None or detected["met"] is not False:
        return []
    before_s = detected["value_s"]
    trials = [
        trial
        for alert in _slow_alerts(prepared)
        if (trial := _try(prepared, alert, seed, treatment)) is not None
        and (before_s is None or trial.detected_s < before_s)
    ]
    if not trials:
        return []
    best = min(trials, key=lambda trial: (trial.detected_s, trial.alert))
    changes = [word for change in (*prepared.overrides, best.change) for word in ("--set", change)]
    policy = [] if treatment == "modelled" else ["--treatment", treatment]
    command = shlex.join(["gameday", "run", prepared.reference, "--seed", str(seed), *policy, *changes])
    before = "never" if before_s is None else elapsed(before_s)
    effects = [f"detected {before} → {elapsed(best.detected_s)}", _cost(prepared, best.prepared, seed)]
    return [{"command": command, "change": best.change, "effects": effects}]


def _slow_alerts(prepared: Prepared) -> list[str]:
    """The alerts that see this trouble and wait longer than what is tried."""
    times = page_times(prepared.loaded.organization, prepared.loaded.scenario, prepared.rules)
    return [
        time.alert for time in times if any(part.name == "for" and part.best_ms > SHORTER_FOR_MS for part in time.parts)
    ]


def _try(prepared: Prepared, alert: str, seed: int, treatment: TreatmentName) -> _Trial | None:
    """The drill with a shorter `for`; None if it is not detected then either."""
    change = f"{alert}.for={SHORTER_FOR}"
    changed = prepare(prepared.reference, (*prepared.overrides, change))
    result = scorecard(play(changed, seed, treatment, wired=False))["criteria"]["detected"]
    return None if result["value_s"] is None else _Trial(alert, change, result["value_s"], changed)


def _cost(before: Prepared, after: Prepared, seed: int) -> str:
    counts = [_mean_pages(prepared, seed) for prepared in (before, after)]
    return f"pages on a healthy day {counts[0]:g} → {counts[1]:g} (mean of {HEALTHY_DAYS})"


def _mean_pages(prepared: Prepared, seed: int) -> float:
    loaded = prepared.loaded
    days = [pages(loaded.organization, loaded.scenario, prepared.rules, seed + day) for day in range(HEALTHY_DAYS)]
    return round(fsum(days) / HEALTHY_DAYS, 1)
