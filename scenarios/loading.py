"""Scenarios and organisations from files or from the library: read, overridden, validated, every problem at once."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from scenarios.consistency import check_against_organization, check_models
from scenarios.documents import Document, read_content, scan_file, scan_text
from scenarios.fault import Fault
from scenarios.fault_checks import check_faults
from scenarios.organization import Organization, PlaybookFile
from scenarios.overrides import Override, alert_names, apply_to_model, apply_to_rules, parse_overrides, unknown_start
from scenarios.problems import InputError, Problem, Steps, alternatives, did_you_mean
from scenarios.rota import read_calendars, with_shifts
from scenarios.scenario import RESPONSE_STEPS, Scenario
from scenarios.shapes import shape_of_model
from scenarios.validation import Register, check_part, check_schema

T = TypeVar("T")
NamedBy = tuple[Document, Steps]

_PACKAGE = Path(__file__).parent
_ORGANIZATION_FILE = "organization.yaml"


class TemplateFile(NamedTuple):
    """A message template as its file holds it; `drills.response.templates` checks and compiles it."""

    file: str
    text: str


@dataclasses.dataclass(frozen=True)
class LoadedOrganization:
    """An organisation with the files that it names."""

    organization: Organization
    path: Path
    document: Document
    rule_documents: tuple[Document, ...]
    """Prometheus rule files as they are, overrides applied; `simulator.rules` compiles them."""
    alertmanager_document: Document | None
    """The routes of alerts as they are, if the organisation names such a file; `simulator.alertmanager` reads them."""
    playbooks: dict[str, tuple[str, ...]]
    """Actions by playbook, in the order of the files."""
    templates: dict[str, TemplateFile]
    """Message templates of the organisation's own, by the name of their file."""
    digests: dict[Path, str]
    """SHA-256 of every file that was read."""


@dataclasses.dataclass(frozen=True)
class LoadedScenario:
    """A scenario with its organisation and everything that one names; fields as in `LoadedOrganization`."""

    scenario: Scenario
    path: Path
    document: Document
    organization: Organization
    organization_path: Path
    organization_document: Document
    rule_documents: tuple[Document, ...]
    alertmanager_document: Document | None
    playbooks: dict[str, tuple[str, ...]]
    templates: dict[str, TemplateFile]
    digests: dict[Path, str]


def library_scenarios() -> dict[str, Path]:
    """The scenarios that come with the program, by id."""
    return {path.stem: path for path in sorted((_PACKAGE / "library").glob("*.yaml"))}


def library_organizations() -> dict[str, Path]:
    """The organisations that come with the program, by id."""
    return {path.parent.name: path for path in sorted(_PACKAGE.glob(f"*/{_ORGANIZATION_FILE}"))}


def load_organization(
    reference: str, fault_kinds: Mapping[str, type], overrides: Iterable[str] = ()
) -> LoadedOrganization:
    """An organisation by library id or path (a file, or a folder with ``organization.yaml``).

    `fault_kinds` gives the dataclass of each fault kind's parameters; `overrides` are ``path=value`` overrides.
    Raises InputError with every problem of every file.
    """
    path = _find(reference, library_organizations(), "organization", Path())
    changes, problems = parse_overrides(overrides)
    files = _Files(fault_kinds)
    files.problems += problems
    part = _read_organization(files, path, changes, [])
    organization = _check_organization(files, part) if part is not None else None
    files.finish()
    assert organization is not None and part is not None
    return LoadedOrganization(
        organization,
        path,
        part.document,
        tuple(part.rule_documents),
        part.alertmanager_document,
        part.playbooks,
        part.templates,
        files.digests,
    )


def load_scenario(reference: str, fault_kinds: Mapping[str, type], overrides: Iterable[str] = ()) -> LoadedScenario:
    """A scenario by library id or path, together with its organisation; arguments and errors as above."""
    path = _find(reference, library_scenarios(), "scenario", Path())
    changes, problems = parse_overrides(overrides)
    files = _Files(fault_kinds)
    files.problems += problems
    document = files.read(path)
    if document is None:
        files.finish()
    assert document is not None
    written = document.at("organization")
    own, others = _split(changes)
    for change, segments in own:
        document, problems = apply_to_model(document, Scenario, change, segments, fault_kinds)
        files.problems += problems
    part = _organization_of(files, document, path, written, others)
    organization = _check_organization(files, part) if part is not None else None
    scenario = _check_scenario(files, document, part)
    files.finish()
    assert scenario is not None and organization is not None and part is not None
    return LoadedScenario(
        scenario,
        path,
        document,
        organization,
        part.path,
        part.document,
        tuple(part.rule_documents),
        part.alertmanager_document,
        part.playbooks,
        part.templates,
        files.digests,
    )


