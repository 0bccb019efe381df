"""A world as large as they come: thirty services, ten faults, three hours; and how its cost grows."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drills.runner import Prepared, play, prepare
from scenarios.documents import read_document
from scenarios.loading import library_organizations

KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "errors", "ratio": 0.2},
    {"kind": "latency", "added": "400ms"},
    {"kind": "burst_errors", "mean_good": "2m", "mean_bad": "1m", "error_ratio": {"good": 0.01, "bad": 0.4}},
    {"kind": "flapping", "fails_for": "3m", "works_for": "7m", "ratio": 0.3},
    {"kind": "traffic", "shape": "double_wave", "base": 0.8, "peak": 1.4},
)
SEEDS = range(1, 4)


def world(folder: Path, services: int, faults: int, minutes: int) -> Prepared:
    """A drill of the first organisation with more services, in layers of five behind its API."""
    path = library_organizations()["seiketsu"]
    data = dict(read_document(path).data)
    rules = [str(path.parent / name) for name in data["monitoring"]["rule_files"]]
    data["monitoring"] = {**data["monitoring"], "rule_files": rules}
    data["playbook_files"] = [str(path.parent / name) for name in data["playbook_files"]]
    own: dict[str, Any] = {name: dict(service) for name, service in data["services"].items()}
    latency = {"p50": "5ms", "p95": "20ms", "p99": "50ms", "max": "300ms"}
    added = [f"part_{number}" for number in range(services - len(own))]
    for number, name in enumerate(added):
        below = {added[number + 5]: {"share": 0.5, "retries": 1}} if number + 5 < len(added) else {}
        own[name] = {"title": name, "latency": latency, "capacity_per_s": 200, "depends_on": below}
    own["api"]["depends_on"] = {**own["api"]["depends_on"], **{name: {"share": 0.3} for name in added[:5]}}
    names = [*added, "elevenlabs", "database"]
    struck = [
        {
            "id": f"fault-{number}",
            "on": "voice" if KINDS[number % len(KINDS)]["kind"] == "traffic" else names[number % len(names)],
            "at": f"{5 + number * 3}m",
            "for": f"{minutes - 5 - number * 3}m",
            **KINDS[number % len(KINDS)],
        }
        for number in range(faults)
    ]
    scenario = {
        "scenario": "large",
        "title": "Large",
        "codename": "ocean",
        "organization": "organization.yaml",
        "difficulty": 5,
        "starts_at": "2025-08-20T09:00:00Z",
        "duration": f"{minutes}m",
        "brief": "Much.",
        "severity": "P1",
        "faults": struck,
        "criteria": {"communication": {"internal_every": "30m"}},
    }
    folder.mkdir(parents=True)
    (folder / "organization.yaml").write_text(json.dumps({**data, "services": own}), encoding="utf-8")
    (folder / "large.yaml").write_text(json.dumps(scenario), encoding="utf-8")
    return prepare(str(folder / "large.yaml"))


def large_world(bare_loop: Callable[[], object]) -> None:
    """Print what such a drill costs as a multiple of the bare loop, and what half of it costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = min(_seconds(bare_loop) for _ in range(10))
        for services, minutes in ((30, 180), (30, 90), (20, 180)):
            made = world(folder / f"{services}-{minutes}", services, 10, minutes)
            taken = statistics.mean(min(_played(made, seed) for _ in range(6)) for seed in SEEDS)
            title = f"{services} services, 10 faults, {minutes} min, wire off"
            print(f"{title}: {taken / bare:.1f} bare loops ({taken * 1e3:.0f} ms against {bare * 1e3:.1f})")


def _played(made: Prepared, seed: int) -> float:
    return _seconds(lambda: play(made, seed, wired=False))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()  # Other work on a shared machine does not count.
    work()
    return time.process_time() - started
