"""Alertmanager as part of the world: the alerts that fire are grouped, held back, repeated, and told to receivers."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy
from simpy.events import EventPriority

from scenarios.monitoring import Monitoring
from simulator.alertmanager.routing import Route, Routing

if TYPE_CHECKING:
    from simulator.promql.series import Labels
    from simulator.rules import Transition
    from simulator.world import World

BEHIND = EventPriority(2)
"""A priority behind those that SimPy itself gives to events of the same moment, 0 and 1."""

Steps = Generator[simpy.Event, Any, None]

_EVERYBODY = "default"
"""The only receiver, and the escalation policy that it pages, where no file says more."""


def single_route(settings: Monitoring) -> Routing:
    """The routing of an organisation without an ``alertmanager.yml``: one route for every alert."""
    route = Route(
        _EVERYBODY,
        group_by=settings.group_by,
        group_wait=settings.group_wait,
        group_interval=settings.group_interval,
        repeat_interval=settings.repeat_interval,
    )
    return Routing(route, (_EVERYBODY,), frozenset(), (), {})


def policies(settings: Monitoring) -> Mapping[str, str]:
    """The escalation policy of each receiver."""
    return settings.receivers if settings.alertmanager_file is not None else {_EVERYBODY: _EVERYBODY}


class _After(simpy.Event):
    """A timeout that comes behind everything else of its millisecond.

    The wait of a group is often a whole number of evaluations: what these find is known before the group is told of.
    """

    def __init__(self, env: simpy.Environment, delay_ms: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, priority=BEHIND, delay=delay_ms)


class _Firing(NamedTuple):
    transition: Transition
    record: int


class _Group:
    """Alerts that are told together."""

    __slots__ = ("alerts", "policy", "route")

    def __init__(self, route: Route, policy: str) -> None:
        self.route = route
        self.policy = policy
        self.alerts: dict[Labels, _Firing] = {}


class Notification:
    """Alertmanager's timing: a new group waits, further alerts of it wait for its interval, and all are repeated.

    An alert that resolves while its group waits is never sent, nor one that is inhibited or muted at the moment of
    sending. The repeat interval is looked at only when the group interval has passed, so it rounds up to a multiple of
    that. Groups of receivers that page nobody are left out.
    """

    def __init__(self, world: World, routing: Routing) -> None:
        self._world, self._routing = world, routing
        self._policies = policies(world.organization.monitoring)
        self._named = world.organization.monitoring.alertmanager_file is not None
        self._firing: dict[Labels, Mapping[str, str]] = {}
        self._groups: dict[tuple[Route, tuple[tuple[str, str], ...]], _Group] = {}
        self._groups_of: dict[Labels, list[_Group]] = {}

    @property
    def firing(self) -> bool:
        """Whether any alert fires, whoever is told of it."""
        return bool(self._firing)

    def fired(self, transition: Transition, record: int) -> None:
        """An alert fires: it joins its group, which begins to wait if it is new; in each of its routes."""
        labels = self._firing[transition.labels] = dict(transition.labels)
        joined = self._groups_of[transition.labels] = []
        for route, policy in self._routing.paging(labels, self._policies):
            key = (route, route.group(labels))
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = _Group(route, policy)
                self._world.env.process(self._run(key, group))
            group.alerts[transition.labels] = _Firing(transition, record)
            joined.append(group)

    def resolved(self, transition: Transition) -> None:
        """An alert is no longer firing."""
        self._firing.pop(transition.labels, None)
        for group in self._groups_of.pop(transition.labels, ()):
            group.alerts.pop(transition.labels, None)

    def _run(self, key: tuple[Route, tuple[tuple[str, str], ...]], group: _Group) -> Steps:
        env, route = self._world.env, group.route
        sent_ms = 0
        sent: frozenset[Labels] = frozenset()
        yield _After(env, route.group_wait)
        while group.alerts:
            told = self._told(group)
            repeats = self._world.now - sent_ms >= route.repeat_interval
            ended = not sent.issubset(group.alerts)  # That is told too, but it is no news of trouble.
            if told is not None and (ended or repeats or not sent.issuperset(told)):
                if repeats or not sent.issuperset(told):
                    for firing in told.values():
                        self._notify(firing, group)
                sent, sent_ms = frozenset(told), self._world.now
            yield _After(env, route.group_interval)
        del self._groups[key]

    def _told(self, group: _Group) -> dict[Labels, _Firing] | None:
        """The alerts of a group that nothing holds back now; None if its route is muted."""
        if self._routing.intervals and self._routing.muted(group.route, self._calendar):
            return None
        if not self._routing.inhibitions:
            return dict(group.alerts)
        firing = list(self._firing.values())
        return {
            labels: one for labels, one in group.alerts.items() if not self._routing.inhibited(dict(labels), firing)
        }

    @property
    def _calendar(self) -> datetime:
        return self._world.scenario.starts_at + timedelta(milliseconds=self._world.now)

    def _notify(self, firing: _Firing, group: _Group) -> None:
        transition = firing.transition
        labels, annotations = dict(transition.labels), transition.annotations()
        way = {"receiver": group.route.receiver, "policy": group.policy} if self._named else {}
        self._world.emit(
            "alert_notified",
            firing.record,
            alert=transition.alert,
            labels=labels,
            severity=labels.get("severity"),
            summary=annotations.get("summary", transition.alert),
            **way,
        )
