"""Prometheus and Alertmanager as part of the world: scrape, evaluate, group, notify.

Everything is computed ahead, a stretch at a time, on the assumption that nobody intervenes; when somebody does, what
lies in the future is taken back and computed anew. The results are the same as tick by tick.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from simulator.notification import Notification, single_route
from simulator.rules import RuleGroup, RuleSet, Transition, evaluate_together
from simulator.telemetry import Telemetry

if TYPE_CHECKING:
    from simulator.promql.series import Labels
    from simulator.world import World

STRETCH_MS = 3_000_000
"""How far ahead is computed. Longer costs more when somebody intervenes, shorter costs more when nobody does."""

Steps = Generator[simpy.Event, Any, None]


class Monitoring:
    """Telemetry, the rules evaluated on it, and the alerts on their way to somebody."""

    def __init__(self, world: World, rules: RuleSet) -> None:
        self._world, self._rules = world, rules
        self.telemetry = Telemetry(
            world.organization, world.course, world.draws, wanted=rules.reads, from_ms=-rules.lookback_ms
        )
        self.telemetry.store.epoch_ms = round(world.scenario.starts_at.timestamp() * 1000)
        self._missing = rules.missing(self.telemetry.store)
        self._evaluations = [
            [(evaluator, self._phase_ms(evaluator.group)) for evaluator in unit]
            for unit in rules.without(self._missing).evaluators(self.telemetry.store)
        ]
        self._computed_ms = 0
        self._due: deque[Transition] = deque()
        self._records: dict[tuple[str, Labels], int] = {}
        self._notification = Notification(world, rules.routing or single_route(world.organization.monitoring))
        self._process = world.env.process(self._run())

    def course_changed(self) -> None:
        """Somebody has changed the system now: what was computed beyond this moment no longer holds."""
        now_ms = self._world.now
        self.telemetry.rewind(now_ms)
        for unit in self._evaluations:
            for evaluator, _ in unit:
                evaluator.rewind(now_ms)
        self._due = deque(transition for transition in self._due if transition.at_ms <= now_ms)
        self._computed_ms = min(self._computed_ms, now_ms)
        if self._process.is_alive:
            self._process.interrupt()
        else:  # Everything had happened that would have happened if nobody had intervened.
            self._process = self._world.env.process(self._run())

    @property
    def firing(self) -> bool:
        """Whether any alert fires now."""
        return self._notification.firing

    def coverage(self) -> dict[str, object]:
        """How many alert rules are simulated, and the names of those that read series which nothing here produces.

        These are not evaluated at all: that ``absent`` finds nothing, for one, says nothing about the system.
        """
        alerts = self._rules.alerts
        missing = [rule.name for rule in alerts if rule in self._missing]
        return {"simulated": len(alerts) - len(missing), "not_simulated": missing}

    def _phase_ms(self, group: RuleGroup) -> int:
        """Where in its interval a group is evaluated: Prometheus spreads groups, by a hash that nobody chooses."""
        return int(self._world.draws.uniform("evaluation", group.name) * group.interval_ms)

    def _run(self) -> Steps:
        env, end_ms = self._world.env, self._world.scenario.duration
        while self._due or self._computed_ms < end_ms:
            try:
                while self._due:
                    yield env.timeout(self._due[0].at_ms - self._world.now)
                    self._happened(self._due.popleft())
                yield env.timeout(self._computed_ms - self._world.now)
                self._compute(min(self._world.now + STRETCH_MS, end_ms))
            except simpy.Interrupt:
                continue

    def _compute(self, until_ms: int) -> None:
        """Scrape and evaluate up to a moment, and queue what the alerts will do by then."""
        self.telemetry.extend(until_ms)
        found: list[Transition] = []
        for unit in self._evaluations:
            evaluators = [evaluator for evaluator, _ in unit]
            times = [self._ticks(evaluator.group.interval_ms, phase_ms, until_ms) for evaluator, phase_ms in unit]
            found += evaluate_together(evaluators, times)
        self._due.extend(sorted(found, key=lambda transition: transition.at_ms))
        self._computed_ms = until_ms

    def _ticks(self, interval_ms: int, phase_ms: int, until_ms: int) -> range:
        """The evaluations up to a moment that were not computed yet."""
        done = max(0, (self._computed_ms - phase_ms) // interval_ms + 1)
        return range(phase_ms + done * interval_ms, until_ms + 1, interval_ms)

    def _happened(self, transition: Transition) -> None:
        """An alert changes its state now."""
        key = (transition.alert, transition.labels)
        fields: dict[str, object] = {"alert": transition.alert, "labels": dict(transition.labels)}
        if transition.kind in ("alert_pending", "alert_fired"):
            fields["value"] = transition.value
        record = self._world.emit(transition.kind, self._records.get(key, self._world.hurt_record), **fields)
        self._records[key] = record
        if transition.kind == "alert_fired":
            self._notification.fired(transition, record)
        elif transition.kind in ("alert_resolved", "alert_dropped"):
            del self._records[key]
            self._notification.resolved(transition)
