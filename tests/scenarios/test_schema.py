"""The JSON Schemas for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from annotated_types import Gt

import scenarios
from scenarios.documents import read_document
from scenarios.fields import Duration, model
from scenarios.schema import json_schema, schema_text, write_schemas
from simulator.faults import KINDS

LIBRARY = Path(scenarios.__file__).parent
FILES = {
    "scenario": [*LIBRARY.glob("library/*.yaml")],
    "organization": [*LIBRARY.glob("*/organization.yaml")],
}
Kind = Literal["scenario", "organization"]


@model
class Flood:
    """Too much water."""

    depth: Annotated[float, Gt(0)]
    """In metres."""
    until: Duration = 90_000


def errors(kind: Kind, data: Any, kinds: dict[str, type]) -> list[str]:
    schema = json_schema(kind, kinds)
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize(("kind", "file"), [(kind, file) for kind, files in FILES.items() for file in files])
def test_the_library_is_valid_by_its_schemas_and_names_them(kind: Kind, file: Path) -> None:
    assert errors(kind, read_document(file).data, dict(KINDS)) == []
    first = file.read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / named).resolve() == LIBRARY / "schema" / f"{kind}.schema.json"


@pytest.mark.parametrize("kind", FILES)
def test_the_schemas_in_the_package_are_current(kind: Kind) -> None:
    """When a model or a kind of fault has changed: write_schemas(Path("scenarios/schema"), KINDS)."""
    assert (LIBRARY / "schema" / f"{kind}.schema.json").read_text() == schema_text(kind, KINDS)


def test_a_fault_has_the_parameters_of_its_kind_and_no_others() -> None:
    fault = {"id": "a", "on": "b", "kind": "flood", "at": "1m", "for": "5m", "depth": 2}
    organization = read_document(LIBRARY / "seiketsu" / "organization.yaml").data
    kinds: dict[str, type] = {"flood": Flood}
    assert errors("organization", {**organization, "background": [fault]}, kinds) == []
    assert errors("organization", {**organization, "background": [{**fault, "depth": 0}]}, kinds) != []
    assert errors("organization", {**organization, "background": [{**fault, "colour": "red"}]}, kinds) != []
    assert errors("organization", {**organization, "background": [{**fault, "kind": "fire"}]}, kinds) != []


def test_fields_are_described_and_defaults_are_written_as_in_yaml(tmp_path: Path) -> None:
    write_schemas(tmp_path, {"flood": Flood})
    assert {file.name for file in tmp_path.iterdir()} == {"scenario.schema.json", "organization.schema.json"}
    schema = json_schema("scenario", {"flood": Flood})
    assert schema["description"] == "A game day, ready to be played."
    assert schema["properties"]["severity"]["description"] == "The true one."
    assert schema["properties"]["sustain"]["default"] == "5m"
    flood = schema["$defs"]["Fault: flood"]
    assert flood["description"] == "Too much water."
    assert flood["properties"]["depth"]["description"] == "In metres."
    assert flood["properties"]["until"]["default"] == "1m30s"
    assert "for" in flood["properties"] and "parameters" not in flood["properties"]
