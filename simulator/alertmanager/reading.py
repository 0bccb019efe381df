"""Reads an unmodified ``alertmanager.yml``; what does not bear on who is told when is passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from scenarios.problems import InputError, Problem, did_you_mean
from simulator.alertmanager.routing import Inhibition, Interval, Range, Route, Routing
from simulator.promql.errors import PromqlError
from simulator.promql.series import Matcher
from simulator.rules.durations import parse_prometheus_duration

if TYPE_CHECKING:
    from scenarios.documents import Document, Steps

_FILE_KEYS = (
    *("global", "templates", "route", "receivers", "inhibit_rules", "mute_time_intervals", "time_intervals"),
    "tracing",
)
_ROUTE_KEYS = (
    *("receiver", "group_by", "continue", "match", "match_re", "matchers", "group_wait", "group_interval"),
    *("repeat_interval", "mute_time_intervals", "active_time_intervals", "routes"),
)
_INHIBITION_KEYS = (
    *("source_match", "source_match_re", "source_matchers", "target_match", "target_match_re", "target_matchers"),
    *("equal", "name"),
)
_INTERVAL_KEYS = ("times", "weekdays", "days_of_month", "months", "years", "location")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MATCHER = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s=!~"{},]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^",{}]*?)\s*(?:,|$)')
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def read_alertmanager(document: Document) -> Routing:
    """The routing of a configuration, read with its scalars as written; InputError says everything that is wrong."""
    reader = _Reader(document)
    routing = reader.read()
    if reader.problems:
        raise InputError(reader.problems)
    return routing


class _Reader:
    """Reads one file; goes on after each problem."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []
        self._receivers: list[str] = []
        self._intervals: dict[str, tuple[Interval, ...]] = {}

    def read(self) -> Routing:
        data = self._mapping((), _FILE_KEYS)
        silent = set()
        for path in self._places(("receivers",)):
            receiver = self._mapping(path, None)
            name = self._text((*path, "name"))
            if not any(receiver.get(key) for key in receiver if key != "name"):
                silent.add(name)
            self._receivers.append(name)
        for key in ("mute_time_intervals", "time_intervals"):
            for path in self._places((key,)):
                places = self._places((*path, "time_intervals"))
                self._intervals[self._text((*path, "name"))] = tuple(self._interval(place) for place in places)
        if not isinstance(data.get("route"), dict):
            self._problem(("route",), "route is missing", expected="the root of the routes")
            root = Route("")
        else:
            root = self._route(("route",), Route(""))
            if not root.receiver:
                self._problem(("route",), "the root route has no receiver")
            if root.matchers:
                self._problem(("route",), "the root route must match everything")
        inhibitions = tuple(self._inhibition(path) for path in self._places(("inhibit_rules",)))
        return Routing(root, tuple(self._receivers), frozenset(silent), inhibitions, self._intervals)

    def _route(self, path: Steps, above: Route) -> Route:
        data = self._mapping(path, _ROUTE_KEYS)
        receiver = self._text((*path, "receiver")) or above.receiver
        if receiver and receiver not in self._receivers:
            message = f"no receiver of this name{did_you_mean(receiver, self._receivers)}"
            self._problem((*path, "receiver"), message, receiver)
        names = self._texts((*path, "group_by"))
        own = Route(
            receiver=receiver,
            matchers=self._matchers(path, ""),
            goes_on=str(data.get("continue")).lower() == "true",
            group_by=(None if "..." in names else tuple(names)) if "group_by" in data else above.group_by,
            group_wait=self._duration((*path, "group_wait"), above.group_wait),
            group_interval=self._duration((*path, "group_interval"), above.group_interval),
            repeat_interval=self._duration((*path, "repeat_interval"), above.repeat_interval),
            mute=self._interval_names((*path, "mute_time_intervals")),
            active=self._interval_names((*path, "active_time_intervals")),
            place="{}:{}".format(*self._document.place(path)[:2]),
        )
        below = tuple(self._route(place, own) for place in self._places((*path, "routes")))
        return Route(**{**vars(own), "routes": below})

    def _inhibition(self, path: Steps) -> Inhibition:
        self._mapping(path, _INHIBITION_KEYS)
        return Inhibition(
            source=self._matchers(path, "source_"),
            target=self._matchers(path, "target_"),
            equal=tuple(self._texts((*path, "equal"))),
        )

    def _matchers(self, path: Steps, prefix: str) -> tuple[Matcher, ...]:
        """The matchers of a route or of one side of an inhibition, in the new and the two old ways of writing them."""
        found: list[Matcher] = []
        for key, operator in (("match", "="), ("match_re", "=~")):
            data = self._document.at(*path, prefix + key)
            for name in data if isinstance(data, dict) else ():
                found += self._matcher((*path, prefix + key, name), name, operator)
        for place in self._places((*path, f"{prefix}matchers")):
            text = self._text(place).strip()
            inner = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
            at = 0
            while at < len(inner):
                match = _MATCHER.match(inner, at)
                if match is None or match.end() == at:
                    self._problem(place, "not a matcher", text, 'one such as severity="page"')
                    break
                name, operator, value = match.groups()
                found += self._matcher(place, _unquoted(name), operator, _unquoted(value))
                at = match.end()
        return tuple(found)

    def _matcher(self, path: Steps, name: str, operator: str, value: str | None = None) -> list[Matcher]:
        value = self._text(path) if value is None else value
        try:
            return [Matcher(name, operator, value, dot_matches_newline=False)]
        except PromqlError as error:
            self._problem(path, str(error))
            return []

    def _interval(self, path: Steps) -> Interval:
        self._mapping(path, _INTERVAL_KEYS)
        location = self._text((*path, "location")) or "UTC"
        try:
            ZoneInfo(location)
        except (KeyError, ValueError, OSError):
            self._problem((*path, "location"), "not a time zone", location)
            location = "UTC"
        times = []
        for place in self._places((*path, "times")):
            times.append((self._minute((*place, "start_time")), self._minute((*place, "end_time"))))
        return Interval(
            times=tuple(times),
            weekdays=self._ranges((*path, "weekdays"), {name: place for place, name in enumerate(_WEEKDAYS)}),
            days_of_month=self._ranges((*path, "days_of_month"), {}),
            months=self._ranges((*path, "months"), {name: place for place, name in enumerate(_MONTHS, start=1)}),
            years=self._ranges((*path, "years"), {}),
            location=location,
        )

    def _minute(self, path: Steps) -> int:
        text = self._text(path)
        match = _TIME.fullmatch(text)
        if match is None:
            self._problem(path, "not a time of day", text, "one such as 09:30")
            return 0
        return int(match[1]) * 60 + int(match[2])

    def _ranges(self, path: Steps, names: Mapping[str, int]) -> tuple[Range, ...]:
        found = []
        for place in self._places(path):
            text = self._text(place).lower()
            try:
                ends = [names[end] if end in names else int(end) for end in text.split(":")]
                first, last = ends if len(ends) == 2 else (ends[0], ends[0])
            except (ValueError, IndexError):
                self._problem(place, "not a range", text, "one value, or two with a colon between them")
                continue
            found.append((first, last))
        return tuple(found)

    def _interval_names(self, path: Steps) -> tuple[str, ...]:
        names = tuple(self._texts(path))
        for name in names:
            if name not in self._intervals:
                self._problem(path, "no time interval of this name", name)
        return tuple(name for name in names if name in self._intervals)

    def _duration(self, path: Steps, default_ms: int) -> int:
        text = self._text(path)
        if not text:
            return default_ms
        try:
            return parse_prometheus_duration(text)
        except ValueError as error:
            self._problem(path, "not a duration", text, str(error).removeprefix("expected "))
            return default_ms

    def _text(self, path: Steps) -> str:
        value = self._document.at(*path)
        if isinstance(value, dict | list):
            self._problem(path, "wrong type", value, "text")
            return ""
        return self._document.raw(path)

    def _texts(self, path: Steps) -> list[str]:
        return [self._text(place) for place in self._places(path)]

    def _places(self, path: Steps) -> Iterable[Steps]:
        value = self._document.at(*path)
        if value is not None and not isinstance(value, list):
            self._problem(path, "wrong type", value, "a list")
        return [(*path, index) for index in range(len(value))] if isinstance(value, list) else []

    def _mapping(self, path: Steps, known: Iterable[str] | None) -> Mapping[str, Any]:
        value = self._document.at(*path)
        if not isinstance(value, dict):
            self._problem(path, "wrong type", value, "a mapping")
            return {}
        for key in value:
            if known is not None and key not in known:
                self._problem((*path, key), f'unknown key "{key}"{did_you_mean(key, known)}')
        return value

    def _problem(self, path: Steps, message: str, got: Any = None, expected: str = "") -> None:
        shown = {} if got is None else {"got": got}
        self.problems.append(self._document.problem(path, message, expected=expected, **shown))


def _unquoted(text: str) -> str:
    if text[:1] != '"':
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
