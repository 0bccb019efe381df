"""Gives the exercise's messages: at a time, after milestones, where something has not been done, or by chance."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from scenarios.scenario import Inject, When

if TYPE_CHECKING:
    from simulator.world import World

EVERYBODY = "everybody"
Steps = Generator[simpy.Event, Any, None]


class Injects:
    """The messages that are still to come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._given: set[str] = set()
        self._done: set[str] = set()
        """Milestones and actions that have been."""
        self._met: dict[str, set[int]] = {}
        """Which of the moments that an inject waits for have come."""
        chances = world.draws
        self._waiting = [
            inject
            for inject in world.scenario.injects
            if inject.probability >= 1 or chances.uniform("inject", inject.id) < inject.probability
        ]
        for inject in self._waiting:
            for at_ms in (inject.at, inject.timeout):
                if at_ms is not None:
                    world.env.process(self._give(inject, at_ms, 0))
            if inject.without is not None:
                world.env.process(self._give(inject, inject.without.by, 0, unless=True))

    def happened(self, name: str, record: int) -> None:
        """A milestone was reached, or an action of the catalogue was begun."""
        self._done.add(name)
        for inject in self._waiting:
            for place, moment in enumerate(moments(inject)):
                if moment.milestone == name:
                    self._world.env.process(self._meet(inject, place, moment.after, record))

    def _meet(self, inject: Inject, place: int, after_ms: int, record: int) -> Steps:
        """One of the moments that an inject waits for has come; some wait for all of theirs."""
        yield self._world.env.timeout(after_ms)
        met = self._met.setdefault(inject.id, set())
        met.add(place)
        if not inject.when_all or len(met) == len(inject.when_all):
            self._hand_over(inject, record)

    def _give(self, inject: Inject, after_ms: int, because: int, unless: bool = False) -> Steps:
        yield self._world.env.timeout(after_ms)
        without = inject.without
        if not unless or without is None or not {without.milestone, without.action} & self._done:
            self._hand_over(inject, because)

    def _hand_over(self, inject: Inject, because: int) -> None:
        late = inject.until is not None and self._world.now > inject.until
        if inject.id not in self._given and not late:
            self._given.add(inject.id)
            self._world.emit("inject_given", because, inject=inject.id, to=inject.to or EVERYBODY, says=inject.says)


def moments(inject: Inject) -> tuple[When, ...]:
    """The moments relative to milestones that an inject waits for."""
    return (*((inject.when,) if inject.when is not None else ()), *inject.when_any, *inject.when_all)
