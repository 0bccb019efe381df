from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.response.on_call import everyone, on_call
from tests.drills.response.bench import SMALL, changed


@pytest.mark.parametrize(
    ("zone", "at", "who"),
    [
        ("UTC", datetime(2025, 8, 4, 0, 0, tzinfo=UTC), "ann"),
        ("UTC", datetime(2025, 8, 10, 23, 59, tzinfo=UTC), "ann"),
        ("UTC", datetime(2025, 8, 11, 0, 0, tzinfo=UTC), "ben"),
        # Still Sunday in New York, already Monday in Kiritimati.
        ("America/New_York", datetime(2025, 8, 11, 3, 59, tzinfo=UTC), "ann"),
        ("Pacific/Kiritimati", datetime(2025, 8, 10, 10, 0, tzinfo=UTC), "ben"),
        # Europe puts its clocks back on Sunday 2025-10-26: the hand-over is at local midnight all the same.
        ("Europe/Berlin", datetime(2025, 10, 26, 22, 59, tzinfo=UTC), "ben"),
        ("Europe/Berlin", datetime(2025, 10, 26, 23, 0, tzinfo=UTC), "ann"),
    ],
)
def test_the_rotation_moves_on_at_monday_midnight_of_the_organisation(zone: str, at: datetime, who: str) -> None:
    assert on_call(changed(SMALL, timezone=zone), "primary", at) == (who,)


def test_a_rotation_goes_on_by_one_over_a_year_of_53_weeks() -> None:
    organization = changed(
        SMALL, schedules={"primary": changed(SMALL.schedules["primary"], rotation=("ann", "ben", "cat"))}
    )
    first = datetime(2026, 12, 21, 12, 0, tzinfo=UTC)  # 2026-W52; the year has a W53.
    who = [on_call(organization, "primary", first + timedelta(weeks=week))[0] for week in range(4)]
    assert who in (["ann", "ben", "cat", "ann"], ["ben", "cat", "ann", "ben"], ["cat", "ann", "ben", "cat"])


def test_nobody_has_a_schedule_before_its_first_week() -> None:
    assert on_call(SMALL, "primary", datetime(2025, 8, 3, 23, 59, tzinfo=UTC)) == ()


def test_several_targets_give_each_person_once_in_order() -> None:
    at = datetime(2025, 8, 6, tzinfo=UTC)
    assert everyone(SMALL, ("primary", "cat", "ann", "empty", "secondary"), at) == ("ann", "cat", "ben")


@given(st.datetimes(datetime(2025, 8, 5), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_from_its_first_week_on_a_schedule_always_has_one_person(at: datetime) -> None:
    zone = changed(SMALL, timezone="America/Sao_Paulo")
    assert len(on_call(zone, "primary", at)) == 1
    assert on_call(zone, "primary", at) != on_call(zone, "secondary", at)
