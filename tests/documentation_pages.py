"""Documents that follow from the code as a whole: a page for every kind of fault and for every scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path

from scenarios.fault import Fault
from scenarios.fields import format_duration
from scenarios.loading import LoadedScenario, library_scenarios, load_scenario
from scenarios.organization import Action, Service
from scenarios.scenario import Inject, Scenario
from scenarios.schema import json_schema
from scenarios.shapes import shape_of_model
from simulator.faults import KINDS
from simulator.injecting import moments
from tests import documentation_tables as tables
from tests.documentation_plots import metastable_svg

ROOT = Path(__file__).parent.parent


def pages() -> dict[Path, Callable[[], str]]:
    """Every generated document by its place, and what makes it."""
    documents = ROOT / "docs"
    made: dict[Path, Callable[[], str]] = {
        documents / "reference" / "faults" / f"{kind}.md": partial(fault_page, kind) for kind in KINDS
    }
    for name in library_scenarios():
        made[documents / "scenarios" / f"{name}.md"] = partial(scenario_page, name)
    made[documents / "scenarios" / "README.md"] = scenario_index
    made[documents / "images" / "metastable.svg"] = metastable_svg
    return made


def fault_page(kind: str) -> str:
    """A kind of fault: what it does, from its docstrings, and its parameters."""
    definitions = json_schema("scenario", KINDS)["$defs"]
    common = [name for name in shape_of_model(Fault).fields if name != "parameters"]
    parameters, schema = KINDS[kind], definitions[f"Fault: {kind}"]
    own = [name for name in schema["properties"] if name not in common]
    parts = [f"# {kind}\n", f"{tables.headline(kind)}\n", f"{tables.paragraph(schema['description'])}\n"]
    parts.append(tables.model_table(parameters, schema, own) if own else "It has no parameters of its own.\n")
    for below in tables.models_below(parameters):
        parts += [f"## {below.__name__}\n", tables.model_table(below, definitions[below.__name__])]
    needs = getattr(parameters, "NEEDS", ())
    if needs:
        parts.append(f"The service has to state {', '.join(f'`{name}`' for name in needs)}.\n")
    parts.append("What every fault may state beside them: [Scenario file](../scenario-file.md#faults).\n")
    return "\n".join(parts)


@cache
def _loaded(name: str) -> LoadedScenario:
    return load_scenario(name, KINDS)


def scenario_index() -> str:
    """All scenarios of the library, the easiest first."""
    loaded = {name: _loaded(name) for name in library_scenarios()}
    rows = []
    for name, one in sorted(loaded.items(), key=lambda entry: (entry[1].scenario.difficulty, entry[0])):
        scenario = one.scenario
        cells = (scenario.difficulty, one.organization.title, scenario.severity, format_duration(scenario.duration))
        rows.append((f"[{scenario.codename}]({name}.md)", *map(str, cells)))
    head = ("Codename", "Difficulty", "Made for", "Severity", "Duration")
    text = (
        "The game days of the library. A page begins with what players may read before they start; the rest is behind "
        "a fold, for facilitators.\n"
    )
    return f"# Scenarios\n\n{text}\n{tables.markdown(head, rows)}"


def scenario_page(name: str) -> str:
    """A scenario: the brief for players, and everything else behind a fold."""
    loaded = _loaded(name)
    scenario, organization = loaded.scenario, loaded.organization
    starts = f"{scenario.starts_at:%A, %d %B %Y, %H:%M} UTC"
    players = [
        f"# {scenario.codename.capitalize()}\n",
        f"{organization.title}. {starts}, up to {format_duration(scenario.duration)}. "
        f"Difficulty {scenario.difficulty} of 5.\n",
        f"{tables.paragraph(scenario.brief)}\n",
        "<details><summary>For facilitators: what happens, and what is expected</summary>\n",
    ]
    hidden = [
        f"## {scenario.title}\n",
        f"`{scenario.scenario}`. After: {scenario.precedent or 'no single precedent'}. "
        f"True severity: {scenario.severity}.\n",
        _list("Objectives", scenario.objectives),
        _list("What goes wrong", _faults(scenario, organization.services)),
        _list(
            "What looking for it reveals",
            (f"{one.method}: {one.says}{_decisive(one.decisive)}" for one in scenario.findings),
        ),
        _list("Who cannot be reached", (f"{one.person}: {one.because}" for one in scenario.absences)),
        _list("Messages", map(_inject, scenario.injects)),
        _list("Actions", _actions(scenario, organization.actions)),
        _list("Judged by", _criteria(scenario)),
        _list("Notes", (f"`{about}`: {tables.paragraph(text)}" for about, text in scenario.notes.items())),
        "</details>\n",
    ]
    return "\n".join([*players, *(part for part in hidden if part)])


def _list(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}\n" for item in items]
    return f"### {title}\n\n{''.join(lines)}" if lines else ""


def _decisive(decisive: bool) -> str:
    return " (decisive)" if decisive else ""


def _faults(scenario: Scenario, services: Mapping[str, Service]) -> Iterator[str]:
    for fault in scenario.faults:
        lasts = format_duration(fault.for_)
        kind = f"[{fault.kind}](../reference/faults/{fault.kind}.md)"
        yield f"{format_duration(fault.at)}: {services[fault.on].title}, {kind}, for {lasts} (`{fault.id}`)"


def _inject(inject: Inject) -> str:
    to = (inject.to or "everybody").replace("_", " ")
    told = f"{_when(inject)}, to {to}: {inject.says}"
    if inject.expect is not None:
        told += f" Expected within {format_duration(inject.expect.within)}: {inject.expect.action.replace('_', ' ')}."
    return told


def _when(inject: Inject) -> str:
    if inject.at is not None:
        told = f"At {format_duration(inject.at)}"
    elif inject.without is not None:
        missing = inject.without.milestone or inject.without.action
        told = f"At {format_duration(inject.without.by)}, unless {missing} by then"
    else:
        named = [
            f"{format_duration(one.after)} after {one.milestone}" if one.after else f"when {one.milestone}"
            for one in moments(inject)
        ]
        word = " and " if inject.when_all else " or "
        told = word.join(named)
        told = told[0].upper() + told[1:]
        if inject.timeout is not None:
            told += f", at {format_duration(inject.timeout)} at the latest"
    return told if inject.probability >= 1 else f"{told}, in {inject.probability:.0%} of drills"


def _actions(scenario: Scenario, actions: Mapping[str, Action]) -> Iterator[str]:
    for mitigation in scenario.mitigations:
        yield f"{'harmful' if mitigation.harmful else '**right**'}: {actions[mitigation.action].title}"
    for action in scenario.useless:
        yield f"useless: {actions[action].title}"


def _criteria(scenario: Scenario) -> Iterator[str]:
    criteria = scenario.criteria
    for name in ("detected", "assembled", "mitigated"):
        limit = getattr(criteria, name)
        if limit is not None:
            yield f"{name} within {format_duration(limit.within)} of {limit.from_}"
    if criteria.communication is not None:
        if criteria.communication.internal_every is not None:
            yield f"colleagues hear something every {format_duration(criteria.communication.internal_every)}"
        if criteria.communication.customers_within is not None:
            within = format_duration(criteria.communication.customers_within)
            yield f"customers are told within {within} of the declaration"
