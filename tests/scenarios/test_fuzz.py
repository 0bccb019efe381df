"""Whatever a file holds, the answer is a model or problems, never a traceback."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scenarios.documents import Document, parse_document, scan_document
from scenarios.loading import load_scenario
from scenarios.overrides import parse_overrides
from scenarios.problems import InputError, Problem
from simulator.faults import KINDS
from tests.scenarios.conftest import LIBRARY, Workspace

FLAGSHIP = (LIBRARY / "library" / "elevenlabs-intermittent.yaml").read_text()
ORGANIZATION = (LIBRARY / "seiketsu" / "organization.yaml").read_text()
RULES = (LIBRARY / "seiketsu" / "alert-rules.yaml").read_text()
PLAYBOOKS = (LIBRARY / "seiketsu" / "mitigation-strategies.yaml").read_text()
PIECES = (
    *("", "null", "[]", "{}", "*a", "&a", "!!int ", "<<: {}", "~: 1", "? ", "- ", ": ", "\n", "\t", '"', "#", "---\n"),
    *("-5m", "1e999", ".nan", "0", "true", "9" * 20, "\u2028", "x" * 300, "[1, [2, {a: b}]]", "2025-W99"),
)
MARKS = "[]{}:,-?&*!|>'\"%@`# \n\tab1~<"
STEPS = (
    *("faults", "flapping", "0", "*", "on", "people", "alice", "engineer", "HighErrorRate", "for", "x", "scenario"),
    *("organization", "criteria", "detected", "severities", "monitoring", "jobs", "labels", "-1", "²"),
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text("abcxyz019.-+_ ~<:#'é")
KEYS = st.text("abc ~:#", max_size=4).filter(lambda key: key not in ("", "~"))


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with some spans replaced, lines dropped or lines repeated."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.splitlines(keepends=True) or [""]
        line = draw(st.integers(0, len(lines) - 1))
        piece = draw(st.sampled_from(PIECES))
        match draw(st.sampled_from(["value", "drop", "repeat", "indent", "cut"])):
            case "value":
                key, colon, _ = lines[line].partition(":")
                lines[line] = f"{key}{colon} {piece}\n"
            case "drop":
                del lines[line]
            case "repeat":
                lines.insert(line, lines[line])
            case "indent":
                lines[line] = "  " + lines[line]
            case "cut":
                at = draw(st.integers(0, len(lines[line])))
                lines[line] = lines[line][:at] + piece + lines[line][at:]
        text = "".join(lines)
    return text


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400), st.text(MARKS, max_size=80)))
@example("%YAML 99999999999999999999.1\n---\na")
@example('"\\ud800"')
@example('"\\U0011ffff"')
@example("? [a]\n")
@example("!<\u0080> a")
def test_any_bytes_are_data_or_located_problems(text: bytes | str) -> None:
    for document, problems in (scan_document(text, "a.yaml"), _scanned_in_python(text)):
        assert document is not None or problems
        for problem in problems:
            assert str(problem).startswith("a.yaml") and "\n" not in str(problem)


def _scanned_in_python(text: bytes | str) -> tuple[Document | None, list[Problem]]:
    loader = yaml.CSafeLoader
    try:
        yaml.CSafeLoader = yaml.SafeLoader  # type: ignore[misc,assignment]  # as where PyYAML has no C extension
        return scan_document(text, "a.yaml")
    finally:
        yaml.CSafeLoader = loader  # type: ignore[misc]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    mutated(FLAGSHIP),
    st.tuples(st.just("organization.yaml"), mutated(ORGANIZATION))
    | st.tuples(st.just("alert-rules.yaml"), mutated(RULES))
    | st.tuples(st.just("mitigation-strategies.yaml"), mutated(PLAYBOOKS)),
)
def test_any_change_of_the_librarys_files_loads_or_is_told(scenario: str, other: tuple[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.scenario.write_text(scenario.replace("organization: seiketsu", "organization: ./seiketsu"))
        (workspace.organization.parent / other[0]).write_text(other[1])
        with contextlib.suppress(InputError):
            workspace.load()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.lists(st.sampled_from(STEPS), max_size=4), st.sampled_from(PIECES)), max_size=2))
def test_any_override_is_applied_or_is_told(overrides: list[tuple[list[str], str]]) -> None:
    words = [f"{'.'.join(path)}={value}" for path, value in overrides]
    try:
        loaded = load_scenario("elevenlabs-intermittent", KINDS, words)
    except InputError as error:
        assert error.problems
    else:
        assert loaded.scenario.faults


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)))
def test_what_pyyaml_writes_is_read_back(data: object) -> None:
    """All text quoted: YAML 1.1 leaves some bare that the core schema takes for a number, such as ``-.0``."""
    assert parse_document(yaml.safe_dump([data], default_style='"'), "a.yaml").data == [data]


@given(st.text(max_size=30))
def test_any_text_is_an_override_or_is_told(text: str) -> None:
    overrides, problems = parse_overrides([text])
    assert len(overrides) + len(problems) == 1 or problems
