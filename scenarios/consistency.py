"""What must hold between the parts of a file, beyond the type of each: read from the raw data, so that one malformed
value hides nothing else.

A check yields `Finding`s with paths relative to what it was given; anything of a wrong type is left to the schema.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, get_args

from scenarios.documents import Document
from scenarios.fields import format_duration, parse_duration, parse_instant
from scenarios.monitoring import Metric, ScrapeJob
from scenarios.organization import Latency, Organization, Service
from scenarios.people import Layer, Restriction, Schedule, Shift
from scenarios.problems import Problem, Steps, alternatives
from scenarios.scenario import Communication, Criteria, Effect, Expectation, Inject, Milestone, Scenario, Without
from scenarios.shapes import shape_of_model, walk

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
_ADDED_LABELS = ("job", "instance", "le")
_KEYS_OF_KINDS = {
    "buckets": ("latency",),
    "status_label": ("requests",),
    "status_names": ("requests",),
    "value": ("constant",),
}
"""The kinds of metrics that a key of theirs says something about."""
LASTING = ("error_ratio", "added_latency", "traffic", "capacity")
"""What an effect may bring along for a while."""
LONGEST_DRILL_MS = 7 * 86_400_000


class Finding(NamedTuple):
    """What is wrong between parts of a mapping, and where in it."""

    path: Steps
    message: str
    expected: str = ""
    at_key: bool = False


def check_models(model: type, document: Document) -> list[Problem]:
    """Problems inside single parts of a document (a latency, an inject), and between its parts."""
    problems = []
    for path, shape, value in walk(shape_of_model(model), document.data):
        check = _CHECKS.get(shape.model) if shape.model is not None else None
        if check is not None and isinstance(value, dict):
            for finding in check(value):
                at = (*path, *finding.path)
                problems.append(document.problem(at, finding.message, expected=finding.expected, at_key=finding.at_key))
    return problems


def check_against_organization(scenario: Document, organization: Document) -> list[Problem]:
    """Effects of mitigations that the organisation's services and catalogue do not allow."""
    problems = []
    for index, mitigation in enumerate(_items(scenario.data, "mitigations")):
        action, effect = mitigation.get("action"), mitigation.get("effect")
        if isinstance(action, str) and organization.at("actions", action, "kind") == "look":
            message = f'"{action}" only looks, so it cannot have an effect'
            path: Steps = ("mitigations", index, "action")
            problems.append(scenario.problem(path, message, expected="an action that changes something"))
        if not isinstance(effect, dict) or not isinstance(effect.get("service"), str):
            continue
        service, bypassed = effect["service"], effect.get("bypasses")
        if organization.at("services", service) is None:
            continue
        uses = list(_mapping(organization.at("services", service, "depends_on")))
        path = ("mitigations", index, "effect")
        if isinstance(bypassed, str) and bypassed not in uses and organization.at("services", bypassed) is not None:
            message = f'"{service}" does not depend on "{bypassed}"'
            expected = alternatives(uses) if uses else ""
            problems.append(scenario.problem((*path, "bypasses"), message, expected=expected))
        if "retries" in effect and not uses:
            problems.append(scenario.problem((*path, "retries"), f'"{service}" depends on nothing that it could retry'))
    return problems


def _latency(data: dict[str, Any]) -> Iterator[Finding]:
    known = [(key, value) for key in ("p50", "p95", "p99", "max") if (value := _ms(data, key)) is not None]
    for (lower, least), (upper, value) in itertools.pairwise(known):
        if value < least:
            got = f"(got {format_duration(value)}; expected at least {format_duration(least)})"
            yield Finding((upper,), f"{upper} is shorter than {lower} {got}")


def _service(data: dict[str, Any]) -> Iterator[Finding]:
    if data.get("user_facing") is True and data.get("objective") is None:
        yield Finding(("user_facing",), "a user-facing service needs an objective")


def _metric(data: dict[str, Any]) -> Iterator[Finding]:
    name, buckets = data.get("name"), data.get("buckets")
    if isinstance(name, str) and not _METRIC_NAME.match(name):
        yield Finding(("name",), f'"{name}" cannot be the name of a metric', "letters, digits, _ and :")
    yield from _labels(("labels",), data.get("labels"))
    kind = data.get("kind")
    if kind == "latency" and not buckets:
        yield Finding((), "a latency metric needs buckets", "upper bounds in seconds such as [0.5, 1, 2, 5]")
    for key, kinds in _KEYS_OF_KINDS.items():
        if data.get(key) and kind not in kinds:
            yield Finding((key,), f"only a metric of kind {' or '.join(kinds)} has {key}", at_key=True)
    if isinstance(buckets, list) and all(isinstance(bound, int | float) for bound in buckets):
        for index, (lower, upper) in enumerate(itertools.pairwise(buckets)):
            if upper <= lower:
                message = f"the bounds do not ascend (got {upper} after {lower})"
                yield Finding(("buckets", index + 1), message)


