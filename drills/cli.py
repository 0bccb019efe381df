"""The command line: ``gameday …``. Exit codes: 0 met, 1 missed, 2 wrong input, 3 invalid drill, 4 halted, 70 defect."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from drills.lazy_group import LazyGroup
from drills.options import FORMAT
from scenarios.problems import InputError

if TYPE_CHECKING:
    from simulator.responders.treatments import TreatmentName

WRONG_INPUT, HALTED, DEFECT = 2, 4, 70

SCENARIO = click.argument("scenario")
OVERRIDES = click.option("--set", "overrides", metavar="PATH=VALUE", multiple=True, help="Change a value for this run.")
TREATMENT = click.option(
    "--treatment",
    type=click.Choice(["modelled", "absent", "ideal", "wrong"]),
    default="modelled",
    show_default=True,
    help="The policy that modelled responders follow.",
)
SEED = click.option("--seed", default=1, show_default=True, help="The drill's luck.")


LAZY = {
    "report": "drills.report_cli:report",
    "store": "drills.store_cli:store",
    "actions": "drills.actions_cli:actions",
    "people": "drills.store_cli:people",
    "ratings": "drills.store_cli:ratings",
    "incident": "drills.incident.command_line:incident",
    "score": "drills.score_cli:score",
    "correct": "drills.score_cli:correct",
    "compare": "drills.compare_cli:compare",
}


@click.group(cls=LazyGroup, lazy=LAZY, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gameday")
def cli() -> None:
    """A flight simulator for incident response."""


@cli.command("list")
@click.option("--organization", metavar="PATH", help="Say which fit this organisation, and why the others do not.")
@FORMAT
def list_command(organization: str | None, style: str) -> None:
    """Show the library's scenarios."""
    from drills.library import show_library

    show_library(style, organization)


@cli.command()
@click.argument("kind", type=click.Choice(["scenario", "organization"]))
@click.argument("name")
@click.option(
    "--organization", default="seiketsu", show_default=True, metavar="PATH", help="For whom a scenario is made."
)
@click.option(
    "--from",
    "timeline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Draft it from the first incident of an incident log.",
)
def new(kind: str, name: str, organization: str, timeline: Path | None) -> None:
    """Write a scenario (NAME.yaml) or an organisation (folder NAME) to begin with; it passes `gameday check`."""
    from drills.skeletons import make

    make(kind, name, organization, timeline)


@cli.command()
@SCENARIO
@click.argument("what", type=click.Choice(["logs", "tickets", "status", "changes", "dashboard"]))
@click.option("--at", required=True, metavar="DURATION", help="The drill time, such as 25m.")
@click.option("--service", metavar="NAME", help="Whose log or status page, instead of that of the first fault.")
@SEED
@TREATMENT
@OVERRIDES
def look(  # noqa: PLR0917
    scenario: str, what: str, at: str, service: str | None, seed: int, treatment: str, overrides: tuple[str, ...]
) -> None:
    """Show what somebody who looked at a moment of a drill would have seen."""
    from drills import looking

    looking.look(
        scenario,
        overrides,
        cast("looking.What", what),
        service=service,
        at=at,
        seed=seed,
        treatment=cast("TreatmentName", treatment),
    )


@cli.group()
def injects() -> None:
    """The messages of a scenario, as a table for a spreadsheet."""


@injects.command("export")
@SCENARIO
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def injects_export(scenario: str, file: Path | None) -> None:
    """Write a scenario's injects as CSV, to FILE or to the screen."""
    from drills.injects import export

    export(scenario, file)


@injects.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("scenario", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def injects_import(file: Path, scenario: Path | None) -> None:
    """Put the injects of a CSV file into a scenario's file, or show them as a scenario states them."""
    from drills.injects import insert, read

    if scenario is None:
        click.echo(read(file), nl=False)
    else:
        insert(scenario, file)


@cli.command()
@click.argument("scenario", required=False)
@click.option("--all", "everything", is_flag=True, help="One drill of every scenario of the library; writes nothing.")
@SEED
@OVERRIDES
@FORMAT
@click.option("--runs", default=1, show_default=True, type=click.IntRange(1), help="Seeds to play, from --seed on.")
@click.option("--jobs", default=0, type=click.IntRange(0), show_default="as many as processors", help="Processes.")
@TREATMENT
@click.option("--no-wire", is_flag=True, help="Skip the HTTP between workflow and tools; the journal is the same.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="reports/<scenario>-seed<seed>…",
    help="Folder to write to; other treatments and changed values have default folders of their own.",
)
@click.option(
    "--store",
    "store_address",
    metavar="URL",
    show_default="$GAMEDAY_STORE, else none",
    help="Index the drill in this store: an SQLite file, or postgresql://….",
)
def run(  # noqa: PLR0917 - click passes them by name
    scenario: str | None,
    everything: bool,
    seed: int,
    overrides: tuple[str, ...],
    style: str,
    runs: int,
    jobs: int,
    treatment: str,
    no_wire: bool,
    report: Path | None,
    store_address: str | None,
) -> None:
    """Play a scenario in virtual time, judge it, and write journal, scorecard and report."""
    if everything == (scenario is not None):
        raise click.UsageError("Expected a scenario, or --all.")
    if scenario is None:
        from drills.library import run_all

        sys.exit(run_all(overrides, seed=seed, treatment=cast("TreatmentName", treatment), style=style))
    from drills.commands import run_scenario

    sys.exit(
        run_scenario(
            scenario,
            overrides,
            seed=seed,
            runs=runs,
            jobs=jobs,
            treatment=cast("TreatmentName", treatment),
            wired=not no_wire,
            folder=report,
            store=store_address,
            style=style,
        )
    )


@cli.command()
@click.argument("files", nargs=-1)
@OVERRIDES
@FORMAT
def check(files: tuple[str, ...], overrides: tuple[str, ...], style: str) -> None:
    """Say what is wrong with scenarios or organisations, and which criteria no response could meet."""
    from drills.commands import check_files

    sys.exit(check_files(files, overrides, style))


@cli.command()
@SCENARIO
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="Seeds to play, from 1 on.")
@click.option("--digests", is_flag=True, help="Print each seed's digest and nothing else.")
@OVERRIDES
def verify(scenario: str, seeds: int, digests: bool, overrides: tuple[str, ...]) -> None:
    """Play every seed twice and name the first record that differs."""
    from drills.commands import verify_scenario

    sys.exit(verify_scenario(scenario, overrides, seeds, digests))


