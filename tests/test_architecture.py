"""What holds the building up: which room looks where, what starting costs, and a style that a test can see.

A failure names the better way.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("scenarios", "simulator", "scoring", "drills")
FLAGSHIP = "elevenlabs-intermittent"

LONGEST_FILE, LONGEST_FUNCTION = 450, 60

HIDDEN_INPUTS = {
    "os.urandom": "a key of `simulator.randomness.Draws`",
    "secrets": "a key of `simulator.randomness.Draws`",
    "uuid": "a number of the journal, or the command's key",
    "hash": "hashlib: `hash` of text differs from process to process",
    "id": "a name: addresses differ from process to process",
    "os.environ": "an argument: the drivers read the environment",
    "os.getenv": "an argument: the drivers read the environment",
    "input": "an event: people reach a drill through its driver",
}

MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def is_pure(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return not name.startswith("drills/") or name.startswith("drills/response/") or name == "drills/drill.py"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(*, pure: bool) -> Iterator[tuple[str, str]]:
    """Place and dotted name of everything that is called by name, in all modules or in the pure ones."""
    for path in MODULES:
        for node in ast.walk(tree(path)) if is_pure(path) or not pure else ():
            if isinstance(node, ast.Call) and re.fullmatch(r"[\w.]+", name := ast.unparse(node.func)):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {name}", name


# Which room looks where.


def test_import_contracts_hold() -> None:
    """Left never imports right, and the pure rooms touch neither sockets nor clocks."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"import what you need from a room to the left, or pass it in:\n{done.stdout}"


def test_pure_rooms_ask_no_clock() -> None:
    asks = re.compile(r"(.*\.)?(datetime|date)\.(now|today|utcnow)\Z")
    found = [place for place, name in calls(pure=True) if asks.match(name)]
    assert found == [], "take the drill time as an argument (milliseconds), as `evaluate(at)` does"


def test_chance_in_pure_rooms_has_a_key() -> None:
    found = [place for place, name in calls(pure=True) if name.startswith("random.")]
    found = [place for place in found if not re.match(r"simulator/randomness.py:\d+: random.Random\Z", place)]
    assert found == [], "draw from `simulator.randomness.Draws` by a key, so that one more draw moves nothing elsewhere"


def test_pure_rooms_have_no_hidden_inputs() -> None:
    found = [
        f"{place}: take {better}"
        for place, name in calls(pure=True)
        for hidden, better in HIDDEN_INPUTS.items()
        if name == hidden or name.startswith(f"{hidden}.")
    ]
    assert found == []


# What starting costs.


def imported(code: str, folder: Path, *unwanted: str) -> list[str]:
    """Which of these modules a fresh interpreter has imported after running some code."""
    ask = f"\nimport json, sys\nsys.stderr.write(json.dumps([name for name in {unwanted} if name in sys.modules]))"
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    words = [sys.executable, "-c", code + ask]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=60)
    found: list[str] = json.loads(done.stderr)
    return found


def test_the_command_line_starts_without_heavy_libraries(tmp_path: Path) -> None:
    heavy = ("pydantic", "httpx", "respx", "jinja2", "simpy", "yaml", "numpy", "promql_parser")
    assert imported("import drills.cli", tmp_path, *heavy) == [], "import it in the function that needs it"


def test_a_single_run_needs_no_validation_library_once_its_inputs_are_kept(tmp_path: Path) -> None:
    run = (
        "import contextlib, io, sys\n"
        "from drills import cli\n"
        f"sys.argv = ['gameday', 'run', '{FLAGSHIP}', '--format', 'json']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    cli.main()\n"
    )
    assert imported(run, tmp_path, "simpy", "pydantic", "numpy") == ["simpy", "pydantic"]  # The first time.
    heavy = ("numpy", "faker", "pydantic", "yaml", "concurrent.futures.process", "drills.advice", "drills.sweep")
    assert imported(run, tmp_path, *heavy) == [], "import it in the function that needs it"


def test_a_drill_has_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("gameday")
    words = [program, "verify", FLAGSHIP, "--seeds", "3", "--digests"]
    printed = set()
    for hash_seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        printed.add(done.stdout)
    assert len(printed) == 1, "something goes through a set: sort it, or use a dict"
    assert len(printed.pop().splitlines()) == 3


# Style.


def test_files_are_short_enough_to_be_read_at_once() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = [f"{path.relative_to(ROOT)} has {lines} lines" for path, lines in lengths.items() if lines > LONGEST_FILE]
    assert long == [], "part it where its docstring would need an 'and'"


def test_functions_are_short_enough_to_be_read_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == [], "give the steps in it names of their own"


def test_every_module_and_public_thing_says_what_it_is() -> None:
    mute = [path for path in MODULES if tree(path).body and not ast.get_docstring(tree(path))]
    things = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in MODULES
        for node in tree(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert (mute, things) == ([], []), "a docstring of a sentence each, with shapes, units and errors"


def test_nothing_is_printed_past_the_command_line() -> None:
    ways = ("print", "sys.stdout.write", "sys.stderr.write")
    found = [place for place, name in calls(pure=False) if name in ways]
    assert found == [], "journal it, or use `click.echo` in `drills.commands`"


def test_no_folder_of_a_machine_is_named() -> None:
    folder = re.compile(r"""["'`\s]/(?:root|home|work|tmp|Users|usr|opt|var)/""")
    found = [path for path in MODULES if folder.search(path.read_text(encoding="utf-8"))]
    assert found == [], "derive the folder from `__file__`, the arguments or the environment"
