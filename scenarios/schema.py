"""JSON Schema (2020-12) of the two kinds of file, for editors: what they may hold, described field by field.

The schemas say what can be said without looking elsewhere; names that must exist and limits between fields are for
`gameday check`.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from scenarios.fields import DURATION_PATTERN, format_duration
from scenarios.organization import Organization
from scenarios.scenario import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, type] = {"scenario": Scenario, "organization": Organization}
_REFERENCE = "#/$defs/"


def json_schema(kind: Literal["scenario", "organization"], fault_kinds: Mapping[str, type]) -> dict[str, Any]:
    """The schema of a scenario or organisation file; a fault is one of the kinds, each with its parameters."""
    schema = model_schema(_MODELS[kind])
    definitions = schema.pop("$defs")
    fault = definitions.pop("Fault")
    alternatives = []
    for name, parameters in sorted(fault_kinds.items()):
        own = model_schema(parameters)
        for inner, definition in own.pop("$defs").items():
            assert definitions.setdefault(inner, definition) == definition, f"two models are called {inner}"
        title = f"Fault: {name}"
        definitions[title] = _fault_schema(fault, name, own) | {"title": title}
        alternatives.append({"$ref": f"{_REFERENCE}{title}"})
    definitions["Fault"] = {
        "title": "Fault",
        "description": fault["description"],
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": fault["properties"]["kind"] | {"enum": sorted(fault_kinds)}},
        "anyOf": alternatives,
    }
    return {"$schema": DIALECT, **schema, "$defs": dict(sorted(definitions.items()))}


def schema_text(kind: Literal["scenario", "organization"], fault_kinds: Mapping[str, type]) -> str:
    """The schema as its file holds it."""
    return json.dumps(json_schema(kind, fault_kinds), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path, fault_kinds: Mapping[str, type]) -> None:
    """Write ``scenario.schema.json`` and ``organization.schema.json``, which the library's files name."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("scenario", "organization"):
        (folder / f"{kind}.schema.json").write_text(schema_text(kind, fault_kinds), encoding="utf-8")


def model_schema(model: type) -> dict[str, Any]:
    """The schema of one model, with those of the models in it under ``$defs``."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(model).json_schema()
    definitions = schema.setdefault("$defs", {})
    for made in _models_in(model):
        _describe(schema if made is model else definitions[made.__name__], made)
    return schema


def _fault_schema(fault: dict[str, Any], kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The schema of a fault of one kind: the common fields and those of the kind in one mapping."""
    common = {name: value for name, value in fault["properties"].items() if name != "parameters"}
    common["kind"] = common["kind"] | {"const": kind}
    return {
        "description": parameters["description"],
        "type": "object",
        "additionalProperties": False,
        "properties": {**common, **parameters["properties"]},
        "required": [*fault["required"], *parameters.get("required", [])],
    }


def _models_in(model: type) -> list[type]:
    """The model and every model among the types of its fields."""
    from scenarios.shapes import shape_of_model

    found: dict[type, None] = {}
    waiting = [shape_of_model(model)]
    while waiting:
        shape = waiting.pop()
        if shape.model in found:
            continue
        if shape.model is not None:
            found[shape.model] = None
        below = [*shape.fields.values(), *shape.items, shape.key, shape.entry]
        waiting.extend(part for part in below if part is not None)
    return list(found)


def _describe(part: dict[str, Any], model: type) -> None:
    """Put the docstrings of a model and of its fields into its schema."""
    texts = field_descriptions(model)
    part["description"] = inspect.cleandoc(model.__doc__ or "")
    for field in dataclasses.fields(model):
        shown = part["properties"][field.name.rstrip("_")]
        if field.name in texts:
            shown["description"] = texts[field.name]
        if isinstance(shown.get("default"), int) and shown.get("pattern") == DURATION_PATTERN:
            shown["default"] = format_duration(shown["default"])


def field_descriptions(model: type) -> dict[str, str]:
    """The text that stands below each field of a class in its source."""
    source = ast.parse(Path(inspect.getfile(model)).read_text(encoding="utf-8"))
    body = next(node.body for node in source.body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
    texts = {}
    for pair in itertools.pairwise(body):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                texts[name] = inspect.cleandoc(text)
    return texts
