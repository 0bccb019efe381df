"""The parts of the documents that follow from the code, each as Markdown.

Every meaning is the code's own: the docstring below a field, the help of an option, what an event type says it means.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast

import click
from sqlalchemy import Column

from drills.cli import cli
from drills.lazy_group import LazyGroup
from drills.response.communication import CUSTOMER_FIELDS, INTERNAL_FIELDS, STATUSES
from drills.response.states import diagram
from drills.response.templates import FIELDS
from drills.store import schema as store_schema
from scenarios.action_items import ActionItemFile
from scenarios.fault import Aim, Fault
from scenarios.fields import Defines, Refers, format_duration
from scenarios.incident_log import IncidentLog
from scenarios.organization import Organization
from scenarios.profiles import Value, load_profiles
from scenarios.scenario import RESPONSE_STEPS, Scenario
from scenarios.schema import json_schema, model_schema
from scenarios.shapes import Shape, shape_of_model
from scoring.monthly import DEFINITIONS
from scoring.timeline import judging, rows
from simulator.events import EVENT_TYPES
from simulator.faults import KINDS

# Files.


def scenario_tables() -> str:
    """The keys of a scenario file, a table a mapping."""
    return _model_tables("scenario", Scenario)


def organization_tables() -> str:
    """The keys of an organisation's file, a table a mapping."""
    return _model_tables("organization", Organization)


def fault_tables() -> str:
    """The keys of a fault of every kind, and what kinds there are, each with a page of its own."""
    definitions = json_schema("scenario", KINDS)["$defs"]
    common = [name for name in shape_of_model(Fault).fields if name != "parameters"]
    any_kind = definitions[f"Fault: {min(KINDS)}"]
    any_kind["properties"]["kind"] = definitions["Fault"]["properties"]["kind"]
    rows = ((f"[`{kind}`](faults/{kind}.md)", headline(kind)) for kind in sorted(KINDS))
    return f"{model_table(Fault, any_kind, common)}\n#### Aim\n\n{model_table(Aim, definitions['Aim'])}\n" + _markdown(
        ("Kind", "Is"), rows
    )


def headline(kind: str) -> str:
    """The first sentence of a kind's file."""
    return paragraph(sys.modules[KINDS[kind].__module__].__doc__ or "")


def step_list() -> str:
    """What any team can do beside the actions of its catalogue."""
    return "".join(f"- `{step}`\n" for step in RESPONSE_STEPS)


def _model_tables(kind: Literal["scenario", "organization"], model: type) -> str:
    schema = json_schema(kind, KINDS)
    parts = []
    for below in [model, *(found for found in models_below(model) if found is not Fault)]:
        part = schema if below is model else schema["$defs"][below.__name__]
        parts += [f"### {below.__name__}\n", f"{paragraph(part['description'])}\n", model_table(below, part)]
    return "\n".join(parts)


def model_table(model: type, schema: dict[str, Any], names: Iterable[str] | None = None) -> str:
    shapes = shape_of_model(model).fields
    rows = []
    for name in names or schema["properties"]:
        part = schema["properties"][name]
        default = "required" if name in schema.get("required", ()) else _default(part)
        rows.append((f"`{name}`", _value(shapes[name], part), default, _meaning(model, name, part)))
    return _markdown(("Key", "Value", "Default", "Meaning"), rows)


def _meaning(model: type, name: str, part: dict[str, Any]) -> str:
    assert "description" in part, f"{model.__name__}.{name} says nowhere what it means: it needs a docstring below it"
    return paragraph(part["description"])


