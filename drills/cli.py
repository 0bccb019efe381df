"""The command line: ``gameday …``. Exit codes: 0 met, 1 missed, 2 wrong input, 3 invalid drill, 4 halted, 70 defect."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from drills.incident.command_line import incident
from scenarios.problems import InputError

if TYPE_CHECKING:
    from simulator.responders.treatments import TreatmentName

WRONG_INPUT, HALTED, DEFECT = 2, 4, 70

SCENARIO = click.argument("scenario")
OVERRIDES = click.option("--set", "overrides", metavar="PATH=VALUE", multiple=True, help="Change a value for this run.")
SEED = click.option("--seed", default=1, show_default=True, help="The drill's luck.")
FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is printed; json is one document on standard output and nothing else there.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gameday")
def cli() -> None:
    """A flight simulator for incident response."""


@cli.command("list")
@FORMAT
def list_command(style: str) -> None:
    """Show the library's scenarios."""
    from drills.commands import show_library

    show_library(style)


@cli.command()
@SCENARIO
@SEED
@OVERRIDES
@FORMAT
@click.option("--runs", default=1, show_default=True, type=click.IntRange(1), help="Seeds to play, from --seed on.")
@click.option(
    "--treatment",
    type=click.Choice(["modelled", "absent", "ideal", "wrong"]),
    default="modelled",
    show_default=True,
    help="The policy that modelled responders follow.",
)
@click.option("--no-wire", is_flag=True, help="Skip the HTTP between workflow and tools; the journal is the same.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="reports/<scenario>-seed<seed>…",
    help="Folder to write to; other treatments and changed values have default folders of their own.",
)
def run(  # noqa: PLR0917 - click passes them by name
    scenario: str,
    seed: int,
    overrides: tuple[str, ...],
    style: str,
    runs: int,
    treatment: str,
    no_wire: bool,
    report: Path | None,
) -> None:
    """Play a scenario in virtual time, judge it, and write journal, scorecard and report."""
    from drills.commands import run_scenario

    sys.exit(
        run_scenario(
            scenario,
            overrides,
            seed=seed,
            runs=runs,
            treatment=cast("TreatmentName", treatment),
            wired=not no_wire,
            folder=report,
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
@click.argument("kind", type=click.Choice(["scenario", "organization"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from drills.commands import show_schema

    show_schema(cast("Literal['scenario', 'organization']", kind))


cli.add_command(incident)


def program() -> None:
    """The console script. Where nobody reads the output any more (`gameday … | head`) it ends as Unix programs do."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()


def main() -> None:
    """Run one command: turns errors into exit codes, so that bad input never makes a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Halted.", err=True)
        sys.exit(HALTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_INPUT)
    except Exception as error:
        import traceback

        traceback.print_exc()
        click.echo(
            f"\nThis is a defect of gameday, not of your input: {error!r}. Please report it with the above.", err=True
        )
        sys.exit(DEFECT)
