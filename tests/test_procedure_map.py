"""The page that maps the procedure to its tests: every heading and every list item is there, and every test exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation import ROOT

PAGE = ROOT / "docs" / "procedure.md"
PROCEDURE = ROOT.parent / "shared" / "procedure" / "incident-response-procedure.md"
_ROW = re.compile(r"^\| (?P<part>[^|]+) \| `(?P<test>[^`|]+)` \| `(?P<path>[^`|]+)` \|$", re.MULTILINE)
_PART = re.compile(r"\*\*(?P<heading>.+)\*\*|(?P<of>.+), (?P<number>[0-9]+)(?:: .+)?")
"""What a row of the page is about: a heading, or an item by its number under one. Other rows are further rules."""


def rows() -> list[tuple[str, str, str]]:
    """Part, test and path of each row."""
    return [(row["part"], row["test"], row["path"]) for row in _ROW.finditer(PAGE.read_text(encoding="utf-8"))]


def parts(text: str) -> Iterator[tuple[str, int]]:
    """Every heading (0) and every list item (its number under the heading) of a document and of the Markdown in it;
    not what stands in blocks of code.
    """
    heading, number, code = "", 0, False
    for line in text.splitlines():
        fence = re.match(r" *```(\w*)", line)
        if fence:  # One without a language is within Markdown, or ends something.
            code = fence[1] not in ("", "markdown")
        elif code:
            continue
        elif found := re.match(r"#+ (.+)", line):
            heading, number = found[1].strip(), 0
            yield heading, 0
        elif re.match(r" *(?:[-*]|[0-9]+\.) ", line):
            number += 1
            yield heading, number


def test_headings_and_items_are_told_apart_from_code() -> None:
    text = """# A
1. one
   - two
```yaml
# no heading
- no item
```
```markdown
## B
- [ ] one
```
within
```
## C
```
"""
    assert list(parts(text)) == [("A", 0), ("A", 1), ("A", 2), ("B", 0), ("B", 1), ("C", 0)]


@pytest.mark.skipif(not PROCEDURE.exists(), reason="the procedure's files are not beside this repository")
def test_every_heading_and_list_item_of_the_procedure_has_its_row() -> None:
    wanted = set(parts(PROCEDURE.read_text(encoding="utf-8")))
    assert len(wanted) > 140
    headings = {heading for heading, _ in wanted}
    found = Counter()
    for part, _, _ in rows():
        match = _PART.fullmatch(part)
        if match and match["heading"]:
            found[match["heading"], 0] += 1
        elif match and match["of"] in headings:
            found[match["of"], int(match["number"])] += 1
    assert sorted(wanted - set(found)) == [], "not on the page"
    assert sorted(set(found) - wanted) == [], "not in the procedure"
    assert [part for part, number in found.items() if number > 1] == []


def test_every_row_names_a_test_that_exists() -> None:
    """With the case of it that the row names, if it does."""
    named = {f"{path}::{test}" for _, test, path in rows()}
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    paths = sorted({path for _, _, path in rows()})
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*words, *paths], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-2000:]
    collected = {re.sub(r"::Test\w+::", "::", line) for line in done.stdout.splitlines() if "::" in line}
    there = collected | {line.partition("[")[0] for line in collected}
    assert sorted(named - there) == []


def test_no_test_stands_on_the_page_for_whole_files() -> None:
    assert len(rows()) == PAGE.read_text(encoding="utf-8").count("\n| ") - 2 * PAGE.read_text(encoding="utf-8").count(
        "\n| Part |"
    ), "a row that is not of the form of the others"
    assert all(Path(path).name.startswith("test_") for _, _, path in rows())
