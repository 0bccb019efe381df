"""Journals and timelines that were kept are judged as they were when they were kept.

``python -m tests.scoring.test_kept_journals`` writes the expected scorecards anew; look at what changes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scoring.scorecard import scorecard
from scoring.timeline.judging import judge
from scoring.timeline.reading import open_timeline
from simulator.journal_reader import read_journal

KEPT = Path(__file__).parent / "kept"
PUBLISHED = Path(__file__).parent / "timelines"


def judged() -> dict[str, dict[str, Any]]:
    """The scorecard of each: a drill in virtual time, and a timeline from outside."""
    return {
        "virtual": scorecard(read_journal(KEPT / "virtual.jsonl")),
        "timeline": judge(open_timeline(PUBLISHED / "google-cloud-2025-06-12.yaml")),
    }


@pytest.mark.parametrize("kind", ["virtual", "timeline"])
def test_a_kept_record_has_the_scorecard_that_was_kept_with_it(kind: str) -> None:
    expected = json.loads((KEPT / f"{kind}.scorecard.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(judged()[kind])) == expected


if __name__ == "__main__":
    for name, card in judged().items():
        text = json.dumps(card, indent=1, ensure_ascii=False)
        (KEPT / f"{name}.scorecard.json").write_text(f"{text}\n", encoding="utf-8")
