"""What holds of every rota, on the nights on which clocks change above all."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.response.on_call import Duty, duties, on_call
from scenarios.local_time import reading, zone
from scenarios.people import Layer, Restriction, Schedule, Shift
from tests.rotas import (
    DAY,
    HOUR,
    MINUTE,
    NIGHTS,
    minute_by_minute,
    nights,
    period,
    persons,
    rotations,
    schedules,
    shifts,
    with_schedule,
)

Night = tuple[str, date]
rotas = nights.flatmap(lambda night: st.tuples(st.just(night), schedules(night)))


def found(night: Night, schedule: Schedule) -> list[Duty]:
    return duties(with_schedule(schedule), "primary", *period(night))


def at_random(data: st.DataObject, night: Night) -> datetime:
    start, end = period(night)
    return start + data.draw(st.integers(0, (end - start) // MINUTE - 1)) * MINUTE


def watched(night: Night, schedule: Schedule) -> list[Duty]:
    """What somebody finds who looks every minute."""
    seen: list[Duty] = []
    for at, person in minute_by_minute(schedule, *period(night)):
        if seen and seen[-1].person == person:
            seen[-1] = seen[-1]._replace(end=at + MINUTE)
        else:
            seen.append(Duty(person, at, at + MINUTE))
    return seen


@settings(max_examples=80, deadline=None)
@given(rotas)
def test_a_rota_is_what_somebody_who_watches_the_clock_minute_by_minute_finds(rota: tuple[Night, Schedule]) -> None:
    assert found(*rota) == watched(*rota)


@pytest.mark.parametrize("turn_h", [1, 12, 24])
@pytest.mark.parametrize("handoff", ["00:00", "01:45", "02:30"])
@pytest.mark.parametrize("night", NIGHTS, ids=[f"{zone} {day}" for zone, day in NIGHTS])
def test_turns_are_as_watched_on_the_nights_on_which_clocks_change(night: Night, handoff: str, turn_h: int) -> None:
    people, since = ("ann", "ben", "cat"), (night[1] - 3 * DAY).isoformat()
    turns = Schedule(rotation=people, since=since, turn=turn_h * 3_600_000, handoff=handoff, timezone=night[0])
    assert found(night, turns) == watched(night, turns)
    organization = with_schedule(turns)
    for at, person in itertools.islice(minute_by_minute(turns, *period(night)), None, None, 15):
        assert on_call(organization, "primary", at) == (() if person is None else (person,)), at


@settings(deadline=None)
@given(rotas)
def test_shifts_and_gaps_tile_a_period(rota: tuple[Night, Schedule]) -> None:
    night, schedule = rota
    tiles = found(night, schedule)
    assert (tiles[0].start, tiles[-1].end) == period(night)
    assert all(tile.start < tile.end for tile in tiles)
    for before, after in itertools.pairwise(tiles):
        assert before.end == after.start
        assert before.person != after.person


@settings(deadline=None)
@given(rotas, st.data())
def test_at_every_moment_the_one_on_call_is_the_one_whose_shift_it_is(
    rota: tuple[Night, Schedule], data: st.DataObject
) -> None:
    night, schedule = rota
    at = at_random(data, night)
    (duty,) = [tile for tile in found(night, schedule) if tile.start <= at < tile.end]
    local = at.astimezone(zone(data.draw(st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin"]))))
    assert on_call(with_schedule(schedule), "primary", local) == (() if duty.person is None else (duty.person,))


@settings(deadline=None)
@given(nights, st.data())
def test_hand_offs_are_at_their_time_by_the_local_clock(night: Night, data: st.DataObject) -> None:
    keys = data.draw(rotations(night[1]))
    plain = Schedule(**{**keys, "rotation": ("ann", "ben"), "restrictions": (), "turn": 86_400_000}, timezone=night[0])
    where, days = zone(night[0]), []
    for bound in [duty.start for duty in found(night, plain)[1:]]:
        shown = reading(bound, where)
        if shown.time() == time.fromisoformat(plain.handoff):
            days.append(shown.date())
        else:
            jumped_over = reading(bound - timedelta(seconds=1), where)
            assert jumped_over.time() < time.fromisoformat(plain.handoff) or jumped_over.date() < shown.date()
            assert shown - jumped_over > timedelta(seconds=1)
    assert len(days) == len(set(days))


@settings(deadline=None)
@given(rotas, st.data())
def test_an_override_wins_over_everything_while_it_lasts_and_changes_nothing_else(
    rota: tuple[Night, Schedule], data: st.DataObject
) -> None:
    night, schedule = rota
    override = data.draw(shifts(night[1]))
    at = at_random(data, night)
    changed = with_schedule(_with(schedule, overrides=(*schedule.overrides, override)))
    if override.from_ <= at < override.to:
        assert on_call(changed, "primary", at) == (override.person,)
    else:
        assert on_call(changed, "primary", at) == on_call(with_schedule(schedule), "primary", at)


@settings(deadline=None)
@given(rotas, st.data())
def test_a_layer_wins_over_those_below_and_leaves_its_gaps_to_them(
    rota: tuple[Night, Schedule], data: st.DataObject
) -> None:
    night, schedule = rota
    top = Layer(**data.draw(rotations(night[1])))
    at = at_random(data, night)
    bare = _with(schedule, overrides=())
    alone = Schedule(**{name: getattr(top, name) for name in _LAYER}, timezone=night[0])
    own = on_call(with_schedule(alone), "primary", at)
    below = on_call(with_schedule(bare), "primary", at)
    both = on_call(with_schedule(_with(bare, layers=(*bare.layers, top))), "primary", at)
    assert both == (own or below)


@settings(deadline=None)
@given(rotas, st.randoms(use_true_random=False))
def test_the_order_of_restrictions_and_of_overrides_that_do_not_overlap_means_nothing(
    rota: tuple[Night, Schedule], chance: Any
) -> None:
    night, schedule = rota
    start, _ = period(night)
    apart = [
        Shift(person=person, from_=start + number * 6 * HOUR, to=start + (number * 6 + 4) * HOUR)
        for number, person in enumerate(["ann", "ben", "cat"])
    ]
    mixed = chance.sample(apart, 3)
    hours = tuple(reversed(schedule.restrictions))
    one = found(night, _with(schedule, overrides=tuple(apart)))
    assert one == found(night, _with(schedule, overrides=tuple(mixed), restrictions=hours))


@settings(deadline=None)
@given(nights, st.data())
def test_day_and_night_that_share_their_bounds_leave_nobody_out_on_any_night(night: Night, data: st.DataObject) -> None:
    keys = data.draw(rotations(night[1]))
    bound, other = data.draw(st.sampled_from([("02:00", "14:00"), ("02:30", "03:00"), ("00:00", "12:00")]))
    day, evening = data.draw(st.lists(persons, min_size=2, max_size=2, unique=True))
    since = (night[1] - 5 * DAY).isoformat()
    both = Schedule(
        rotation=(day,),
        since=since,
        restrictions=(Restriction(from_=bound, to=other),),
        layers=(Layer(rotation=(evening,), since=since, restrictions=(Restriction(from_=other, to=bound),)),),
        timezone=night[0],
        turn=keys["turn"],
    )
    tiles = found(night, both)
    assert None not in [tile.person for tile in tiles]
    assert {tile.person for tile in tiles} == {day, evening}


@settings(deadline=None)
@given(nights, st.integers(-400, 400), st.integers(1, 3))
def test_a_plain_rotation_moves_on_with_the_local_week(night: Night, days: int, people: int) -> None:
    """The short form, `{rotation, since}`: whole weeks by the local date, whatever the clocks do."""
    rotation = ("ann", "ben", "cat")[:people]
    plain = Schedule(rotation=rotation, since="2024-W01", timezone=night[0])
    at = period(night)[0] + days * DAY
    week = (at.astimezone(zone(night[0])).date() - date(2024, 1, 1)).days // 7
    assert on_call(with_schedule(plain), "primary", at) == ((rotation[week % people],) if week >= 0 else ())


_LAYER = ("rotation", "since", "turn", "handoff", "shifts", "ical", "restrictions")


def _with(schedule: Schedule, **changes: Any) -> Schedule:
    kept = {name: getattr(schedule, name) for name in (*_LAYER, "timezone", "layers", "overrides")}
    return Schedule(**{**kept, **changes})
