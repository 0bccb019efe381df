"""The course of a drill's world: which solution of the dependency graph holds when.

What faults will do is settled by the seed before the drill begins; what responders do is not. So the course is known
ahead for as long as nobody intervenes, and an intervention cuts it off and draws the rest anew. That is what lets
telemetry be computed by long stretches instead of tick by tick.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scenarios.fault import Fault
from scenarios.organization import Organization
from simulator.dynamics.evolution import STEP_MS, Memory
from simulator.dynamics.settling import Standing
from simulator.faults import Change
from simulator.faults.course import levels, worst
from simulator.flow import HEALTHY, Flow, Modifications, ServiceState, Solution
from simulator.randomness import Draws

NOTHING = Memory()


class Turn(NamedTuple):
    """A moment at which a fault changes."""

    at_ms: int
    fault: Fault
    level: str
    """Name of the level that begins; empty when the fault ends."""
    change: Change | None
    first: bool


class Piece(NamedTuple):
    """A stretch of time with one solution: from `start_ms` to the next piece."""

    start_ms: int
    solution: Solution


class Course:
    """Pieces in order of time, from long ago to the end of the faults' plans."""

    def __init__(self, flow: Flow, faults: Sequence[Fault], draws: Draws, until_ms: int = 0) -> None:
        """`until_ms` is how far lines, breakers and the like are followed beyond the faults' plans."""
        self.flow = flow
        self._until_ms = until_ms
        self._memories: list[tuple[int, Memory]] = []
        """What the past has left behind, where that matters: (from when, what), in order of time."""
        self.faults = {fault.id: fault for fault in faults}
        self.turns = sorted(
            (turn for fault in faults for turn in _turns(fault, flow.organization, draws)),
            key=lambda turn: (turn.at_ms, turn.fault.id),
        )
        self.modifications = Modifications()
        self.ended: frozenset[str] = frozenset()
        """Faults that a responder has ended before their time."""
        self.pieces: list[Piece] = []
        self._starts: list[int] = []
        self._spells: dict[str, tuple[list[int], list[ServiceState]]] = {}
        self._known: dict[object, Solution] = {}
        """Solutions under the present modifications, by what the faults do."""
        self._plan(None)

    def at(self, now_ms: int) -> Solution:
        """The solution that holds at a moment; a piece includes its start."""
        return self.pieces[self.index(now_ms)].solution

    def index(self, now_ms: int) -> int:
        """The index of the piece that holds at a moment."""
        return max(0, bisect_right(self._starts, now_ms) - 1)

    def between(self, from_ms: int, to_ms: int) -> Iterator[tuple[int, int, Solution]]:
        """The pieces of a stretch of time, cut to it: from, to, and the solution that holds."""
        for index in range(self.index(from_ms), len(self.pieces)):
            start_ms = max(from_ms, self.pieces[index].start_ms)
            end_ms = min(to_ms, self.pieces[index + 1].start_ms if index + 1 < len(self.pieces) else to_ms)
            if start_ms >= to_ms:
                return
            yield start_ms, end_ms, self.pieces[index].solution

    def spells(self, service: str, from_ms: int, to_ms: int) -> list[tuple[int, ServiceState]]:
        """How one service is over a stretch of time: when each spell of the same state begins, and the state."""
        starts, states = self._all_spells(service)
        first, beyond = bisect_right(starts, from_ms) - 1, bisect_left(starts, to_ms)
        if from_ms >= to_ms:
            return []
        first = max(first, 0)
        return [(max(from_ms, starts[index]), states[index]) for index in range(first, beyond)]

    def _all_spells(self, service: str) -> tuple[list[int], list[ServiceState]]:
        """When each spell of the service begins, and its state, over the whole course as it is planned now."""
        found = self._spells.get(service)
        if found is None:
            starts: list[int] = []
            states: list[ServiceState] = []
            for start_ms, solution in self.pieces:
                state = solution.states[service]
                if not states or state != states[-1]:  # Most changes of the world are none to this service.
                    starts.append(start_ms)
                    states.append(state)
            found = self._spells[service] = (starts, states)
        return found

    def modify(self, now_ms: int, modifications: Modifications, ended: frozenset[str]) -> None:
        """Somebody changes the system now: the past stays, the rest is drawn anew."""
        self.modifications, self.ended = modifications, ended
        self._known = {}
        self._plan(now_ms)

    def worst(self, now_ms: int) -> Solution:
        """The solution with every fault that is active now at its worst."""
        active = {
            fault.id: worst(fault, self.flow.organization)
            for fault in self.faults.values()
            if fault.at <= now_ms < fault.at + fault.for_
        }
        return self._solve(active, self._standing(now_ms))

    def without(self, fault: str, now_ms: int) -> Solution:
        """The solution that would hold at a moment if one of the faults were not."""
        levels = self._levels(now_ms)
        levels.pop(fault, None)
        return self._solve(levels, self._standing(now_ms))

    def _plan(self, from_ms: int | None) -> None:
        """Lay out the pieces from a moment on (None: from the beginning), keeping those before it."""
        levels: dict[str, Change] = {}
        start_ms = -(10**15) if from_ms is None else from_ms
        memory = self._remembered(start_ms)
        pieces = [] if from_ms is None else [piece for piece in self.pieces if piece.start_ms < from_ms]
        for turn in self.turns:
            if turn.at_ms > start_ms:
                memory = self._lay(pieces, levels, start_ms, turn.at_ms, memory)
                start_ms = turn.at_ms
            if turn.change is None:
                levels.pop(turn.fault.id)
            else:
                levels[turn.fault.id] = turn.change
        self._lay(pieces, levels, start_ms, max(self._until_ms, start_ms + 1), memory)
        self.pieces = pieces
        self._starts = [piece.start_ms for piece in pieces]
        self._spells = {}

    def _lay(
        self, pieces: list[Piece], levels: dict[str, Change], start_ms: int, end_ms: int, memory: Memory
    ) -> Memory:
        """Add the pieces from one moment to another, between which no fault changes; the memory at the end."""
        if pieces and pieces[-1].start_ms == start_ms:
            pieces.pop()
        if not self.flow.dynamic:
            key = (*levels, *map(id, levels.values()))  # Turns keep their changes: no two of them share an id.
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self._solve(levels)
            pieces.append(Piece(start_ms, known))
            return memory
        evolution, cold = self.flow.evolution, frozenset(self._cold(levels))
        wanted: dict[tuple[str, str], float] = {}
        now_ms = start_ms
        while now_ms < end_ms:
            self._memories.append((now_ms, memory))
            solution = self._solve(levels, evolution.standing(memory, wanted))
            if not pieces or pieces[-1].solution is not solution:
                pieces.append(Piece(now_ms, solution))
            step_ms = min(STEP_MS, end_ms - now_ms)
            wanted = evolution.wanted(solution.settled)
            after = evolution.step(memory, solution.settled, cold, now_ms, step_ms)
            if start_ms < 0 or (after == memory and not memory.waits):
                return after  # It has settled: nothing changes until somebody or something does.
            memory, now_ms = after, now_ms + step_ms
        return memory

    def _cold(self, levels: dict[str, Change]) -> list[str]:
        return [self.faults[fault].on for fault, change in levels.items() if change.cold and fault not in self.ended]

    def _remembered(self, now_ms: int) -> Memory:
        """What the past has left behind at a moment; what was remembered of later moments is forgotten."""
        if not self.flow.dynamic:
            return NOTHING
        before = [entry for entry in self._memories if entry[0] < now_ms]
        self._memories = before
        if not before:
            return self.flow.evolution.beginning
        at_ms, memory = before[-1]
        settled, cold = self.at(at_ms).settled, frozenset(self._cold(self._levels(at_ms)))
        return self.flow.evolution.step(memory, settled, cold, at_ms, min(STEP_MS, now_ms - at_ms))

    def _standing(self, now_ms: int) -> Standing:
        """What the past has left behind at a moment, as the equations take it."""
        if not self.flow.dynamic:
            return HEALTHY
        index = bisect_right(self._memories, now_ms, key=lambda entry: entry[0]) - 1
        settled = self.at(now_ms).settled
        return self.flow.evolution.standing(self._memories[max(0, index)][1], self.flow.evolution.wanted(settled))

    def _levels(self, now_ms: int) -> dict[str, Change]:
        """What each fault does at a moment."""
        levels: dict[str, Change] = {}
        for turn in self.turns[: bisect_right(self.turns, now_ms, key=lambda turn: turn.at_ms)]:
            if turn.change is None:
                levels.pop(turn.fault.id)
            else:
                levels[turn.fault.id] = turn.change
        return levels

    def _solve(self, levels: dict[str, Change], standing: Standing = HEALTHY) -> Solution:
        """The solution under the changes of these faults, but for those that were ended."""
        changes: dict[str, tuple[Change, ...]] = {}
        for fault, change in levels.items():
            if fault not in self.ended:
                service = self.faults[fault].on
                changes[service] = (*changes.get(service, ()), change)
        return self.flow.solve(changes, self.modifications, standing)


def _turns(fault: Fault, organization: Organization, draws: Draws) -> list[Turn]:
    course = levels(fault, organization, draws)
    turns = [Turn(fault.at + at_ms, fault, level, change, at_ms == 0) for at_ms, level, change in course]
    return [*turns, Turn(fault.at + fault.for_, fault, "", None, False)]
