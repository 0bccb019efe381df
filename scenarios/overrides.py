"""Overrides of single values: ``--set path=value``, applied to raw data before it is validated.

A path is a path in the scenario (``faults.flapping.mean_bad``) or in the organisation (``people.*.training``), else the
name of an alert and a field of its rule (``HighErrorRate.for``). Items of a list go by their id or by their number from
0; ``*`` is every one. ``scenario.`` and ``organization.`` in front force one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scenarios.documents import Document, scan_document
from scenarios.fault import Fault
from scenarios.problems import Problem, Steps, alternatives, did_you_mean
from scenarios.shapes import Shape, shape_of_model

IDENTITIES = ("id", "job", "name", "action", "about")
"""The keys by which an item of a list may be named, the first that it has."""
RULE_FIELDS = ("alert", "annotations", "expr", "for", "keep_firing_for", "labels")


class Override(NamedTuple):
    """One ``path=value`` as it was written, and what it says."""

    text: str
    segments: tuple[str, ...]
    value: Any

    @property
    def label(self) -> str:
        """How problems call it, in place of a file."""
        return f"--set {self.text}"


class _UnknownStepError(Exception):
    """A segment that leads nowhere; carries the segment and the words that would have led somewhere."""


def parse_overrides(texts: Iterable[str]) -> tuple[list[Override], list[Problem]]:
    """Overrides as given on a command line; values are YAML."""
    overrides, problems = [], []
    for text in texts:
        path, equals, written = text.partition("=")
        label = f"--set {text}"
        segments = tuple(path.strip().split("."))
        if not equals or not all(segments):
            problems.append(Problem(label, 0, 0, "", "not an override (expected path=value)"))
        elif written.strip() in ("", "~", "null"):
            overrides.append(Override(text, segments, None))
        else:
            document, wrong = scan_document(written, label)
            problems += [Problem(label, 0, 0, "", f"the value: {problem.message}") for problem in wrong]
            if document is not None and not wrong:
                overrides.append(Override(text, segments, document.data))
    return overrides, problems


def apply_to_model(
    document: Document, model: type, override: Override, segments: Sequence[str], fault_kinds: Mapping[str, type]
) -> tuple[Document, list[Problem]]:
    """The document with an override applied, or unchanged with the problem that its path leads nowhere."""
    try:
        paths = list(_paths(shape_of_model(model), document.data, tuple(segments), (), fault_kinds))
    except _UnknownStepError as unknown:
        return document, [_unknown(override, *unknown.args)]
    for path in paths:
        document = document.overridden(path, override.value, override.label)
    return document, []


def apply_to_rules(documents: Sequence[Document], override: Override) -> tuple[list[Document], list[Problem]]:
    """Rule files with a field of every rule of one alert overridden."""
    alert, *rest = override.segments
    if not rest or rest[0] not in RULE_FIELDS:
        return list(documents), [_unknown(override, rest[0] if rest else "", RULE_FIELDS)]
    changed = []
    for document in documents:
        for path in rule_paths(document):
            if document.at(*path, "alert") == alert:
                document = document.overridden((*path, *rest), override.value, override.label)  # noqa: PLW2901
        changed.append(document)
    return changed, []


def rule_paths(document: Document) -> Iterator[Steps]:
    """Where the rules stand in a Prometheus rule file, however malformed its other parts are."""
    groups = document.at("groups")
    for group in range(len(groups) if isinstance(groups, list) else 0):
        rules = document.at("groups", group, "rules")
        for rule in range(len(rules) if isinstance(rules, list) else 0):
            yield "groups", group, "rules", rule


def alert_names(documents: Iterable[Document]) -> list[str]:
    """The alerts of some rule files, in their order."""
    found = [document.at(*path, "alert") for document in documents for path in rule_paths(document)]
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def unknown_start(override: Override, known: Iterable[str]) -> Problem:
    """The problem of a path whose first segment is neither a key nor an alert."""
    return _unknown(override, override.segments[0], known)


def _unknown(override: Override, segment: str, known: Iterable[str]) -> Problem:
    words = list(known)
    hint = did_you_mean(segment, words)
    offer = f" (expected {alternatives(words)})" if words and not hint and len(words) <= 12 else ""
    message = f'the path leads nowhere at "{segment}"{hint}{offer}' if segment else f"the path is too short{offer}"
    return Problem(override.label, 0, 0, "", message)


def _paths(
    shape: Shape | None, value: Any, segments: tuple[str, ...], path: Steps, fault_kinds: Mapping[str, type]
) -> Iterator[Steps]:
    """Every path that the segments stand for."""
    if not segments:
        yield path
        return
    for step, used, below in _steps(shape, value, segments, fault_kinds):
        is_there = isinstance(value, list) or (isinstance(value, dict) and step in value)
        inner = value[step] if is_there else None
        yield from _paths(below, inner, segments[used:], (*path, step), fault_kinds)


def _steps(
    shape: Shape | None, value: Any, segments: tuple[str, ...], fault_kinds: Mapping[str, type]
) -> list[tuple[str | int, int, Shape | None]]:
    """The steps that the first segments stand for, how many segments each takes, and the shape it leads to."""

    def below(step: str | int) -> Shape | None:
        return shape.step(step) if shape is not None else None

    first = segments[0]
    if isinstance(value, list):
        names = {_identity(item): index for index, item in reversed(list(enumerate(value)))}
        if first == "*" and value:
            return [(index, 1, below(index)) for index in range(len(value))]
        if first in names:
            return [(names[first], 1, below(names[first]))]
        if first.isascii() and first.isdigit() and len(first) < 9 and int(first) < len(value):
            return [(int(first), 1, below(int(first)))]
        raise _UnknownStepError(first, [name for name in names if name])
    fields = _fields(shape, value, fault_kinds)
    if isinstance(value, dict):
        if first == "*" and value:
            return [(key, 1, fields.get(key, below(key))) for key in value]
        for used in range(len(segments), 0, -1):  # a key may hold dots
            key = ".".join(segments[:used])
            if key in value:
                return [(key, used, fields.get(key, below(key)))]
    if first in fields and (value is None or isinstance(value, dict)):
        return [(first, 1, fields[first])]
    raise _UnknownStepError(first, dict.fromkeys([*fields, *(value if isinstance(value, dict) else ())]))


def _fields(shape: Shape | None, value: Any, fault_kinds: Mapping[str, type]) -> dict[str, Shape]:
    fields = {} if shape is None else shape.fields
    if shape is None or shape.model is not Fault:
        return fields
    kind = value.get("kind") if isinstance(value, dict) else None
    parameters = shape_of_model(fault_kinds[kind]).fields if isinstance(kind, str) and kind in fault_kinds else {}
    return {**{key: inner for key, inner in fields.items() if key != "parameters"}, **parameters}


def _identity(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    return next((item[key] for key in IDENTITIES if isinstance(item.get(key), str)), "")
