"""Documents that follow from the code as a whole: a page for every kind of fault and for every scenario."""

from __future__ import annotations

from pathlib import Path

from scenarios.fault import Fault
from scenarios.schema import json_schema
from scenarios.shapes import shape_of_model
from simulator.faults import KINDS
from tests import documentation_tables as tables

ROOT = Path(__file__).parent.parent


def pages() -> dict[Path, str]:
    """Every generated document, by its place."""
    return {ROOT / "docs" / "reference" / "faults" / f"{kind}.md": fault_page(kind) for kind in KINDS}


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
