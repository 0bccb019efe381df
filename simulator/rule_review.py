"""What can be said of alert rules without any series: which cannot page in time, reach nobody, or repeat each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from simulator.alertmanager.routing import Routing
from simulator.promql.scanner import tokens
from simulator.rules import AlertRule, RuleGroup
from simulator.rules.durations import go_duration

Kind = Literal["too late", "reaches nobody", "duplicate", "contradiction"]


class Remark(NamedTuple):
    """Something wrong with an alert rule, and where that stands."""

    place: str
    alert: str
    kind: Kind
    message: str


def review(groups: Sequence[RuleGroup], detect_ms: int | None, routing: Routing | None) -> list[Remark]:
    """Everything that is wrong with the alert rules, in their order.

    `detect_ms` is within what time an alert has to page from the moment at which the trouble begins.
    """
    remarks: list[Remark] = []
    alerts = [(group, rule) for group in groups for rule in group.rules if isinstance(rule, AlertRule)]
    known: dict[tuple[str, tuple[str, ...]], list[AlertRule]] = {}
    for group, rule in alerts:
        remarks += _timing(group, rule, detect_ms, routing)
        if routing is not None:
            remarks += _reach(rule, routing)
        earlier = known.setdefault((rule.name, _words(rule)), [])
        remarks += (remark for other in earlier for remark in _compared(rule, other))
        earlier.append(rule)
    return remarks


def soonest_ms(group: RuleGroup, rule: AlertRule, routing: Routing | None) -> list[tuple[str, int]]:
    """What delays a page although everything goes as fast as it can: the parts, in ms.

    The trouble is scraped and evaluated as soon as it begins; `for` ends at an evaluation, and the alert is the first
    of its group.
    """
    held_ms = -(-rule.for_ms // group.interval_ms) * group.interval_ms
    parts = [("for", held_ms)]
    if routing is not None:
        waits = [route.group_wait for route in routing.routes(_certain(rule)) if route.receiver not in routing.silent]
        parts.append(("group wait", min(waits, default=0)))
    return parts


def _timing(group: RuleGroup, rule: AlertRule, detect_ms: int | None, routing: Routing | None) -> list[Remark]:
    parts = soonest_ms(group, rule, routing)
    total_ms = sum(length for _, length in parts)
    # No trouble shows before the next scrape, so an alert that takes the whole time by itself is late.
    if detect_ms is None or total_ms < detect_ms:
        return []
    shown = " + ".join(f"{name} {go_duration(length)}" for name, length in parts if length)
    message = f"pages later than {go_duration(total_ms)} after the trouble begins, whatever happens ({shown})"
    return [Remark(rule.place, rule.name, "too late", f"{message}; at most {go_duration(detect_ms)} is asked for")]


def _reach(rule: AlertRule, routing: Routing) -> list[Remark]:
    routes = routing.routes(_certain(rule))
    if any(route.receiver not in routing.silent for route in routes):
        return []
    taken = " and ".join(f'"{route.receiver}" ({route.place})' for route in routes)
    return [Remark(rule.place, rule.name, "reaches nobody", f"goes to {taken}, which has nowhere to send to")]


def _certain(rule: AlertRule) -> dict[str, str]:
    """The labels that every alert of a rule has."""
    fixed = {name: template.text for name, template in rule.labels.items() if template.is_fixed}
    return {**fixed, "alertname": rule.name}


def _words(rule: AlertRule) -> tuple[str, ...]:
    """The expression without white space and comments."""
    return tuple(word.text for word in tokens(rule.expression.text))


def _compared(rule: AlertRule, other: AlertRule) -> list[Remark]:
    """What two rules of one name and one expression have to do with each other."""
    labels, others = ({name: template.text for name, template in one.labels.items()} for one in (rule, other))
    differing = sorted(name for name in {*labels, *others} if labels.get(name) != others.get(name))
    if differing and rule.for_ms == other.for_ms:
        # The same condition under other labels is a way of telling two teams; with one severity it is none.
        if differing != ["severity"]:
            return []
        message = f'severity is "{labels.get("severity", "")}" here and "{others.get("severity", "")}" at {other.place}'
        return [Remark(rule.place, rule.name, "contradiction", message)]
    if differing:
        return []
    if rule.for_ms != other.for_ms:
        message = f"for is {go_duration(rule.for_ms)} here and {go_duration(other.for_ms)} at {other.place}"
        return [Remark(rule.place, rule.name, "contradiction", message)]
    return [Remark(rule.place, rule.name, "duplicate", f"the same rule as at {other.place}")]
