"""From documents to models: every problem at once, in the project's own words."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MinLen

from scenarios.documents import parse_document
from scenarios.fields import Defines, Duration, FirstDay, Instant, Period, Ratio, Refers, TimeZone, Url, model
from scenarios.problems import InputError
from scenarios.validation import build


@model
class Wheel:
    size: Annotated[int, Ge(1), Le(9)] = 1
    fits: Annotated[str, Refers("engine", "car")] | None = None


@model
class Car:
    name: Annotated[str, Defines("car")]
    engines: dict[Annotated[str, Defines("engine")], Annotated[float, Gt(0), Lt(100)]] = field(default_factory=dict)
    wheels: Annotated[tuple[Wheel, ...], MinLen(1)] = ()
    pair: tuple[int, int] = (0, 0)
    colour: Literal["red", "green", "blue"] | None = None
    fast: bool = False
    from_: Duration = 0
    every: Period = 1
    share: Ratio = 0.0
    at: Instant | None = None
    zone: TimeZone = "UTC"
    week: FirstDay = "2025-W01"
    page: Url | None = None
    moods: dict[Literal["calm", "angry"], bool] = field(default_factory=dict)


def build_car(text: str, **known: tuple[str, ...]) -> Car:
    return build(Car, parse_document(text, "car.yaml"), known)


def problems_of(text: str, **known: tuple[str, ...]) -> list[str]:
    with pytest.raises(InputError) as caught:
        build_car(text, **known)
    return [str(problem).removeprefix("car.yaml:") for problem in caught.value.problems]


def test_a_good_document_becomes_the_model() -> None:
    car = build_car(
        "{name: a, engines: {v8: 1}, wheels: [{size: 2, fits: v8}, {fits: a}], pair: [1, 2], colour: red, fast: true,"
        " from: 1h30m, every: 5m, share: 15%, at: 2025-08-09T14:00:00Z, zone: Europe/Berlin, week: 2025-W32,"
        " page: 'https://a.example/x', moods: {calm: true}}"
    )
    assert (car.from_, car.every, car.share, car.pair) == (5_400_000, 300_000, 0.15, (1, 2))
    assert [wheel.fits for wheel in car.wheels] == ["v8", "a"]
    assert car.engines == {"v8": 1.0}
    assert car.at == datetime.fromisoformat("2025-08-09T14:00:00+00:00")


REFUSED = {
    "missing key": ("fast: true", '1:1: missing key "name"'),
    "unknown key, one near": ("name: a\ncolor: red", '2:1: color: unknown key; did you mean "colour"?'),
    "underscored field": ("name: a\nform: 1s", '2:1: form: unknown key; did you mean "from"?'),
    "unknown key, none near": (
        "name: a\nwheels: [{x: 1}]",
        '2:11: wheels[0].x: unknown key (expected "size" or "fits")',
    ),
    "not a mapping": ("[1, 2]", "1:1: wrong type (got a list of 2 items; expected a mapping with "),
    "not text": ("name: 5", "1:7: name: wrong type (got 5; expected text)"),
    "not a list": ("name: a\nwheels: {}", "2:9: wheels: wrong type (got a mapping with 0 keys; expected a list)"),
    "empty list": (
        "name: a\nwheels: []",
        "2:9: wheels: too few items (got a list of 0 items; expected at least 1 item)",
    ),
    "short pair": ("name: a\npair: [1]", "2:7: pair: too few items (got a list of 1 item; expected 2 items)"),
    "long pair": (
        "name: a\npair: [1, 2, 3]",
        "2:7: pair: too many items (got a list of 3 items; expected at most 2 items)",
    ),
    "not whole": ("name: a\npair: [1.5, 2]", "2:8: pair[0]: wrong type (got 1.5; expected a whole number)"),
    "text for a number": ("name: a\npair: ['1', 2]", '2:8: pair[0]: wrong type (got "1"; expected a whole number)'),
    "number for a truth": ("name: a\nfast: 1", "2:7: fast: wrong type (got 1; expected true or false)"),
    "yes for a truth": ("name: a\nfast: yes", '2:7: fast: wrong type (got "yes"; expected true or false)'),
    "truth for a number": ("name: a\npair: [true, 2]", "2:8: pair[0]: wrong type (got true; expected a whole number)"),
    "null": ("name: a\nfast:", "2:6: fast: wrong type (got null; expected true or false)"),
    "too small": ("name: a\nwheels: [{size: 0}]", "2:17: wheels[0].size: too small (got 0; expected at least 1)"),
    "too large": ("name: a\nwheels: [{size: 10}]", "2:17: wheels[0].size: too large (got 10; expected at most 9)"),
    "zero": ("name: a\nengines: {v8: 0}", "2:15: engines.v8: too small (got 0; expected more than 0)"),
    "hundred": ("name: a\nengines: {v8: 100}", "2:15: engines.v8: too large (got 100; expected less than 100)"),
    "literal, one near": (
        "name: a\ncolour: gren",
        '2:9: colour: not one of the values allowed; did you mean "green"? (got "gren"; '
        'expected "red", "green" or "blue")',
    ),
    "literal, none near": (
        "name: a\ncolour: 5",
        '2:9: colour: not one of the values allowed (got 5; expected "red", "green" or "blue")',
    ),
    "literal key": (
        "name: a\nmoods: {clam: true}",
        '2:9: moods.clam: not one of the values allowed; did you mean "calm"? (got "clam"; expected "calm" or "angry")',
    ),
    "negative duration": (
        "name: a\nfrom: -5m",
        '2:7: from: wrong value (got "-5m"; expected a duration that is not negative)',
    ),
    "bare number for a duration": (
        "name: a\nfrom: 90",
        "2:7: from: wrong value (got 90; expected a duration such as 90s, 5m or 1h30m)",
    ),
    "endless duration": ("name: a\nfrom: 9999999w", '2:7: from: wrong value (got "9999999w"; expected at most 3660d)'),
    "no duration": ("name: a\nevery: 0s", '2:8: every: wrong value (got "0s"; expected a duration longer than 0s)'),
    "share": (
        "name: a\nshare: 101%",
        '2:8: share: wrong value (got "101%"; expected a share from 0 to 1, such as 0.15 or 15%)',
    ),
    "no offset": (
        "name: a\nat: 2025-08-09T14:00:00",
        '2:5: at: wrong value (got "2025-08-09T14:00:00"; '
        "expected a date and time with its UTC offset, such as 2025-08-09T14:00:00Z)",
    ),
    "no such day": (
        "name: a\nat: 2025-02-30T14:00:00Z",
        '2:5: at: wrong value (got "2025-02-30T14:00:00Z"; '
        "expected a date and time with its UTC offset, such as 2025-08-09T14:00:00Z)",
    ),
    "no such zone": (
        "name: a\nzone: Europe/Bärlin",
        '2:7: zone: wrong value (got "Europe/Bärlin"; expected a time zone such as UTC or Europe/Berlin)',
    ),
    "no such week": (
        "name: a\nweek: 2025-W53",
        '2:7: week: wrong value (got "2025-W53"; expected an ISO week such as 2025-W32, or a date such as 2025-08-06)',
    ),
    "no address": (
        "name: a\npage: www.a.example",
        '2:7: page: wrong value (got "www.a.example"; expected an address that begins with https:// or http://)',
    ),
    "unknown name, one near": (
        "name: a\nengines: {turbo: 1}\nwheels: [{fits: trubo}]",
        '3:17: wheels[0].fits: unknown engine or car "trubo"; did you mean "turbo"?',
    ),
    "unknown name, none near": (
        "name: a\nwheels: [{fits: zzz}]",
        '2:17: wheels[0].fits: unknown engine or car "zzz" (expected "a")',
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_value_is_told_with_its_place_and_what_was_expected(text: str, expected: str) -> None:
    found = problems_of(text)
    assert len(found) == 1
    assert found[0] == expected or (expected.endswith(" ") and found[0].startswith(expected))


def test_all_problems_are_told_at_once_names_included() -> None:
    text = "name: 1\nwheels:\n  - {size: x, fits: nothing}\n  - {siz: 1, fits: v6}\nengines: {v8: 1}\nfrom: soon\n"
    assert problems_of(text, car=()) == [
        "1:7: name: wrong type (got 1; expected text)",
        '3:12: wheels[0].size: wrong type (got "x"; expected a whole number)',
        '3:21: wheels[0].fits: unknown engine or car "nothing" (expected "v8")',
        '4:6: wheels[1].siz: unknown key; did you mean "size"?',
        '4:20: wheels[1].fits: unknown engine or car "v6" (expected "v8")',
        '6:7: from: wrong value (got "soon"; expected a duration such as 90s, 5m or 1h30m)',
    ]


def test_names_may_be_known_from_elsewhere() -> None:
    assert build_car("name: a\nwheels: [{fits: v12}]", engine=("v12",)).wheels[0].fits == "v12"


def test_names_whose_section_is_malformed_are_not_judged() -> None:
    assert problems_of("name: a\nwheels: [{fits: v8}]\nengines: [v8]") == [
        "3:10: engines: wrong type (got a list of 1 item; expected a mapping)"
    ]


def test_a_name_that_is_introduced_twice_is_told_with_the_first_place() -> None:
    @model
    class Fleet:
        cars: tuple[Car, ...]

    globals()["Fleet"] = Fleet
    with pytest.raises(InputError) as caught:
        build(Fleet, parse_document("cars:\n  - name: a\n  - name: a\n", "fleet.yaml"))
    assert str(caught.value) == 'fleet.yaml:3:11: cars[1].name: a second car is called "a" (the first: fleet.yaml:2)'
