"""Figures over many incidents, held against computations that go the long way round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.figures import (
    HOUR,
    MINUTE,
    Incident,
    Month,
    attainment,
    covered,
    gaps,
    impact,
    kpis,
    month_of,
    resolution_of,
    rounded,
    spread,
    year_before,
)

AT = datetime(2025, 9, 1, tzinfo=UTC)
START = datetime(2024, 6, 1, tzinfo=UTC)
lengths = st.integers(0, 100_000).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def incidents(draw: st.DrawFn) -> list[Incident]:
    """Incidents between June 2024 and September 2025."""
    made = []
    for number in range(draw(st.integers(0, 12))):
        created = START + timedelta(seconds=draw(st.integers(0, 39_000_000)))
        answered, resolved = draw(st.none() | lengths), draw(st.none() | lengths)
        hurt = draw(st.none() | st.lists(st.tuples(lengths, lengths), max_size=3))
        made.append(
            Incident(
                f"INC-{number}",
                "title",
                draw(st.sampled_from(["P0", "P1", "P2"])),
                created,
                None if answered is None else created + answered,
                None if resolved is None else created + resolved,
                None if hurt is None else tuple((created + one, created + one + other) for one, other in hurt),
            )
        )
    return made


def mean_minutes(found: list[timedelta]) -> float | None:
    """The mean by decimal arithmetic with many digits, rounded half up to hundredths."""
    if not found:
        return None
    mean = sum(Decimal(int(length.total_seconds())) / 60 for length in found) / len(found)
    return float(mean.quantize(Decimal("0.0000000001")).quantize(Decimal("0.01"), ROUND_HALF_UP))


@settings(deadline=None)
@given(incidents())
def test_kpis_match_a_computation_by_hand(rows: list[Incident]) -> None:
    """Groups, window and means, one incident after the other."""
    expected: dict[tuple[str, str], list[Incident]] = {}
    for row in rows:
        if row.resolved_at is not None and row.created_at >= datetime(2024, 9, 1, tzinfo=UTC):
            expected.setdefault((row.created_at.strftime("%Y-%m"), row.severity), []).append(row)
    found = kpis(rows, AT)
    assert {(row["month"], row["severity"]) for row in found} == set(expected)
    for row in found:
        members = expected[row["month"], row["severity"]]
        assert row["incident_count"] == len(members)
        resolutions = [one.resolved_at - one.created_at for one in members if one.resolved_at]
        responses = [one.first_response_at - one.created_at for one in members if one.first_response_at]
        assert row["avg_resolution_minutes"] == mean_minutes(resolutions)
        assert row["avg_response_minutes"] == mean_minutes(responses)
        assert row["resolution"]["p90"] == rounded(
            Fraction(int(sorted(resolutions)[ceil(0.9 * len(resolutions)) - 1].total_seconds()), 60)
        )
    keys = [(row["month"], row["severity"]) for row in found]
    assert keys == sorted(sorted(keys, key=lambda key: key[1]), key=lambda key: key[0], reverse=True)


def test_impact_is_that_of_all_incidents_within_the_time_and_says_of_how_many_it_is_unknown() -> None:
    """Incidents of other times count with what reaches into this one; unknown ones only if they began in it."""
    start, end = START, START + 10 * HOUR
    rows = [
        Incident("before", "t", "P1", start - HOUR, impacts=((start - HOUR, start + HOUR),)),
        Incident(
            "overlap", "t", "P1", start, impacts=((start, start + 2 * HOUR), (start + 3 * HOUR, start + 4 * HOUR))
        ),
        Incident("after", "t", "P1", start + 9 * HOUR, impacts=((start + 9 * HOUR, start + 20 * HOUR),)),
        Incident("none", "t", "P1", start, impacts=()),
        Incident("unknown", "t", "P1", start),
        Incident("unknown before", "t", "P1", start - HOUR),
    ]
    assert impact(rows, start, end) == (4 * HOUR, 1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8), st.integers(0, 50), st.integers(0, 50))
def test_overlapping_stretches_cover_each_minute_once(pairs: list[tuple[int, int]], start: int, end: int) -> None:
    def at(minute: int) -> datetime:
        return START + minute * MINUTE

    minutes = {minute for a, b in pairs for minute in range(a, b)} & set(range(start, end))
    assert covered([(at(a), at(b)) for a, b in pairs], at(start), at(end)) == len(minutes) * MINUTE


@settings(deadline=None)
@given(st.lists(lengths, max_size=20))
def test_median_and_p90_are_times_that_were_measured(found: list[timedelta]) -> None:
    told = spread([*found, None], MINUTE)
    assert told["count"] == len(found)
    if found:
        ordered = sorted(rounded(Fraction(int(length.total_seconds()), 60)) for length in found)
        assert told["median"] == ordered[ceil(len(found) / 2) - 1]
        assert told["p90"] == ordered[ceil(Fraction(9, 10) * len(found)) - 1]
    else:
        assert told == {"count": 0, "mean": None, "median": None, "p90": None}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 8), 0.13),
        (Fraction(-1, 8), -0.13),
        (Fraction(1, 3), 0.33),
        (Fraction(2, 3), 0.67),
        (Fraction(5), 5),
    ],
)
def test_rounding_is_half_up_away_from_zero(value: Fraction, shown: float) -> None:
    assert rounded(value) == shown


def test_a_month_is_a_calendar_month_in_utc() -> None:
    """Its last microsecond is in it, its end is not; offsets are converted; December is followed by January."""
    august = Month(2025, 8)
    assert august.holds(august.start)
    assert august.holds(august.end - timedelta(microseconds=1))
    assert not august.holds(august.end)
    assert str(month_of(datetime.fromisoformat("2025-09-01T01:00:00+02:00"))) == "2025-08"
    assert str(Month(2025, 12).plus(1)) == "2026-01"
    assert str(Month(2025, 1).plus(-13)) == "2023-12"


def test_twelve_months_before_a_leap_day_is_the_28th() -> None:
    assert year_before(datetime(2024, 2, 29, 12, tzinfo=UTC)) == datetime(2023, 2, 28, 12, tzinfo=UTC)


def test_the_gap_before_an_incident_reaches_back_beyond_its_month() -> None:
    times = ["2025-07-30T00:00Z", "2025-08-01T00:00Z", "2025-08-01T05:00Z", "2025-09-01T00:00Z"]
    rows = [Incident(at, "t", "P1", datetime.fromisoformat(at)) for at in reversed(times)]
    assert gaps(rows, Month(2025, 8)) == [48 * HOUR, 5 * HOUR]
    assert gaps(rows[-1:], Month(2025, 7)) == []


@pytest.mark.parametrize(
    ("took", "age", "verdict"),
    [
        (60, 1000, "met"),
        (61, 1000, "missed"),
        (None, 60, "open"),
        (None, 61, "missed"),
    ],
)
def test_a_target_is_met_missed_or_still_open(took: int | None, age: int, verdict: str) -> None:
    """A time equal to the target meets it; what has not happened is missed once the target has passed."""
    created = AT - age * MINUTE
    row = Incident("I", "t", "P1", created, None, None if took is None else created + took * MINUTE)
    judged = attainment([row], 60 * MINUTE, resolution_of, AT)
    assert {key: judged[key] for key in ("met", "missed", "open")} == {
        key: int(key == verdict) for key in ("met", "missed", "open")
    }
    assert judged["share"] == {"met": 1.0, "missed": 0.0, "open": None}[verdict]
    assert judged["target_minutes"] == 60
