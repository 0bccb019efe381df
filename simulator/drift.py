"""Changes of the world that nobody makes: lines that drain, breakers that open, caches that are warm again."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

if TYPE_CHECKING:
    from simulator.world import World

Steps = Generator[simpy.Event, Any, None]


class Drift:
    """Tells the world whenever its course comes to another piece by itself."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._process = world.env.process(self._run()) if world.flow.dynamic else None

    def course_changed(self) -> None:
        """Somebody has changed the system now: what will come by itself has to be looked at anew."""
        if self._process is not None and self._process.is_alive:
            self._process.interrupt()
        elif self._process is not None:
            self._process = self._world.env.process(self._run())

    def _run(self) -> Steps:
        world = self._world
        while True:
            index = world.course.index(world.now) + 1
            if index >= len(world.course.pieces):
                return
            try:
                yield world.env.timeout(world.course.pieces[index].start_ms - world.now)
            except simpy.Interrupt:
                continue
            world.drifted()
