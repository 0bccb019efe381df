"""Published incidents, written down from their public reports, give the minutes that the reports give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scoring.timeline.judging import judge
from scoring.timeline.reading import open_timeline

FOLDER = Path(__file__).parent / "timelines"

MINUTES: dict[str, dict[str, int]] = {
    "aws-2025-10-19.yaml": {"time_to_identify": 50, "time_to_mitigate": 157, "time_to_resolve": 872},
    "cloudflare-2019-07-02.yaml": {
        "time_to_detect": 3,
        "time_to_identify": 18,
        "time_to_mitigate": 25,
        "time_to_resolve": 70,
        "longest_public_silence": 67,
    },
    "cloudflare-2022-06-21.yaml": {
        "time_to_declare": 5,
        "time_to_identify": 31,
        "time_to_mitigate": 75,
        "time_to_resolve": 153,
    },
    "cloudflare-2025-07-14.yaml": {"time_to_detect": 9, "time_to_declare": 9, "time_to_mitigate": 62},
    "cloudflare-2025-11-18.yaml": {
        "time_to_detect": 3,
        "time_to_acknowledge": 4,
        "time_to_declare": 7,
        "time_to_mitigate": 182,
        "time_to_resolve": 338,
        "longest_public_silence": 335,
    },
    "cloudflare-2025-12-05.json": {
        "time_to_detect": 3,
        "time_to_declare": 3,
        "time_to_mitigate": 24,
        "time_to_resolve": 25,
        "longest_public_silence": 22,
    },
    "fastly-2021-06-08.yaml": {
        "time_to_detect": 1,
        "time_to_first_public_update": 11,
        "time_to_identify": 40,
        "time_to_mitigate": 168,
        "time_to_resolve": 177,
        "longest_public_silence": 166,
    },
    "github-2018-10-21.csv": {
        "time_to_detect": 2,
        "time_to_acknowledge": 10,
        "time_to_first_public_update": 17,
        "time_to_resolve": 1451,
        "longest_public_silence": 1432,
    },
    "github-2024-10-11.yaml": {"time_to_mitigate": 947, "time_to_resolve": 1152},
    "google-cloud-2025-06-12.yaml": {
        "time_to_acknowledge": 2,
        "time_to_identify": 10,
        "time_to_mitigate": 40,
        "time_to_first_public_update": 55,
        "time_to_resolve": 447,
        "longest_public_silence": 348,
    },
    "slack-2021-01-04.yaml": {
        "time_to_detect": 45,
        "time_to_mitigate": 135,
        "time_to_resolve": 280,
        "longest_public_silence": 235,
    },
}
"""What the reports publish, from impact; every other measure has to be unknown."""


def card_of(name: str) -> dict[str, Any]:
    return judge(open_timeline(FOLDER / name))


@pytest.mark.parametrize("name", MINUTES)
def test_a_published_incident_gives_the_published_minutes(name: str) -> None:
    """Every figure of the report comes out, and what the report does not tell is unknown."""
    measures = card_of(name)["measures"]
    reached = {measure: result["value_s"] / 60 for measure, result in measures.items() if result["status"] == "reached"}
    assert reached == MINUTES[name]
    assert all(result["value_s"] is None for result in measures.values() if result["status"] == "unknown")


def test_every_incident_names_its_source() -> None:
    """No timeline lies about that nobody measures, and each but the CSV names its report by title and date."""
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(MINUTES)
    named = [card_of(name)["source"] for name in MINUTES if not name.endswith(".csv")]
    assert all(source and source[-4:].isdigit() for source in named)


def test_promises_of_a_status_page_are_counted() -> None:
    """Two updates of Google Cloud's status page promised the next by 12:15, and it came."""
    assert card_of("google-cloud-2025-06-12.yaml")["promises"] == {"made": 2, "kept": 2, "within_5m": 2}