def _value(shape: Shape, part: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if shape.markers:
        return " or ".join(_name_of(marker) for marker in shape.markers)
    if shape.model is not None:
        name = shape.model.__name__
        return "[fault](scenario-file.md#faults)" if shape.model is Fault else f"[{name}](#{name.lower()})"
    if "anyOf" in part:
        real = [option for option in part["anyOf"] if option.get("type") != "null"]
        return "share" if len(real) == 2 else _value(shape, real[0])
    if shape.key is not None and shape.entry is not None:
        inner = part.get("additionalProperties", {})
        names = part.get("propertyNames", {})
        return f"{_value(shape.key, names)} → {_value(shape.entry, inner)}"
    if shape.items:
        if not shape.repeated:
            both = zip(shape.items, part["prefixItems"], strict=True)
            return f"list: {', '.join(_value(*one) for one in both)}"
        return f"list of: {_value(shape.items[0], part['items'])}"
    return _plain_value(part)


def _name_of(marker: Defines | Refers) -> str:
    """A name that stands for something: one that is given here, or one that was given elsewhere."""
    if isinstance(marker, Defines):
        return f"name of {_article(marker.kind)}"
    return f"{_article(' or '.join(marker.kinds))} by name"


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _plain_value(part: dict[str, Any]) -> str:
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    pattern = part.get("pattern", "")
    if "ms|" in pattern:
        return "duration"
    if part.get("format") == "date":
        return "date"
    if part.get("format") == "date-time":
        return "date and time"
    if "-(W" in pattern:
        return "ISO week or date"
    if ":[0-5]" in pattern:
        return "time of day"
    if "https" in pattern:
        return "address"
    if part.get("type") in ("integer", "number"):
        return _number(part)
    return {"boolean": "`true` or `false`"}.get(part.get("type", ""), "text")


def _number(part: dict[str, Any]) -> str:
    noun = "whole number" if part["type"] == "integer" else "number"
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None and high is not None:
        return f"{noun} from {low:g} to {high:g}"
    if low is not None:
        return f"{noun} from {low:g}"
    return f"{noun} above {part['exclusiveMinimum']:g}" if "exclusiveMinimum" in part else noun


def _default(part: dict[str, Any]) -> str:
    default = part.get("default")
    if default in (None, [], {}):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if not isinstance(default, list) else f"`[{', '.join(map(str, default))}]`"


def models_below(model: type) -> list[type]:
    """The models inside a model, each once, in the order in which a reader meets them."""
    found: list[type] = []
    waiting = list(shape_of_model(model).fields.values())
    while waiting:
        shape = waiting.pop(0)
        inner = [*shape.items, *(part for part in (shape.key, shape.entry) if part is not None)]
        if shape.model is not None and shape.model not in found:
            found.append(shape.model)
            inner += shape.fields.values() if shape.model is not Fault else ()
        waiting = [*inner, *waiting]
    return found


def record_tables(model: type) -> str:
    """The keys of a file of records, a table a mapping."""
    schema = model_schema(model)
    parts = []
    for below in [model, *models_below(model)]:
        part = schema if below is model else schema["$defs"][below.__name__]
        parts += [f"### {below.__name__}\n", f"{paragraph(part['description'])}\n", model_table(below, part)]
    return "\n".join(parts)


# The store.


def store_tables() -> str:
    """Every table of the store: its columns, their types, what they hold."""
    parts = []
    for title, tables in (
        ("Made from files", reversed(store_schema.INDEXED)),
        ("Owned by the store", store_schema.OWNED),
    ):
        parts.append(f"### {title}\n")
        for table in tables:
            rows = [(f"`{column.name}`", _column_type(column), column.doc or "") for column in table.columns]
            parts.append(f"#### {table.name}\n\n{_markdown(('Column', 'Type', 'Holds'), rows)}")
    return "\n".join(parts)


def _column_type(column: Column[Any]) -> str:
    kind = "moment" if isinstance(column.type, store_schema.Moment) else str(column.type).lower()
    return f"{kind}, key" if column.primary_key else kind if not column.nullable else f"{kind} or null"


def definition_table() -> str:
    """What the figures of the monthly report are."""
    return _markdown(("Key", "Is"), ((f"`{name}`", text) for name, text in DEFINITIONS.items()))


# The program.


def command_tables() -> str:
    """Every command: how it is called, what it does, and its options."""
    parts: list[str] = []
    for name, command in cast(LazyGroup, cli).load().items():
        parts += _group(name, command) if isinstance(command, click.Group) else _command(f"gameday {name}", command)
    return "\n".join(parts)


def _command(name: str, command: click.Command, level: str = "###", shared: Iterable[str] = ()) -> list[str]:
    """A command with its own options, which are those that it does not share."""
    arguments = [part for part in command.params if isinstance(part, click.Argument)]
    called = [name, *(argument.make_metavar(click.Context(command)) for argument in arguments)]
    parts = [f"{level} {name}\n\n`{' '.join([*called, '[OPTIONS]'])}`\n\n{paragraph(command.help or '')}\n"]
    options = [part for part in command.params if isinstance(part, click.Option) and part.opts[0] not in shared]
    if options:
        parts.append(_markdown(("Option", "Default", "Meaning"), map(_option, options)))
    return parts


def _group(name: str, group: click.Group) -> list[str]:
    """A group: the options that several of its commands share, once, then each command."""
    options = [part for command in group.commands.values() for part in command.params if isinstance(part, click.Option)]
    counts = Counter(option.opts[0] for option in options)
    shared = {option.opts[0]: option for option in options if counts[option.opts[0]] > 1}
    parts = [
        f"### gameday {name}\n\n`gameday {name} COMMAND`\n\n{paragraph(group.help or '')} Several commands take:\n"
    ]
    parts.append(_markdown(("Option", "Default", "Meaning"), map(_option, shared.values())))
    for word, command in group.commands.items():
        parts += _command(f"gameday {name} {word}", command, "####", shared)
    return parts


def _option(option: click.Option) -> tuple[str, str, str]:
    name = max(option.opts, key=len)
    if isinstance(option.type, click.Choice):
        shown = f"`{name}` {', '.join(f'`{choice}`' for choice in option.type.choices)}"
    else:
        metavar = option.metavar or option.type.name.upper().removesuffix(" RANGE")
        shown = f"`{name}`" if option.is_flag else f"`{name} {metavar}`"
    assert option.help, f"{name} says nowhere what it means: it needs a help text"
    text = option.help + (" May be given several times." if option.multiple else "")
    return shown, _option_default(option), text


def _option_default(option: click.Option) -> str:
    """The default as the help shows it: a description where the option has one, else the value."""
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    has_value = isinstance(option.default, int | str) and not option.is_flag
    return f"`{option.default}`" if has_value else "none"


def event_tables() -> str:
    """Every type of record: who may see it, what it carries, what it says."""
    tables: dict[str, list[tuple[str, ...]]] = {"The world's truth": [], "What players can see": [], "Commands": []}
    for name, row in EVENT_TYPES.items():
        title = (
            "Commands" if row.command else "What players can see" if row.audience == "players" else "The world's truth"
        )
        fields = [*(f"`{field}`" for field in row.fields), *(f"`{field}` (optional)" for field in row.optional)]
        tables[title].append((f"`{name}`", row.audience, ", ".join(fields) or "none", row.means))
    head = ("Type", "Audience", "Carries", "Says")
    parts = [f"### {title}\n\n{_markdown(head, rows)}" for title, rows in tables.items()]
    return "\n".join(parts)


def state_diagram() -> str:
    """The workflow's states as Mermaid draws them."""
    return f"```mermaid\n{diagram()}```\n"


def template_table() -> str:
    """Every template of a message, and the fields that it may use."""
    return _markdown(("Template", "Fields"), ((f"`{name}`", _coded(fields)) for name, fields in FIELDS.items()))


def update_table() -> str:
    """What whoever writes an update has to fill in."""
    rows = [("internal", _coded(STATUSES), _coded(INTERNAL_FIELDS))]
    rows += [("customers", f"`{status}`", _coded(("status", *fields))) for status, fields in CUSTOMER_FIELDS.items()]
    return _markdown(("Audience", "Status", "Fields"), rows)


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def responder_tables() -> str:
    """What is drawn for modelled people: figures, source, confidence."""
    parts = []
    for name, parameter in load_profiles().parameters.items():
        facts = f"{_sentence(parameter.means)} Source: {parameter.source}. Confidence: {parameter.confidence}."
        rows = [(_condition(value), _figures(value)) for value in parameter.values]
        parts.append(f"### {name}\n\n{facts}\n\n{_markdown(('For', 'Value'), rows)}")
    return "\n".join(parts)


def _condition(value: Value) -> str:
    stated = [part for part in (value.profile, value.training, value.hours) if part is not None]
    return ", ".join(stated) or "everybody else, or always"


def _figures(value: Value) -> str:
    if value.median is not None:
        return f"median {format_duration(value.median)}, sigma {value.sigma:g}"
    return f"{value.share:.0%}".replace("%", " %") if value.share is not None else f"factor {value.factor:g}"


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def paragraph(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def timeline_tables() -> str:
    """The events of a timeline with their keys, and what the milestones made of them are."""
    keys = {
        event: (", ".join(f"`{key}`" for key in needed), ", ".join(f"`{key}`" for key in allowed))
        for event, (needed, allowed) in rows.EVENTS.items()
    }
    events = _markdown(("Event", "Needs", "May have"), ((f"`{event}`", *both) for event, both in keys.items()))
    told = (
        (f"*{name.replace('_', ' ')}*", f"{text[0].upper()}{text[1:]}.") for name, text in judging.DEFINITIONS.items()
    )
    return f"{events}\n{_markdown(('Milestone', 'Is'), told)}"


TABLES: dict[str, Callable[[], str]] = {
    "scenario": scenario_tables,
    "organization": organization_tables,
    "faults": fault_tables,
    "steps": step_list,
    "commands": command_tables,
    "events": event_tables,
    "states": state_diagram,
    "templates": template_table,
    "updates": update_table,
    "responders": responder_tables,
    "action items": lambda: record_tables(ActionItemFile),
    "incident log": lambda: record_tables(IncidentLog),
    "store": store_tables,
    "definitions": definition_table,
    "timeline": timeline_tables,
}