def _labels(path: tuple[str, ...], labels: object) -> Iterator[Finding]:
    for label in _mapping(labels):
        if label in _ADDED_LABELS:
            yield Finding((*path, label), f'the label "{label}" is set by the scrape', at_key=True)
        elif not _LABEL_NAME.match(label):
            message = f'"{label}" cannot be the name of a label'
            yield Finding((*path, label), message, "letters, digits and _", at_key=True)


def _job(data: dict[str, Any]) -> Iterator[Finding]:
    yield from _labels(("labels",), data.get("labels"))
    further = data.get("instance_labels")
    for index, label in enumerate(further if isinstance(further, list) else ()):
        if label in _ADDED_LABELS or label in _mapping(data.get("labels")):
            yield Finding(("instance_labels", index), f'the label "{label}" is set already')
        elif isinstance(label, str) and not _LABEL_NAME.match(label):
            yield Finding(
                ("instance_labels", index), f'"{label}" cannot be the name of a label', "letters, digits and _"
            )
    seen: set[tuple[object, str]] = set()
    for index, metric in enumerate(_items(data, "metrics")):
        known = (metric.get("name"), str(sorted(_mapping(metric.get("labels")).items())))
        if known in seen:
            yield Finding(("metrics", index, "name"), f'a second metric is called "{metric.get("name")}"')
        seen.add(known)


def _organization(data: dict[str, Any]) -> Iterator[Finding]:
    services = _mapping(data.get("services"))
    if services and not any(_mapping(service).get("user_facing") is True for service in services.values()):
        yield Finding(("services",), "no service is user-facing, so nothing could be an impact", at_key=True)
    uses = {name: list(_mapping(_mapping(service).get("depends_on"))) for name, service in services.items()}
    yield from _cycles(uses)
    match data.get("day"):
        case [int() as first, int() as last] if not 0 <= first < last <= 24:
            yield Finding(
                ("day",), f"not the hours of a day (got {first} to {last}; expected two of 0 to 24 that ascend)"
            )
    people = _mapping(data.get("people"))
    for name in _mapping(data.get("schedules")):
        if name in people:
            message = f'"{name}" is also a person, so nobody can tell which is meant'
            yield Finding(("schedules", name), message, at_key=True)
    seen: set[str] = set()
    for index, job in enumerate(_items(data.get("monitoring"), "jobs")):
        title = job.get("job")
        if isinstance(title, str) and title in seen:
            yield Finding(("monitoring", "jobs", index, "job"), f'a second job is called "{title}"')
        elif isinstance(title, str):
            seen.add(title)


def _layer(data: dict[str, Any]) -> Iterator[Finding]:
    ways = [key for key in ("rotation", "shifts", "ical") if data.get(key) not in (None, [])]
    if len(ways) != 1 and data.get("rotation") != []:  # of an empty rotation the schema tells
        told = f"{' and '.join(ways)} are given together" if ways else "nothing says who is on call"
        yield Finding((), told, "one of rotation, shifts and ical")
    if "rotation" in ways and data.get("since") is None:
        yield Finding((), 'missing key "since"')
    for key in ("since", "turn", "handoff"):
        if key in data and ways in (["shifts"], ["ical"]):
            yield Finding((key,), f"only a rotation has {key}", at_key=True)
    turn = _ms(data, "turn")
    if turn is not None and turn % 3_600_000:
        yield Finding(("turn",), f"not whole hours (got {format_duration(turn)}; expected such as 12h, 1d or 2w)")
    if data.get("handoff") == "24:00":
        yield Finding(("handoff",), "24:00 is the next day's 00:00", "a time of day up to 23:59")


def _restriction(data: dict[str, Any]) -> Iterator[Finding]:
    if data.get("from") == "24:00":
        yield Finding(("from",), "24:00 is the next day's 00:00", "a time of day up to 23:59")


def _shift(data: dict[str, Any]) -> Iterator[Finding]:
    start, end = _instant(data, "from"), _instant(data, "to")
    for key, moment in (("from", start), ("to", end)):
        if moment is not None and moment.microsecond:
            yield Finding((key,), "on call changes on whole seconds")
    if start is not None and end is not None and end <= start:
        yield Finding(("to",), f"ends before it begins, or at once (from {data['from']} to {data['to']})")


def _cycles(uses: dict[str, list[str]]) -> Iterator[Finding]:
    """Each way by which a service depends on itself, told once, at the dependency that closes it."""
    finished: set[str] = set()
    for start, first in uses.items():
        way: dict[str, Iterator[str]] = {} if start in finished else {start: iter(first)}
        while way:
            name = next(reversed(way))
            following = next((other for other in way[name] if other in uses and other not in finished), "")
            if not following:
                finished.add(name)
                del way[name]
            elif following in way:
                circle = [*itertools.dropwhile(lambda step: step != following, way), following]  # noqa: B023
                message = f"services depend on each other in a circle: {' -> '.join(circle)}"
                yield Finding(("services", name, "depends_on", following), message, at_key=True)
            else:
                way[following] = iter(uses[following])


