"""The procedure's KPI query, unmodified, on PostgreSQL; and the same figures out of SQLite and Python."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from drills.store.store import Store
from scoring.figures import Month, kpis, month_of
from tests.drills.store.conftest import NewStore, Server

QUERY = Path(__file__).parents[4] / "shared" / "procedure" / "kpi.sql"

pytestmark = pytest.mark.skipif(not QUERY.exists(), reason="the procedure's files are not beside this repository")


def run_query(address: str) -> list[tuple[Any, ...]]:
    """The query as it stands in its file, in a session whose months are those of UTC."""
    import psycopg

    with psycopg.connect(address, options="-c timezone=UTC") as connection:
        return connection.execute(QUERY.read_bytes()).fetchall()


def log(rows: list[tuple[str, datetime, float | None, float | None]], path: Path) -> Path:
    """A log of incidents: severity, creation, seconds to the first response and to resolution."""
    incidents = []
    for number, (severity, created, responded, resolved) in enumerate(rows):
        one: dict[str, str] = {
            "id": f"INC-{number}",
            "title": "T",
            "severity": severity,
            "created_at": created.isoformat(),
        }
        for key, seconds in (("first_response_at", responded), ("resolved_at", resolved)):
            if seconds is not None:
                one[key] = (created + timedelta(seconds=seconds)).isoformat()
        incidents.append(one)
    path.write_text(yaml.safe_dump({"organization": "seiketsu", "incidents": incidents}))
    return path


def in_sql(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows of `scoring.figures.kpis` as the query gives them."""

    def figure(value: float | None) -> Decimal | None:
        return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))

    return [
        (
            Month(*map(int, row["month"].split("-"))).start,
            row["severity"],
            row["incident_count"],
            figure(row["avg_resolution_minutes"]),
            figure(row["avg_response_minutes"]),
        )
        for row in rows
    ]


def test_the_query_runs_unmodified_and_finds_this_years_incidents(
    server: Server, sqlite: NewStore, reports: list[Path], tmp_path: Path
) -> None:
    """Drills, unresolved incidents and those of more than twelve months ago are not in its rows."""
    now = datetime.now(UTC)
    this, last = month_of(now), month_of(now).plus(-1)
    path = log(
        [
            ("P1", this.start, 60, 600),
            ("P1", this.start + timedelta(seconds=30), None, 1201),
            ("P0", this.start, 90, 1800),
            ("P2", this.start, 30, None),
            ("P1", last.start, 100, 100.3),
            ("P1", last.end - timedelta(microseconds=1), 100, 200),
            ("P1", this.plus(-14).start, 1, 2),
        ],
        tmp_path / "incidents.yaml",
    )
    address = server.new()
    expected = [
        (this.start, "P0", 1, Decimal("30.00"), Decimal("1.50")),
        (this.start, "P1", 2, Decimal("15.01"), Decimal("1.00")),
        (last.start, "P1", 2, Decimal("2.50"), Decimal("1.67")),
    ]
    for store in (Store(address), Store(sqlite())):
        store.add([path, *reports[:2]])
        assert in_sql(kpis(store.incidents("seiketsu"), now)) == expected
    assert run_query(address) == expected


def test_the_query_and_our_own_figures_agree_on_many_incidents(
    server: Server, sqlite: NewStore, tmp_path: Path
) -> None:
    luck, now = random.Random(7), datetime.now(UTC)
    rows = [
        (
            luck.choice(["P0", "P1", "P2", "P3"]),
            now - timedelta(seconds=luck.randrange(86400, 380 * 86400)),
            luck.choice([None, luck.randrange(0, 5000)]),
            luck.choice([None, luck.randrange(0, 90_000), luck.randrange(0, 90_000_000) / 1000]),
        )
        for _ in range(400)
    ]
    path = log(rows, tmp_path / "incidents.yaml")
    address = server.new()
    stores = [Store(address), Store(sqlite())]
    for store in stores:
        store.add([path])
    found = [in_sql(kpis(store.incidents("seiketsu"), now)) for store in stores]
    assert found[0] == found[1] == run_query(address)
    assert len(found[0]) > 40
