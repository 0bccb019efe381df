"""The world of a drill on SimPy: services under faults, what is measured of them, and who notices.

The world keeps the truth. It is stepped by the drill, one SimPy event at a time, and tells what happened through
`emit`, which journals it and returns the record's number. It never looks at the response; it is told what responders
do (`perform`) and which milestones they reached (`reached`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

import simpy

from scenarios.fault import Fault
from scenarios.organization import Organization
from scenarios.scenario import Inject, Mitigation, Scenario
from simulator.course import Course, Turn
from simulator.detection import Customers, Probes, Team
from simulator.drift import Drift
from simulator.faults import Change
from simulator.flow import Flow, Modifications, ServiceState
from simulator.impact import ImpactFacts, visible_impact
from simulator.monitoring import Monitoring
from simulator.randomness import Draws
from simulator.rules import RuleSet

NEVER = 1 << 62
"""Later than any moment of a drill, ms."""

Steps = Generator[simpy.Event, Any, None]


class Emit(Protocol):
    """Journals an event and returns the number of its record."""

    def __call__(self, kind: str, because: int, /, **fields: object) -> int: ...


class World:
    """Services, faults, telemetry, alerts and everyone outside the response, from drill time zero on."""

    def __init__(
        self,
        organization: Organization,
        scenario: Scenario,
        flow: Flow,
        rules: RuleSet,
        *,
        draws: Draws,
        emit: Emit,
        finished: Callable[[str, str, Mapping[str, str], int], object],
    ) -> None:
        """`emit` journals what happens; `finished` is told what people are done with: step, person, fields, record."""
        self.organization, self.scenario, self.flow = organization, scenario, flow
        self.draws, self.emit = draws, emit
        self.env = simpy.Environment()
        self.course = Course(flow, scenario.faults, draws, scenario.duration)
        self.truth = flow.solve({})
        self.hurt_record = 0
        """Record of the latest moment at which a user-facing service left its objective."""
        self._finished = finished
        self._mitigations = {mitigation.action: mitigation for mitigation in scenario.mitigations}
        self._revealed: set[str] = set()
        self._fault_records: dict[str, int] = {}
        self._effective: set[str] = set()
        self._unsafe = False
        self._last_cause = 0, "fault_end"
        """The record of the latest change that somebody or a fault made, and which of the two."""
        for name in flow.objectives:
            self._tell_change(name, 0)
        self._requests: dict[str, int] = {}
        self.env.process(self._faults())
        self.monitoring = Monitoring(self, rules)
        self._looking_ahead = (self.monitoring, Probes(self), Customers(self), Drift(self))
        Team(self)
        for inject in scenario.injects:
            if inject.at is not None:
                self.env.process(self._give(inject, inject.at, 0))

    # The drill steps the world.

    @property
    def now(self) -> int:
        """Drill time of the world, ms."""
        return int(self.env.now)

    def peek(self) -> int:
        """When the next thing happens, ms; `NEVER` if nothing will."""
        at = self.env.peek()
        return NEVER if at == simpy.core.Infinity else int(at)

    def step(self) -> None:
        """Let the next thing happen."""
        self.env.step()

    def advance(self, to_ms: int) -> None:
        """Bring the world's time to a moment before or at which nothing is left to happen but what is due then."""
        if self.env.now < to_ms:
            self.env.run(until=to_ms)

    # What the response does to the world.

    def perform(self, person: str, action: str, because: int) -> None:
        """Somebody begins an action of the catalogue; it is finished, and takes effect, after the time it takes."""
        self.env.process(self._perform(person, action, because))

    def examine(self, person: str, method: str, because: int) -> None:
        """Somebody begins to look for the cause in one way; what there is to be found comes to light at its end."""
        self.env.process(self._examine(person, method, because))

    def reached(self, milestone: str, record: int) -> None:
        """The response has reached a milestone that injects may wait for."""
        for inject in self.scenario.injects:
            if inject.when is not None and inject.when.milestone == milestone:
                self.env.process(self._give(inject, inject.when.after, record))

    def answer(self, tool: str) -> int:
        """The HTTP status with which a response tool answers the next request, as its service stands now."""
        service = getattr(self.organization.tools, tool).service
        number = self._requests[service] = self._requests.get(service, 0) + 1
        state = self.truth[service]
        fails = state.error_ratio > 0 and self.draws.uniform("request", service, number) < state.error_ratio
        return state.status if fails else 200

    # What may be asked of the truth.

    def causes(self) -> list[str]:
        """The services on which a fault is active, in the order of the scenario."""
        return list(dict.fromkeys(fault.on for fault in self.scenario.faults if self._is_active(fault)))

    def effective_actions(self) -> list[str]:
        """Actions that would cure at least something in this scenario."""
        return [name for name, mitigation in self._mitigations.items() if not mitigation.harmful]

    def harmful_actions(self) -> list[str]:
        """Actions that make it worse in this scenario."""
        return [name for name, mitigation in self._mitigations.items() if mitigation.harmful]

    def visible_impact(self, from_ms: int | None = None) -> ImpactFacts:
        """What dashboards show of the impact since a moment, by default over the organisation's usual look back."""
        look_back_ms = self.organization.impact_signs.look_back
        from_ms = self.now - look_back_ms if from_ms is None else min(from_ms, self.now - look_back_ms)
        return visible_impact(self.organization, self.course, from_ms, self.now)

    def seen_error_ratio(self, window_ms: int) -> float:
        """What a dashboard shows: the worst mean error ratio of a user-facing service over the last while."""
        pieces = list(self.course.between(self.now - window_ms, self.now))
        totals = [
            math.fsum(solution[name].error_ratio * (until_ms - since_ms) for since_ms, until_ms, solution in pieces)
            for name in self.flow.objectives
        ]
        return max(totals, default=0.0) / window_ms

    def objectives_held_for(self, window_ms: int) -> bool:
        """Whether every user-facing service has been within its objective over the last while."""
        return not any(solution.broken for _, _, solution in self.course.between(self.now - window_ms, self.now + 1))

    # Processes.

    def _faults(self) -> Steps:
        for turn in self.course.turns:
            if turn.at_ms > self.now:
                yield self.env.timeout(turn.at_ms - self.now)
            if turn.fault.id not in self.course.ended:
                self._turn(turn)

    def _turn(self, turn: Turn) -> None:
        fault = turn.fault
        if turn.first:
            record = self.emit("fault_started", 0, fault=fault.id, service=fault.on, kind=fault.kind)
            self._fault_records[fault.id] = record
        record = self._fault_records[fault.id]
        if turn.change is None:
            record = self.emit("fault_ended", record, fault=fault.id, service=fault.on)
        else:
            record = self.emit("fault_changed", record, fault=fault.id, service=fault.on, level=turn.level)
        self._last_cause = record, "fault_end"
        self._update_truth(record)
        self._judge_effects(record)
        if turn.first or turn.change is None:
            self._judge_worst(record, "fault_end")

    def _perform(self, person: str, action: str, because: int) -> Steps:
        mitigation = self._mitigations.get(action)
        takes_ms = self.organization.actions[action].takes
        if mitigation is not None and mitigation.takes is not None:
            takes_ms = mitigation.takes
        yield self.env.timeout(takes_ms)
        if mitigation is not None:
            because = self._take_effect(mitigation, because)
        self._finished("finish_mitigation", person, {"action": action}, because)

    def _examine(self, person: str, method: str, because: int) -> Steps:
        yield self.env.timeout(self.organization.investigation[method].takes)
        for finding in self.scenario.findings:
            if finding.method == method and finding.id not in self._revealed:
                self._revealed.add(finding.id)
                self.emit(
                    "finding_revealed", because, person=person, method=method, finding=finding.id, says=finding.says
                )
        self._finished("finish_examination", person, {"method": method}, because)

    def _take_effect(self, mitigation: Mitigation, because: int) -> int:
        effect, modifications = mitigation.effect, self.course.modifications
        ended = self.course.ended
        if effect.bypasses is not None:
            pair = (effect.service, effect.bypasses)
            modifications = modifications._replace(bypassed=modifications.bypassed | {pair})
        if effect.retries is not None:
            retries = {**dict(modifications.retries), effect.service: effect.retries}
            modifications = modifications._replace(retries=tuple(sorted(retries.items())))
        if effect.error_ratio is not None or effect.added_latency is not None:
            burden = (effect.service, Change(effect.error_ratio or 0.0, added_latency_ms=effect.added_latency or 0))
            modifications = modifications._replace(burdens=(*modifications.burdens, burden))
            if effect.lasts is not None:
                self.env.process(self._wear_off(mitigation.action, burden, effect.lasts))
        record = self.emit(
            "mitigation_took_effect",
            because,
            action=mitigation.action,
            service=effect.service,
            harmful=mitigation.harmful,
        )
        fault = self.course.faults.get(effect.ends_fault or "")
        if fault is not None and self._is_active(fault):
            ended = ended | {fault.id}
            self.emit("fault_ended", record, fault=fault.id, service=fault.on)
        self._modify(modifications, ended, record)
        return record

    def _wear_off(self, action: str, burden: tuple[str, Change], lasts_ms: int) -> Steps:
        """What an action brought along ends after a while."""
        yield self.env.timeout(lasts_ms)
        modifications = self.course.modifications
        burdens = list(modifications.burdens)
        burdens.remove(burden)
        record = self.emit("mitigation_wore_off", 0, action=action, service=burden[0])
        self._modify(modifications._replace(burdens=tuple(burdens)), self.course.ended, record)

    def _modify(self, modifications: Modifications, ended: frozenset[str], record: int) -> None:
        """The running system is another from now on, by what the record says."""
        self.course.modify(self.now, modifications, ended)
        for observer in self._looking_ahead:
            observer.course_changed()
        self._last_cause = record, "mitigation"
        self._update_truth(record)
        self._judge_effects(record)
        self._judge_worst(record, "mitigation")

    def drifted(self) -> None:
        """The course has come to another piece by itself."""
        record, by = self._last_cause
        self._update_truth(record)
        self._judge_effects(record)
        self._judge_worst(record, by)

    def _give(self, inject: Inject, after_ms: int, because: int) -> Steps:
        yield self.env.timeout(after_ms)
        self.emit("inject_given", because, inject=inject.id, to=inject.to, says=inject.says)

    # The truth.

    def _update_truth(self, because: int) -> None:
        """Record what users meet from now on, where it differs from what they met before."""
        before, self.truth = self.truth, self.course.at(self.now)
        for name in self.flow.objectives:
            if self.truth[name] == before[name]:
                continue
            record = self._tell_change(name, because)
            if name in self.truth.broken and name not in before.broken:
                figures = _figures(self.truth[name])
                self.hurt_record = self.emit("objective_left", record, service=name, **figures)
            elif name in before.broken and name not in self.truth.broken:
                self.emit("objective_met", record, service=name)

    def _tell_change(self, name: str, because: int) -> int:
        state = self.truth[name]
        per_s = round(state.requests_per_s, 3)
        return self.emit("service_changed", because, service=name, **_figures(state), requests_per_s=per_s)

    def _judge_effects(self, because: int) -> None:
        """Record the faults without which some service would be otherwise now than it is, each once."""
        for fault in self.scenario.faults:
            if fault.id in self._fault_records and fault.id not in self._effective:
                without = self.course.without(fault.id, self.now)
                if self.truth.states != without.states:
                    self._effective.add(fault.id)
                    self.emit("fault_took_effect", because, fault=fault.id, service=fault.on)

    def _is_active(self, fault: Fault) -> bool:
        began = fault.id in self._fault_records
        return began and self.now < fault.at + fault.for_ and fault.id not in self.course.ended

    def _judge_worst(self, because: int, by: str) -> None:
        """Record when the objectives begin or cease to hold with every active fault at its worst."""
        broken = self.course.worst(self.now).broken
        if broken and not self._unsafe:
            self.emit("worst_case_failed", because, services=list(broken))
        elif self._unsafe and not broken:
            self.emit("worst_case_held", because, by=by)
        self._unsafe = bool(broken)


def _figures(state: ServiceState) -> dict[str, object]:
    return {"error_ratio": round(state.error_ratio, 6), "latency_p95_ms": round(state.latency_ms[1])}
