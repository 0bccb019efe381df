"""`gameday incident …`: a real incident from the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from drills.incident.case import Case
    from drills.incident.desk import Desk
    from scenarios.organization import Organization

UNDELIVERED = 1

Command = TypeVar("Command", bound=Callable[..., Any])

FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GAMEDAY_INCIDENTS",
    default="incidents",
    show_default=True,
    help="Where incidents are kept; also GAMEDAY_INCIDENTS.",
)
ORGANIZATION = click.option(
    "--organization",
    envvar="GAMEDAY_ORGANIZATION",
    default="seiketsu",
    show_default=True,
    help="Library id or path; also GAMEDAY_ORGANIZATION. Later commands use the incident's own copy.",
)
PERSON = click.option(
    "--as", "person", envvar="GAMEDAY_PERSON", show_default="your login", help="Who you are; also GAMEDAY_PERSON."
)
INCIDENT = click.option(
    "--incident",
    envvar="GAMEDAY_INCIDENT",
    show_default="the only open one",
    help="Which incident; also GAMEDAY_INCIDENT.",
)
CONFIRM = click.option(
    "--confirm",
    "confirmed",
    metavar="TOOL=HOST",
    multiple=True,
    help="Really send to this tool at this host, as in pager=events.pagerduty.com; also GAMEDAY_CONFIRM.",
)
ASK = click.option("--ask", is_flag=True, help="Ask for each tool beyond this machine whether to send to it.")
FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is printed; json is one document on standard output and nothing else there.",
)


def _acting(command: Command) -> Command:
    """The options of every command that does something about an incident."""
    for option in (FORMAT, ASK, CONFIRM, FOLDER, INCIDENT, PERSON):
        command = option(command)
    return command


@click.group()
def incident() -> None:
    """Run a real incident: nothing is sent beyond this machine unless you confirm it by name."""


@incident.command()
@click.argument("severity")
@click.argument("title")
@ORGANIZATION
@PERSON
@FOLDER
@CONFIRM
@ASK
@FORMAT
def declare(  # noqa: PLR0917 - click passes them by name
    severity: str,
    title: str,
    organization: str,
    person: str | None,
    folder: Path,
    confirmed: tuple[str, ...],
    ask: bool,
    style: str,
) -> None:
    """Open an incident: ticket, announcement in the channel, and pages where the severity pages."""
    from drills.incident.declaration import Declaration
    from scenarios.loading import load_organization
    from simulator.faults import KINDS

    loaded = load_organization(organization, KINDS)
    declaration = Declaration(severity, title, _person(person)).checked(loaded.organization.severities)
    _note(declaration.person, loaded.organization)
    desk = _desk(folder, confirmed, ask, style)
    case, _ = desk.declare(loaded, declaration)
    name = case.workflow.incident_id
    assert name is not None, "a declaration gives a name"
    _finish(desk, desk.tend(name), style)


@incident.command()
@_acting
def ack(**options: Any) -> None:
    """Take the page."""
    _act(options, "acknowledge")


@incident.command()
@click.argument("role")
@_acting
def join(role: str, **options: Any) -> None:
    """Take a role."""
    _act(options, "join", role=role)


@incident.command()
@_acting
def investigate(**options: Any) -> None:
    """Begin to look for the cause, or begin again."""
    _act(options, "investigate")


@incident.command()
@click.argument("cause")
@_acting
def identify(cause: str, **options: Any) -> None:
    """Name the cause."""
    _act(options, "identify", cause=cause)


@incident.command()
@click.argument("action")
@click.option("--playbook", help="The playbook that it is a step of.")
@click.option("--done", is_flag=True, help="It was begun before, and is finished now.")
@_acting
def mitigate(action: str, playbook: str | None, done: bool, **options: Any) -> None:
    """Begin an action against the trouble, or finish it."""
    if done:
        _act(options, "finish_mitigation", action=action)
    else:
        _act(options, "start_mitigation", action=action, playbook=playbook)


@incident.command()
@_acting
def monitor(**options: Any) -> None:
    """Watch whether the fix holds."""
    _act(options, "monitor")


@incident.command()
@click.argument("fields", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--to",
    "audience",
    type=click.Choice(["internal", "customers"]),
    default="internal",
    show_default=True,
    help="Who is told: the channel, or customers on every channel to them.",
)
@click.option(
    "--status",
    type=click.Choice(["investigating", "identified", "monitoring", "resolved"]),
    show_default="as the incident stands",
    help="The state that is told.",
)
@click.option("--next", "within", metavar="DURATION", help="Promise the next update within this time, such as 15m.")
@_acting
def update(fields: tuple[str, ...], audience: str, status: str | None, within: str | None, **options: Any) -> None:
    """Tell colleagues or customers how things stand, by the fields that an update to them has to fill in.

    For colleagues: impact, progress, next_steps, eta, need_help. For customers: issue_description while investigating;
    component and eta once identified; none while monitoring.
    """
    from drills.incident.declaration import read_texts, wrong
    from drills.response.communication import STATUSES
    from scenarios.fields import parse_positive_duration

    try:
        promised = None if within is None else parse_positive_duration(within)
    except ValueError as error:
        raise wrong(f"--next: {error}") from error
    said = read_texts(fields)
    desk = _desk(options["folder"], (), False, options["style"])
    state = desk.look(_which(desk, options["incident"])).workflow.state
    stated = {"status": status or (state if state in STATUSES else STATUSES[0]), **said, "audience": audience}
    _do(
        options,
        "update",
        lambda at_ms: stated if promised is None else {**stated, "next_update_by_ms": at_ms + promised},
    )


@incident.command()
@click.argument("result", type=click.Choice(["passed", "failed"]))
@_acting
def verify(result: str, **options: Any) -> None:
    """Say what the recovery checks found."""
    _do(options, "verify", lambda _: {"passed": result == "passed"})


@incident.command()
@_acting
def resolve(**options: Any) -> None:
    """Declare the incident over."""
    _act(options, "resolve")


@incident.command()
@_acting
def reopen(**options: Any) -> None:
    """Open a resolved incident again."""
    _act(options, "reopen")


@incident.command("do")
@click.argument("action")
@click.argument("fields", metavar="[NAME=VALUE]...", nargs=-1)
@_acting
def do_action(action: str, fields: tuple[str, ...], **options: Any) -> None:
    """Take any action of the workflow, by its own name and with its own fields; values are JSON or else plain text."""
    from drills.incident.declaration import read_fields

    stated = read_fields(fields)
    _do(options, action, lambda _: stated)


@incident.command()
@click.argument("incident", required=False)
@FOLDER
@FORMAT
def show(incident: str | None, folder: Path, style: str) -> None:
    """Show an incident, or all of them on a line each; nothing is changed."""
    from drills.incident.view import document, headline, lines

    desk = _desk(folder, (), False, style)
    if incident is not None:
        case = desk.look(incident)
        _print([] if style == "json" else lines(case), document(case), style)
        return
    found = [document(desk.look(name)) for name in desk.incidents()]
    _print([headline(one) for one in found] or [f"No incident in {folder}."], found, style)


@incident.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--listen", metavar="HOST", help="Confirms, by naming it again, a host that is not this machine alone.")
@ORGANIZATION
@FOLDER
@CONFIRM
def serve(  # noqa: PLR0917 - click passes them by name
    host: str, port: int, listen: str | None, organization: str, folder: Path, confirmed: tuple[str, ...]
) -> None:
    """Take declarations over HTTP, as POST /incidents with the bearer token of API_TOKEN, and keep open incidents
    going: deadlines pass when they fall due, and commands are sent.
    """
    from drills.incident.declaration import wrong
    from drills.incident.endpoints import is_loopback
    from drills.incident.server import serve as run
    from scenarios.loading import load_organization
    from simulator.faults import KINDS

    if not is_loopback(host) and listen != host:
        raise wrong(f"{host} can be reached from other machines: confirm that with --listen {host}")
    token = os.environ.get("API_TOKEN", "")
    if not token:
        raise wrong("a bearer token is needed (expected it in API_TOKEN)")
    loaded = load_organization(organization, KINDS)
    run(_desk(folder, confirmed, False, "json"), loaded, token, host, port)


def _act(options: Mapping[str, Any], step: str, /, **fields: str | None) -> None:
    from drills.incident.declaration import NAME_MAX, checked_text

    stated = {
        name: None if value is None else checked_text(name, value, NAME_MAX if name == "role" else 255)
        for name, value in fields.items()
    }
    _do(options, step, lambda _: stated)


def _do(options: Mapping[str, Any], action: str, fields: Callable[[int], Mapping[str, Any]]) -> None:
    """One action by one person; what the state does not allow is wrong input, and says what is allowed."""
    from drills.incident.declaration import wrong
    from drills.incident.view import allowed
    from drills.response.states import ActionRefused

    desk = _desk(options["folder"], options["confirmed"], options["ask"], options["style"])
    name = _which(desk, options["incident"])
    person = _person(options["person"])
    _note(person, desk.look(name).organization)
    try:
        case = desk.act(name, person, action, fields)
    except ActionRefused as refusal:
        possible = allowed(desk.look(name).workflow.allowed_actions())
        raise wrong(f"{name}: {refusal.reason}; allowed now: {possible}") from refusal
    _finish(desk, case, options["style"])


def _desk(folder: Path, confirmed: tuple[str, ...], ask: bool, style: str) -> Desk:
    from drills.incident.desk import Desk
    from drills.incident.endpoints import confirmations

    given = confirmations([*confirmed, os.environ.get("GAMEDAY_CONFIRM", "")])
    asked: dict[str, str] = {}

    def confirm(organization: Organization) -> Mapping[str, str]:
        return _ask(organization, given, asked) if ask else given

    # What is read by programs is not mixed with what is told to people.
    return Desk(folder, lambda text: click.echo(text, err=style == "json"), confirm=confirm)


def _ask(organization: Organization, given: Mapping[str, str], asked: dict[str, str]) -> Mapping[str, str]:
    """Have each host beyond this machine typed by whoever wants to send there; each is asked for once."""
    from drills.incident.endpoints import endpoints

    for name, place in endpoints(organization, os.environ, {}).items():
        if not place.live and name not in given and name not in asked:
            text = f"Send to {name}? Type {place.host} to send, nothing to be shown what would be sent"
            asked[name] = click.prompt(text, default="", show_default=False, err=True)
    return {**{name: host for name, host in asked.items() if host}, **given}


def _which(desk: Desk, stated: str | None) -> str:
    from drills.incident.declaration import wrong

    if stated is not None:
        return stated
    found = [name for name in desk.incidents() if desk.look(name).workflow.state not in {"closed", "resolved"}]
    found = found or [name for name in desk.incidents() if desk.look(name).workflow.state == "resolved"]
    if len(found) == 1:
        return found[0]
    if found:
        raise wrong(f"say which incident with --incident: {', '.join(found)}")
    raise wrong(f"there is no open incident in {desk.folder}; open one with: gameday incident declare SEVERITY TITLE")


def _person(stated: str | None) -> str:
    from getpass import getuser

    from drills.incident.declaration import NAME_MAX, checked_text, wrong

    try:
        return checked_text("person", stated or getuser(), NAME_MAX)
    except (OSError, KeyError) as error:
        raise wrong("say who you are with --as, or in GAMEDAY_PERSON") from error


def _note(person: str, organization: Organization) -> None:
    from drills.incident.declaration import note_on_person

    if note := note_on_person(person, organization.people):
        click.echo(f"note: {note}", err=True)


def _finish(desk: Desk, case: Case, style: str) -> None:
    """Print how the incident stands; exit code 1 where a command could not be delivered."""
    from drills.incident.view import document, lines

    _print([] if style == "json" else lines(case), document(case), style)
    if desk.failures:
        click.echo(
            "Some commands were not delivered (FAILED above). Those that can be tried again are, by the next command "
            "or by `gameday incident serve`.",
            err=True,
        )
        sys.exit(UNDELIVERED)


def _print(text: list[str], found: Any, style: str) -> None:
    import json

    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if style == "json" else "\n".join(text))
