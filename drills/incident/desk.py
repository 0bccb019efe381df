"""The desk: a folder of real incidents, each in a folder of its own, and everything that can be done with them.

An incident's folder holds `journal.jsonl` and `organization/`, a copy of the organisation's files as they were when it
was declared: whatever is changed in them later, an incident goes on under the rules under which it began.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drills.incident.case import Case, HistoryDiffers
from drills.incident.declaration import ID_FORM, Declaration, is_incident_id, wrong
from drills.incident.endpoints import endpoints
from drills.incident.journal_file import JournalFile, lock, sync_folder, write_whole
from drills.incident.port import Port
from drills.incident.view import is_news, told
from drills.response.states import ActionRefused
from drills.response.templates import compile_templates
from scenarios.fields import parse_instant
from scenarios.loading import LoadedOrganization, load_organization
from scenarios.organization import Organization
from scenarios.problems import InputError, Problem, shorten
from simulator.faults import KINDS

JOURNAL = "journal.jsonl"
MOST_ROUNDS = 20
"""How often commands are sent that follow from what became of the commands before, in one go."""


class Conflict(Exception):  # noqa: N818 (it says what was found)
    """Another incident has the same id."""


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def _nothing(_: Organization) -> Mapping[str, str]:
    return {}


class Desk:
    """The incidents in a folder. `say` is told what happens. `confirm` gives the hosts, by tool, that a person wants to
    be contacted for an organisation.
    """

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        *,
        environ: Mapping[str, str] = os.environ,
        confirm: Callable[[Organization], Mapping[str, str]] = _nothing,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.folder = folder
        self.say = say
        self._environ = environ
        self._confirm = confirm
        self._clock = clock
        self.failures = 0
        """Tries to send a command that failed, so far."""

    def incidents(self) -> list[str]:
        """The ids of all incidents, the oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if is_incident_id(path.name))

    def declare(self, loaded: LoadedOrganization, declaration: Declaration) -> tuple[Case, bool]:
        """Open an incident, and whether it is a new one: to declare the same again changes nothing. Its commands wait
        for `tend`. Conflict if the id is another incident's.
        """
        self._endpoints(loaded.organization)  # What is wrong with them is told before anything is done.
        with _telling(self.folder, "cannot be written"), self._alone():
            starts_at = _to_the_millisecond(self._clock())
            name = declaration.incident or self._free_id(starts_at)
            if (self.folder / name).exists():
                return self._same(name, declaration), False
            case = Case(loaded.organization, starts_at, compile_templates(loaded.templates))
            _admit_declaration(case, name, declaration)
            self._write_down(name, case, loaded)
        self.tell(case, 0)
        return case, True

    def act(self, incident: str, person: str, action: str, fields: Callable[[int], Mapping[str, Any]]) -> Case:
        """Do something about an incident, and carry out what follows; `fields` are given the incident's time. Raises
        ActionRefused, with nothing done, when it is not possible now.
        """
        with self._held(incident) as held:
            at_ms = held.now_ms()
            try:
                stated = {"person": person, "action": action, "fields": dict(fields(at_ms))}
                held.case.admit("act_received", stated, 0, at_ms)
            finally:
                held.carry_out()
            return held.case

    def tend(self, incident: str) -> Case:
        """Let the deadlines pass that have fallen due, and send what has not been sent."""
        with self._held(incident) as held:
            held.case.advance(held.now_ms())
            held.carry_out()
            return held.case

    def look(self, incident: str) -> Case:
        """The incident as its journal has it; nothing is changed."""
        with JournalFile(self._path(incident), self.say, for_writing=False) as file:
            return self._replayed(incident, file)

    def size(self, incident: str) -> int:
        """Bytes of the journal: as long as they are the same, nothing has happened."""
        return self._path(incident).stat().st_size

    def time_ms(self, case: Case) -> int:
        """Now, in the incident's own time, which never goes back."""
        return max((self._clock() - case.starts_at) // timedelta(milliseconds=1), case.now_ms)

    # How it works.

    def _path(self, incident: str) -> Path:
        if not is_incident_id(incident):
            raise wrong(
                f"not the id of an incident (got {shorten(incident)}; expected one such as INC-20250809-140000)"
            )
        path = self.folder / incident / JOURNAL
        if not path.exists():
            raise wrong(f"there is no incident {incident} in {self.folder}")
        return path

    def _endpoints(self, organization: Organization) -> Mapping[str, Any]:
        return endpoints(organization, self._environ, self._confirm(organization))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else declares meanwhile; what a killed declaration left behind is cleared away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            lock(file.fileno(), str(self.folder), self.say, alone=True)
            for left in self.folder.glob(".new-*"):
                shutil.rmtree(left)
            yield

    def _free_id(self, at: datetime) -> str:
        while (self.folder / at.strftime(ID_FORM)).exists():
            at += timedelta(seconds=1)
        return at.strftime(ID_FORM)

    def _same(self, incident: str, declaration: Declaration) -> Case:
        case = self.look(incident)
        stated = case.journal.records[0]
        if (stated["severity"], stated["title"]) != (declaration.severity, declaration.title):
            raise Conflict(f"{incident} is another incident: {stated['severity']} {shorten(stated['title'])}")
        return case

    def _write_down(self, incident: str, case: Case, loaded: LoadedOrganization) -> None:
        """All of it appears at once, by a change of name, or none of it."""
        draft = self.folder / f".new-{incident}"
        draft.mkdir()
        header = {
            "incident": incident,
            "version": version("gameday"),
            "organization": case.organization.organization,
            "organization_file": str(_copy(loaded, draft / "organization").relative_to(draft)),
            "starts_at": case.starts_at.isoformat(),
        }
        case.journal.header.update(header)
        write_whole(draft / JOURNAL, case.journal.text().encode("utf-8"))
        sync_folder(draft)
        draft.rename(self.folder / incident)
        sync_folder(self.folder)

    def _replayed(self, incident: str, file: JournalFile) -> Case:
        header, *records = file.rows
        loaded = _organization(str(file.path.parent / str(header.get("organization_file"))))
        try:
            starts_at = parse_instant(header.get("starts_at"))
            case = Case.replayed(loaded.organization, starts_at, records, compile_templates(loaded.templates))
        except ValueError as error:
            raise InputError([Problem(str(file.path), 1, 1, "starts_at", str(error))]) from error
        except (HistoryDiffers, KeyError, TypeError) as error:
            number = error.record if isinstance(error, HistoryDiffers) else 1
            message = (
                f"record {number} does not follow from the inputs before it; this is gameday {version('gameday')}, "
                f"{incident} was begun by {header.get('version')} (expected the same, and files left as they are)"
            )
            raise InputError([Problem(str(file.path), number + 1, 1, "", message)]) from error
        case.journal.header.update({name: value for name, value in header.items() if name != "journal"})
        return case

    @contextmanager
    def _held(self, incident: str) -> Iterator[_Held]:
        with JournalFile(self._path(incident), self.say, for_writing=True) as file:
            written = len(file.rows) - 1
            case = self._replayed(incident, file)
            port = Port(case.organization, self._endpoints(case.organization), self.say)
            with closing(port):
                yield _Held(self, file, case, written, port)

    def tell(self, case: Case, after: int) -> None:
        """Say what the journal holds after a record."""
        for record in case.journal.records[after:]:
            if is_news(record):
                self.say(told(record, case.starts_at))


class _Held:
    """An incident whose journal is this process's alone."""

    def __init__(self, desk: Desk, file: JournalFile, case: Case, written: int, port: Port) -> None:
        self.case = case
        self._desk = desk
        self._file = file
        self._written = written
        self._port = port

    def now_ms(self) -> int:
        """The incident's time."""
        return self._desk.time_ms(self.case)

    def carry_out(self) -> None:
        """Have everything so far on disk, then send what is to be sent, and what follows from the answers."""
        self._save()
        for _ in range(MOST_ROUNDS):
            orders = self.case.orders()
            if not orders:
                return
            for order, outcome in zip(orders, self._port.carry_out(self.case, orders), strict=True):
                self.case.admit("outcome_received", outcome, order.record, self.now_ms())
                self._desk.failures += not outcome["delivered"]
            self._save()

    def _save(self) -> None:
        before, self._written = self._written, len(self.case.journal.records)
        self._file.append(self.case.journal.lines(before))
        self._desk.tell(self.case, before)


@lru_cache(maxsize=8)
def _organization(path: str) -> LoadedOrganization:
    """An incident's own copy of the organisation, which nobody changes."""
    return load_organization(path, KINDS)


@contextmanager
def _telling(place: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError([Problem(str(place), 0, 0, "", f"{what}: {error.strerror}")]) from error


def _admit_declaration(case: Case, incident: str, declaration: Declaration) -> None:
    fields = {
        "person": declaration.person,
        "incident": incident,
        "severity": declaration.severity,
        "title": declaration.title,
        "status": declaration.status,
        "created_at": declaration.created_at or case.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    try:
        case.admit("declaration_received", fields, 0, 0)
    except ActionRefused as refusal:
        raise wrong(refusal.reason) from refusal


def _copy(loaded: LoadedOrganization, to: Path) -> Path:
    """Copy the organisation's files, keeping their places to one another; the copy of the organisation's own."""
    own = loaded.path.resolve()
    base = Path(os.path.commonpath([path.parent for path in loaded.digests]))
    for path, digest in loaded.digests.items():
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise InputError([Problem(str(path), 0, 0, "", "changed while it was being read; declare again")])
        copy = to / path.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_whole(copy, data)
    return to / own.relative_to(base)


def _to_the_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
