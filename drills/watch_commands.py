"""The commands that take a drill's series to a real Prometheus: watched by the clock, or back-filled afterwards."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from drills.commands import INVALID, MET, MISSED, drill_name, write_drill
from drills.exposition import open_metrics
from drills.runner import prepare
from scenarios.problems import InputError, Problem
from scoring.scorecard import scorecard
from scoring.text import text


def export_series(reference: str, overrides: Sequence[str], seed: int, output: Path | None) -> int:
    """Write every series of a drill that nobody but modelled people touches, in Unix time."""
    from drills.watched import WatchedDrill

    drill = WatchedDrill(prepare(reference, overrides), seed, "modelled", own_alerts=True)
    drill.advance(drill.end_ms)
    lines = open_metrics(drill.store, 0, drill.end_ms)
    try:
        if output is None:
            sys.stdout.writelines(lines)
        else:
            with output.open("w", encoding="utf-8") as file:
                file.writelines(lines)
    except OSError as error:
        raise InputError([Problem("", 0, 0, "", f"cannot write to {output}: {error.strerror}")]) from error
    return MET


def watch_scenario(
    reference: str, overrides: Sequence[str], *, seed: int, host: str, port: int, speed: float, folder: Path | None
) -> int:
    """Play one drill by the clock on the wall; write and print what came out."""
    from drills.watch import watch
    from drills.watched import WatchedDrill

    prepared = prepare(reference, overrides)
    drill = WatchedDrill(prepared, seed, "modelled")
    journal = watch(drill, speed, host, port, click.echo)
    card = scorecard(journal)
    folder = folder or Path("reports") / f"{drill_name(prepared, seed, 'modelled')}-watched"
    page = write_drill(folder, card, journal)
    click.echo(text(card, journal, report=str(page), colour=sys.stdout.isatty()), nl=False)
    if card["invalid_because"]:
        return INVALID
    return MET if card["met"] else MISSED