class _Files:
    """What has been read so far, and everything found wrong with it."""

    def __init__(self, fault_kinds: Mapping[str, type]) -> None:
        self.fault_kinds = fault_kinds
        self.problems: list[Problem] = []
        self._of_yaml: list[Problem] = []
        self.digests: dict[Path, str] = {}
        self.register = Register()

    def read(self, path: Path, named_by: NamedBy | None = None, *, as_written: bool = False) -> Document | None:
        """A file; one that cannot be opened is a problem of the document that names it."""
        document, problems = scan_file(path, as_written=as_written)
        if document is None and named_by is not None and not problems[0].line:
            problems = _told_by(named_by, path, problems)
        self._of_yaml += problems
        if document is not None:
            self.digests[path.resolve()] = document.sha256
        return document

    def read_content(self, path: Path, named_by: NamedBy) -> bytes | None:
        """The bytes of a file that is no YAML."""
        content, problems = read_content(path, str(path))
        self.problems += _told_by(named_by, path, problems)
        if content is not None:
            self.digests[path.resolve()] = hashlib.sha256(content).hexdigest()
        return content

    def read_text(self, path: Path) -> str | None:
        """A file that is plain text."""
        text, digest, problems = scan_text(path)
        self.problems += problems
        if text is not None:
            self.digests[path.resolve()] = digest
        return text

    def finish(self) -> None:
        """Raise what was found, if anything was."""
        problems = self.problems + self.register.problems()
        # Whatever the models say about a value that is no proper YAML, the YAML is what is wrong.
        places = {(problem.file, problem.line, problem.column) for problem in self._of_yaml}
        problems = [problem for problem in problems if (problem.file, problem.line, problem.column) not in places]
        if self._of_yaml or problems:
            raise InputError([*self._of_yaml, *problems])


def _told_by(named_by: NamedBy, path: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a file as a whole, at the place that names it."""
    return [named_by[0].problem(named_by[1], f"{path}: {problem.message}") for problem in problems]


@dataclasses.dataclass
class _OrganizationPart:
    path: Path
    document: Document
    rule_documents: list[Document]
    alertmanager_document: Document | None
    playbooks: dict[str, tuple[str, ...]]
    templates: dict[str, TemplateFile]


def _find(reference: str, library: Mapping[str, Path], noun: str, folder: Path) -> Path:
    """The file that a reference means; paths are relative to `folder`."""
    if reference in library:
        return library[reference]
    path, exists = folder / reference, False
    with contextlib.suppress(OSError, ValueError):  # a name that the system refuses is told when the file is opened
        exists = path.exists()
        if noun == "organization" and path.is_dir():
            return path / _ORGANIZATION_FILE
    if exists or "/" in reference or "\\" in reference or reference.endswith((".yaml", ".yml")):
        return path
    message = f'unknown {noun} "{reference}"{did_you_mean(reference, library)}'
    raise InputError([Problem("", 0, 0, "", f"{message} (expected {alternatives(library)}, or a path)")])


def _split(
    changes: Iterable[Override],
) -> tuple[list[tuple[Override, tuple[str, ...]]], list[Override]]:
    """Overrides that are the scenario's, with their segments there, and the others."""
    keys = shape_of_model(Scenario).fields
    own, others = [], []
    for change in changes:
        first, *rest = change.segments
        if first == "scenario" and rest:
            own.append((change, tuple(rest)))
        elif first in keys and not (first == "organization" and rest):
            own.append((change, change.segments))
        else:
            others.append(change)
    return own, others


def _organization_of(
    files: _Files, document: Document, path: Path, written: object, changes: list[Override]
) -> _OrganizationPart | None:
    reference = document.at("organization")
    if not isinstance(reference, str):
        return None  # the schema says so
    try:
        # What is written in a file is relative to that file, what is said on the command line to where it is said.
        folder = path.parent if reference == written else Path()
        found = _find(reference, library_organizations(), "organization", folder)
    except InputError as error:
        files.problems += [document.problem(("organization",), problem.message) for problem in error.problems]
        return None
    keys = list(shape_of_model(Scenario).fields)
    return _read_organization(files, found, changes, keys, (document, ("organization",)))


def _read_organization(
    files: _Files,
    path: Path,
    changes: list[Override],
    other_keys: list[str],
    named_by: NamedBy | None = None,
) -> _OrganizationPart | None:
    """The organisation's file with overrides applied, and the files that it names; nothing is validated yet."""
    document = files.read(path, named_by)
    if document is None:
        return None
    keys = list(shape_of_model(Organization).fields)
    for_rules = []
    for change in changes:
        forced = change.segments[0] == "organization" and len(change.segments) > 1
        if not forced and change.segments[0] not in keys:
            for_rules.append(change)
            continue
        segments = change.segments[1:] if forced else change.segments
        document, problems = apply_to_model(document, Organization, change, segments, files.fault_kinds)
        files.problems += problems
    rules = _read_listed(files, document, ("monitoring", "rule_files"), path.parent)
    alerts = alert_names(rules)
    for change in for_rules:
        if change.segments[0] in alerts:
            rules, problems = apply_to_rules(rules, change)
            files.problems += problems
        else:
            known = [*alerts, *other_keys, *keys]
            files.problems.append(unknown_start(change, dict.fromkeys(known)))
    part = _OrganizationPart(path, document, rules, _read_routes(files, document, path.parent), {}, {})
    _read_playbooks(files, part)
    _read_templates(files, part)
    return part


def _read_listed(files: _Files, document: Document, key: Steps, folder: Path) -> list[Document]:
    names = document.at(*key)
    documents = []
    for index, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str):
            found = files.read(folder / name, (document, (*key, index)))
            documents += [found] if found is not None else []
    return documents


