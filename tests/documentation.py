"""Keeps the documents true: runs their commands, and writes the parts that follow from the code.

``python -m tests.documentation [FILE …]`` brings outputs and generated parts up to date, and writes the documents that
are generated as a whole (`tests.documentation_pages`); the tests fail until they are. In a document there may stand

    ```console blocks      commands after ``$ ``, each followed by its output where that is shown; ``…`` is any text
    <!-- exit 1 -->        before such a block: how its last command ends, when not with 0
    <!-- needs jq -->      before such a block: it is passed over where this program is not installed
    <!-- file: a.yaml -->  before any other block: what it holds is a file, from there on in the document
    <!-- generated: x -->  up to ``<!-- end -->``: the table of this name (`tests.documentation_tables`)
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(
    r"(?P<marks>(?:^<!-- (?:exit|needs|file:) \S+ -->\n+)*)^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_GENERATED = re.compile(r"(?<=^<!-- generated: )([\w -]+)( -->\n).*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command of a document, and what the document says comes of it."""

    command: str
    code: int
    shown: str
    """The output; empty where none is shown."""
    span: tuple[int, int]
    """Where the output stands in the document."""


class Outcome(NamedTuple):
    """What came of a command in truth."""

    code: int
    output: str


def play(text: str, folder: Path) -> Iterator[tuple[Step, Outcome]]:
    """Write the files and run the commands of a document, in order, in a folder of its own."""
    for block in _BLOCK.finditer(text):
        if (name := _mark(block, "file:")) is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
        elif block["language"] == "console" and shutil.which(_mark(block, "needs") or "sh"):
            for step in _steps(block):
                yield step, _run(step, folder)


def agrees(step: Step, outcome: Outcome) -> bool:
    """Whether a command did what the document says."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == "…\n" else r"[^\n]*".join(map(re.escape, line.split("…")))
        for line in step.shown.splitlines(keepends=True)
    )
    as_shown = not step.shown or re.fullmatch(pattern, outcome.output) is not None
    return outcome.code == step.code and as_shown


def generated(text: str) -> str:
    """The document with its generated parts as the code has them now."""
    from tests.documentation_tables import TABLES

    return _GENERATED.sub(lambda match: f"{match[1]}{match[2]}{TABLES[match[1]]()}", text)


def _mark(block: re.Match[str], name: str) -> str | None:
    found = re.search(rf"<!-- {name} (\S+) -->", block["marks"])
    return found.group(1) if found else None


def _steps(block: re.Match[str]) -> list[Step]:
    """The commands of a console block; one that ends in a backslash goes on in the next line."""
    found: list[Step] = []
    at = block.start("body")
    for line in block["body"].splitlines(keepends=True):
        at += len(line)
        if line.startswith("$ "):
            found.append(Step(line[2:], 0, "", (at, at)))
        elif found and not found[-1].shown and found[-1].command.endswith("\\\n"):
            found[-1] = found[-1]._replace(command=found[-1].command + line, span=(at, at))
        else:
            assert found, f"output without a command: {line}"
            found[-1] = found[-1]._replace(shown=found[-1].shown + line, span=(found[-1].span[0], at))
    return [*found[:-1], found[-1]._replace(code=int(_mark(block, "exit") or 0))]


def _run(step: Step, folder: Path) -> Outcome:
    """Run a command with the installed program first on the path; `make drill` stands for what the Makefile runs."""
    command, is_drill = step.command, step.command.strip() == "make drill"
    if is_drill:
        found = re.search(r"^RUN := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert found, "the Makefile has no RUN"
        command = f"gameday run {found.group(1)}"
    # The interpreter's own folder, not that which a link in a virtual environment leads to.
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    fixed = {"PATH": search, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": str(folder / ".cache")}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, **fixed},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    missed_is_success = is_drill and done.returncode == 1
    return Outcome(0 if missed_is_success else done.returncode, done.stdout)


def _up_to_date(text: str) -> str:
    """The document with outputs and generated parts as they are now."""
    with TemporaryDirectory() as folder:
        changes = [(step, outcome) for step, outcome in play(text, Path(folder)) if not agrees(step, outcome)]
    for step, outcome in reversed(changes):
        print(f"  $ {step.command}", end="")
        if outcome.code != step.code or "…" in step.shown:
            print(f"    look at this yourself: it ended with {outcome.code}, and printed\n{outcome.output}")
        else:
            text = text[: step.span[0]] + outcome.output + text[step.span[1] :]
    return generated(text)


def _write_pages() -> None:
    """Write the documents that are generated as a whole."""
    from tests.documentation_pages import pages

    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write_pages()
    for document in [ROOT / name for name in sys.argv[1:]] or DOCUMENTS:
        print(document.relative_to(ROOT))
        before = document.read_text(encoding="utf-8")
        after = _up_to_date(before)
        if after != before:
            document.write_text(after, encoding="utf-8")