@cli.command()
@click.argument("organization", required=False)
@click.option("--at", metavar="TIME", help="Who would be paged then, instead of now.")
@click.option("--from", "start", metavar="TIME", help="Report on the time from then on.")
@click.option("--to", "end", metavar="TIME", help="The end of that time, instead of four weeks later.")
@click.option("--ical", type=click.Path(dir_okay=False, path_type=Path), help="Write the rota to a calendar file.")
@OVERRIDES
@FORMAT
def oncall(  # noqa: PLR0917
    organization: str | None,
    at: str | None,
    start: str | None,
    end: str | None,
    ical: Path | None,
    overrides: tuple[str, ...],
    style: str,
) -> None:
    """Say who would be paged, at each level and for each role; or how well the rota covers a time and how evenly.

    ORGANIZATION is by default the one in this folder, else seiketsu. A TIME without a UTC offset is local there.
    """
    from drills.rota import show_on_call

    show_on_call(organization, overrides, at, start, end, ical, style)


@cli.command()
@click.argument("kind", type=click.Choice(["scenario", "organization"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from drills.commands import show_schema

    show_schema(cast("Literal['scenario', 'organization']", kind))


PROMETHEUS = click.option(
    "--prometheus", "version", default="3.14", show_default=True, help="Whose semantics, such as 2.42."
)


@cli.group()
def rules() -> None:
    """Alert and recording rules as Prometheus runs them."""


@rules.command("test")
@click.argument("files", nargs=-1, required=True)
@PROMETHEUS
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="JUnit file to write to.")
def rules_test(files: tuple[str, ...], version: str, junit: Path | None) -> None:
    """Run promtool's unit tests of rules."""
    from drills.rules_commands import test_rules

    sys.exit(test_rules(files, version, junit))


@rules.command("check")
@click.argument("files", nargs=-1, required=True)
@click.option("--alertmanager", type=click.Path(dir_okay=False, path_type=Path), help="Alertmanager's configuration.")
@click.option("--detect", metavar="DURATION", help="Within what time every alert has to page, such as 5m.")
@PROMETHEUS
def rules_check(files: tuple[str, ...], alertmanager: Path | None, detect: str | None, version: str) -> None:
    """Name alerts that cannot page in time, reach nobody, repeat or contradict each other."""
    from drills.rules_commands import check_rules

    sys.exit(check_rules(files, alertmanager, detect, version))


@rules.command("when")
@SCENARIO
@OVERRIDES
def rules_when(scenario: str, overrides: tuple[str, ...]) -> None:
    """Say how soon after impact each alert pages in a scenario, and what takes that long."""
    from drills.rules_commands import show_when

    sys.exit(show_when(scenario, overrides))


@rules.command("export")
@SCENARIO
@SEED
@OVERRIDES
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write to.")
def rules_export(scenario: str, seed: int, overrides: tuple[str, ...], output: Path | None) -> None:
    """Print a drill's series as OpenMetrics, for a Prometheus to be back-filled with."""
    from drills.watch_commands import export_series

    sys.exit(export_series(scenario, overrides, seed, output))


@rules.command("watch")
@SCENARIO
@SEED
@OVERRIDES
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9797, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 1000), help="Drill time by real.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="reports/<scenario>-seed<seed>-watched",
    help="Folder to write to.",
)
def rules_watch(  # noqa: PLR0917 - click passes them by name
    scenario: str, seed: int, overrides: tuple[str, ...], host: str, port: int, speed: float, report: Path | None
) -> None:
    """Play a drill by the clock, watched by a real Prometheus, its alerts sent by a real Alertmanager."""
    from drills.watch_commands import watch_scenario

    sys.exit(watch_scenario(scenario, overrides, seed=seed, host=host, port=port, speed=speed, folder=report))


def program() -> None:
    """The console script. Where nobody reads the output any more (`gameday … | head`) it ends as Unix programs do.

    Most commands take a few tenths of a second, of which looking for garbage, and taking the interpreter apart when all
    is done, would be a fifth: the one is done seldom, the other not at all.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    gc.set_threshold(50_000)
    try:
        main()
        code: object = 0
    except SystemExit as done:
        code = done.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(cast("int", code))  # The interpreter tells of output that cannot be written.
    os._exit(code if isinstance(code, int) else 1)


def main() -> None:
    """Run one command: turns errors into exit codes, so that bad input never makes a traceback."""
    interrupted: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        # A simulation process takes the interrupt for its own failure, and something else may fail of it later.
        interrupted.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_INPUT)
    except (Exception, KeyboardInterrupt) as error:
        if interrupted or isinstance(error, click.Abort):
            click.echo("Halted.", err=True)
            sys.exit(HALTED)
        import traceback

        traceback.print_exc()
        click.echo(
            f"\nThis is a defect of gameday, not of your input: {error!r}. Please report it with the above.", err=True
        )
        sys.exit(DEFECT)
    finally:
        signal.signal(signal.SIGINT, before)