def _read_routes(files: _Files, document: Document, folder: Path) -> Document | None:
    key = ("monitoring", "alertmanager_file")
    name = document.at(*key)
    return files.read(folder / name, (document, key), as_written=True) if isinstance(name, str) else None


def _read_playbooks(files: _Files, part: _OrganizationPart) -> None:
    listed = part.document.at("playbook_files")
    documents = _read_listed(files, part.document, ("playbook_files",), part.path.parent)
    if len(documents) == len(listed if isinstance(listed, list) else []):
        files.register.add_known("playbook", ())  # else nobody knows what the unread file would define
    for document in documents:
        made, problems = check_schema(PlaybookFile, document)
        files.problems += problems
        files.register.collect(shape_of_model(PlaybookFile), document)
        if made is not None:
            part.playbooks.update(made.mitigation_strategies)


def template_files(folder: Path) -> list[Path]:
    """The message templates in a folder, by name; OSError if it cannot be read."""
    return sorted(file for file in folder.iterdir() if file.suffix == ".j2")


def _read_templates(files: _Files, part: _OrganizationPart) -> None:
    """The templates in the folder that the organisation names; what else lies there is left alone."""
    folder = part.document.at("templates")
    if not isinstance(folder, str):
        return
    path = part.path.parent / folder
    try:
        found = template_files(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path}: the folder cannot be read: {reason}"
        files.problems.append(part.document.problem(("templates",), message))
        return
    for file in found:
        text = files.read_text(file)
        if text is not None:
            part.templates[file.name] = TemplateFile(str(file), text)


def _check_organization(files: _Files, part: _OrganizationPart) -> Organization | None:
    listed = part.document.at("monitoring", "rule_files")
    if len(part.rule_documents) == len(listed if isinstance(listed, list) else []):
        files.register.add_known("alert", alert_names(part.rule_documents))
    files.register.add_known("escalation policy", ("default", "none"))
    files.problems += check_models(Organization, part.document)
    files.problems += check_faults(part.document, "background", part.document, files.fault_kinds)
    shifts, problems = read_calendars(
        part.document, part.path.parent, lambda file, named_by: files.read_content(file, (part.document, named_by))
    )
    files.problems += problems
    organization = _check(files, Organization, part.document, "background")
    return with_shifts(organization, shifts) if organization is not None and shifts else organization


def _check_scenario(files: _Files, document: Document, part: _OrganizationPart | None) -> Scenario | None:
    files.register.add_known("step of the response", RESPONSE_STEPS)
    files.problems += check_models(Scenario, document)
    if part is not None:
        files.problems += check_against_organization(document, part.document)
        files.problems += check_faults(document, "faults", part.document, files.fault_kinds)
    return _check(files, Scenario, document, "faults")


def _check(files: _Files, model: type[T], document: Document, key: str) -> T | None:
    """The model, its faults (under `key`) with the parameters of their kinds; None and problems noted."""
    common = [field for field in shape_of_model(Fault).fields if field != "parameters"]
    listed = document.at(key)
    parameters: list[Any] = []
    plain: list[Any] = []
    before = len(files.problems)
    for index, fault in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(fault, dict):
            plain.append(fault)
            continue
        plain.append({field: value for field, value in fault.items() if field in common})
        kind, own = fault.get("kind"), {field: value for field, value in fault.items() if field not in common}
        if isinstance(kind, str) and kind in files.fault_kinds:
            made, problems = check_part(files.fault_kinds[kind], document, (key, index), own, common)
            files.problems += problems
            files.register.collect(shape_of_model(files.fault_kinds[kind]), document, (key, index), own)
            parameters.append(made)
        elif isinstance(kind, str):
            message = f'unknown kind of fault "{kind}"{did_you_mean(kind, files.fault_kinds)}'
            expected = alternatives(files.fault_kinds)
            files.problems.append(document.problem((key, index, "kind"), message, expected=expected))
    data = {**document.data, key: plain} if isinstance(listed, list) else document.data
    whole, problems = check_part(model, document, (), data)
    files.problems += problems
    files.register.collect(shape_of_model(model), document)
    if whole is None or len(files.problems) > before:
        return None
    faults = zip(getattr(whole, key), parameters, strict=True)
    complete = {key: tuple(dataclasses.replace(fault, parameters=given) for fault, given in faults)}
    return dataclasses.replace(whole, **complete)  # type: ignore[type-var]  # the models are dataclasses
