"""The page that maps the procedure to tests names tests that exist."""

from __future__ import annotations

import re

from tests.documentation import ROOT

PAGE = ROOT / "docs" / "procedure.md"
_ROW = re.compile(r"^\| (?P<part>[^|]+) \| (?P<test>[^|]+) \| `(?P<path>[^`]+)` \|$", re.MULTILINE)


def test_every_part_of_the_procedure_names_a_test_that_exists() -> None:
    rows = list(_ROW.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(rows) > 40
    missing = []
    for row in rows:
        path, test = ROOT / row["path"], row["test"].strip("`")
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not text or (test != "the whole file" and f"def {test}(" not in text):
            missing.append(f"{row['part']}: {row['path']} has no {test}")
    assert missing == []
