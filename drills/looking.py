"""What could be seen at a moment of a drill: the drill is played again, and its world is looked at."""

from __future__ import annotations

from typing import Literal

import click

from drills.adapters.wire import DirectWire
from drills.drill import Drill
from drills.runner import Prepared, prepare
from scenarios.fields import parse_duration
from scenarios.problems import InputError, Problem, alternatives
from simulator.responders.treatments import TREATMENTS, TreatmentName
from simulator.views import dashboard, log_lines, recent_changes, status_page, tickets

What = Literal["logs", "tickets", "status", "changes", "dashboard"]
LOG_MS = 30_000
"""How much of a log is shown, up to the moment."""


def look(
    reference: str,
    overrides: tuple[str, ...],
    what: What,
    *,
    service: str | None,
    at: str,
    seed: int,
    treatment: TreatmentName,
) -> None:
    """Print what a player would have seen of one kind at a moment of a drill."""
    prepared = prepare(reference, overrides)
    try:
        at_ms = parse_duration(at)
    except ValueError as error:
        raise InputError([Problem("", 0, 0, "", f"--at: {error} (got {at})")]) from error
    drill = _played(prepared, seed, treatment)
    world = drill.world
    services = prepared.loaded.organization.services
    if what in ("logs", "status") and service is None:
        struck = prepared.loaded.scenario.faults[0].on
        vendors = [name for name, one in services.items() if one.kind == "vendor"]
        service = struck if what == "logs" or struck in vendors or not vendors else vendors[0]
    if service is not None and service not in services:
        raise InputError([Problem("", 0, 0, "", f'unknown service "{service}" (expected {alternatives(services)})')])
    if what == "logs":
        assert service is not None
        lines = [line.text(world) for line in log_lines(world, service, at_ms - LOG_MS, at_ms)]
    elif what == "status":
        assert service is not None
        lines = [f"{services[service].title}: {status_page(world, service, at_ms)}"]
    elif what == "tickets":
        seen = [record for record in drill.journal.records if record["at_ms"] <= at_ms]
        lines = [
            f"{one.customer}, {one.organization}: {one.text} (#{one.record})" for one in tickets(world, seen, invent)
        ]
    else:
        lines = list(recent_changes(world, at_ms) if what == "changes" else dashboard(world, at_ms))
    for line in lines or ["Nothing."]:
        click.echo(line)


def invent(number: int) -> tuple[str, str]:
    """A customer's name and company, by Faker where that is installed, else by number."""
    try:
        from faker import Faker
    except ImportError:
        return f"Customer {number % 1000}", f"Company {number % 100}"
    fake = Faker("en_GB")
    fake.seed_instance(number)
    return fake.name(), fake.company()


def _played(prepared: Prepared, seed: int, treatment: TreatmentName) -> Drill:
    loaded = prepared.loaded
    wire = DirectWire(loaded.organization, loaded.scenario.codename)
    drill = Drill(
        loaded,
        prepared.flow,
        prepared.rules,
        prepared.profiles,
        templates=prepared.templates,
        treatment=TREATMENTS[treatment],
        seed=seed,
        wire=wire,
    )
    drill.run()
    return drill
