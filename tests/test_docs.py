"""The documents say what is so: their commands do what they show, their tables are the code's, their links lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.milestones import NAMES
from tests.documentation import DOCUMENTS, ROOT, Outcome, Step, agrees, generated, play
from tests.documentation_pages import pages

HOW_TO_REPAIR = "; `python -m tests.documentation` brings the documents up to date"
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:root|home|work|tmp|Users|usr|opt|var)(?:/|\b)")

PAGES = pages()
_names = [str(document.relative_to(ROOT)) for document in DOCUMENTS]
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=_names)


@every_document
def test_commands_do_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    """Every command of a document, run in order in an empty folder, ends and prints as the document says."""
    for step, outcome in play(document.read_text(encoding="utf-8"), tmp_path):
        said = f"$ {step.command}ended with {outcome.code} (shown: {step.code}) and printed\n{outcome.output}"
        assert agrees(step, outcome), f"{said}\nwhere the document shows\n{step.shown}{HOW_TO_REPAIR}"


@every_document
def test_generated_parts_are_current(document: Path) -> None:
    """Tables that follow from the code say what the code says."""
    text = document.read_text(encoding="utf-8")
    assert text == generated(text), f"{document.name} differs from the code{HOW_TO_REPAIR}"


@pytest.mark.parametrize("path", list(PAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_documents_are_current(path: Path) -> None:
    """A document that is generated as a whole says what the code says."""
    assert path.read_text(encoding="utf-8") == PAGES[path], f"{path.name} differs from the code{HOW_TO_REPAIR}"


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link and image of a document exists, and so does the heading that it names."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(document)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), f"{document.name} links to {target}, which does not exist"
        if anchor:
            assert anchor in _anchors(linked), f"{document.name} links to {target}; no heading is called so"


@every_document
def test_no_machine_is_named(document: Path) -> None:
    """A document names no folder of the machine on which it was written."""
    assert not MACHINE_PATH.search(document.read_text(encoding="utf-8"))


def test_every_document_can_be_reached() -> None:
    """Whoever begins at the README can click their way to every document."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached:
            continue
        reached.add(document)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", _without_code(document)):
            if not target.startswith("http"):
                waiting.append((document.parent / target).resolve())
    assert reached == set(DOCUMENTS)


def test_every_milestone_is_explained() -> None:
    """The page on milestones has a row for each, in their order."""
    text = (ROOT / "docs/explanation/milestones.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| \*(\w+)\* \|", text, re.MULTILINE)) == NAMES


@pytest.mark.parametrize(
    ("shown", "output", "agreed"),
    [
        ("6:03\n", "6:03\n", True),
        ("6:03\n", "6:04\n", False),
        ("took … in all\n", "took 6:03 in all\n", True),
        ("took … in all\n", "took 6:03\nin all\n", False),
        ("first\n…\nlast\n", "first\n2\n3\nlast\n", True),
        ("first\n…\nlast\n", "first\n2\n3\nmost\n", False),
        ("", "whatever\n", True),
    ],
)
def test_shown_output_is_exact_but_for_ellipses(shown: str, output: str, agreed: bool) -> None:
    """Output has to be as shown; ``…`` stands for text within its line, and alone on a line for any lines."""
    assert agrees(Step("", 0, shown, (0, 0)), Outcome(0, output)) is agreed


def _without_code(document: Path) -> str:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "``", text)


def _anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts derive them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