def _scenario(data: dict[str, Any]) -> Iterator[Finding]:
    duration = _ms(data, "duration")
    if duration is None:
        return
    if duration > LONGEST_DRILL_MS:
        yield Finding(("duration",), "a drill of more than a week", "at most 7d")
    for index, fault in enumerate(_items(data, "faults")):
        at, length = _ms(fault, "at"), _ms(fault, "for")
        if at is not None and at >= duration:
            yield Finding(("faults", index, "at"), f"begins when the drill is over, at {format_duration(duration)}")
        elif at is not None and length is not None and at + length > duration:
            message = (
                f"ends at {format_duration(at + length)}, after the drill, which ends at {format_duration(duration)}"
            )
            yield Finding(("faults", index, "for"), message, f"at most {format_duration(duration - at)}")
    for index, inject in enumerate(_items(data, "injects")):
        for path in (("at",), ("timeout",), ("without", "by"), ("when", "after")):
            at = _ms(_mapping(inject.get(path[0])) if path[1:] else inject, path[-1])
            if at is not None and at >= duration:
                message = f"is given when the drill is over, at {format_duration(duration)}"
                yield Finding(("injects", index, *path), message)
        if _mapping(inject.get("when")).get("milestone") == "mitigated" and not _cures(data):
            yield Finding(("injects", index, "when"), "is never given: no action of this scenario cures anything")


TRIGGERS = ("at", "when", "when_any", "when_all", "without")


def _cures(data: dict[str, Any]) -> bool:
    """Whether any action of the scenario helps."""
    return any(mitigation.get("harmful") is not True for mitigation in _items(data, "mitigations"))


def _inject(data: dict[str, Any]) -> Iterator[Finding]:
    given = [key for key in TRIGGERS if data.get(key) not in (None, [])]
    if len(given) != 1:
        told = f"{' and '.join(given)} are given together" if given else "nothing says when it is given"
        yield Finding((), told, f"one of {alternatives(TRIGGERS)}")
    until = _ms(data, "until")
    for key in ("at", "timeout"):
        moment = _ms(data, key)
        if moment is not None and until is not None and moment > until:
            yield Finding((key,), f"comes after until, at {format_duration(until)}, so that it is never given then")
    if data.get("timeout") is not None and given in (["at"], ["without"]):
        yield Finding(("timeout",), f"an inject with {given[0]} waits for nothing", at_key=True)
    if data.get("probability") in (0, 0.0, "0%"):
        yield Finding(("probability",), "never given")


def _without(data: dict[str, Any]) -> Iterator[Finding]:
    if (data.get("milestone") is None) == (data.get("action") is None):
        yield Finding((), "needs either a milestone or an action")


def _effect(data: dict[str, Any]) -> Iterator[Finding]:
    changes = ("bypasses", "retries", "ends_fault", *LASTING)
    if all(data.get(key) is None for key in changes):
        yield Finding((), "an effect that changes nothing", f"one of {alternatives(changes)}")
    if data.get("lasts") is not None and all(data.get(key) is None for key in LASTING):
        yield Finding(("lasts",), "nothing that could end", f"{alternatives(LASTING)} beside it", at_key=True)


def _criteria(data: dict[str, Any]) -> Iterator[Finding]:
    known = list(shape_of_model(Criteria).fields)
    if all(data.get(key) is None for key in known):
        yield Finding((), "there is no criterion", f"at least one of {alternatives(known)}")
    order = get_args(Milestone)
    for target in known:
        start = _mapping(data.get(target)).get("from", "impact")
        if target in order and start in order and order.index(start) >= order.index(target):
            earlier = alternatives(order[: order.index(target)])
            yield Finding((target, "from"), f'"{start}" does not come before "{target}"', earlier)


def _communication(data: dict[str, Any]) -> Iterator[Finding]:
    if all(data.get(key) is None for key in ("internal_every", "customers_within")):
        yield Finding((), "limits nothing", "internal_every, customers_within or both")


def _expectation(data: dict[str, Any]) -> Iterator[Finding]:
    if all(value is None for value in data.values()):
        yield Finding((), "expects nothing", alternatives(shape_of_model(Expectation).fields))


_CHECKS: dict[type, Callable[[dict[str, Any]], Iterator[Finding]]] = {
    Latency: _latency,
    Service: _service,
    Metric: _metric,
    ScrapeJob: _job,
    Organization: _organization,
    Scenario: _scenario,
    Inject: _inject,
    Without: _without,
    Effect: _effect,
    Criteria: _criteria,
    Layer: _layer,
    Schedule: _layer,
    Restriction: _restriction,
    Shift: _shift,
    Communication: _communication,
    Expectation: _expectation,
}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(data: Any, key: str) -> list[dict[str, Any]]:
    """The mappings of a list, others as empty ones so that indexes stay true."""
    value = _mapping(data).get(key)
    return [_mapping(item) for item in value] if isinstance(value, list) else []


def _ms(data: dict[str, Any], key: str) -> int | None:
    """A duration that is there and well-formed."""
    try:
        return parse_duration(data.get(key))
    except ValueError:
        return None


def _instant(data: dict[str, Any], key: str) -> datetime | None:
    """The same for a date and time."""
    try:
        return parse_instant(data.get(key))
    except ValueError:
        return None
