"""A drill: one world, one workflow, the people, and the journal of what happened. Pure: no clock, no socket.

Whoever drives it decides where commands go (`Wire`). In virtual time the drill jumps to the next thing due. What is due
at the same millisecond happens in the order deadline, world, people; the outcome of a command is handled right
after the event that asked for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from drills.adapters.vendors import Reply
from drills.adapters.wire import TOOL_OF
from drills.response.messages import Act, Emission, Message, Outcome, Signal
from drills.response.states import ActionRefused
from drills.response.templates import Templates
from drills.response.workflow import Workflow
from scenarios.loading import LoadedScenario
from scenarios.profiles import Profiles
from simulator.events import EVENT_TYPES
from simulator.flow import Flow
from simulator.journal import Journal
from simulator.randomness import Draws
from simulator.recovery import verify
from simulator.responders.crew import CONSIDERATIONS, Crew, Intention
from simulator.responders.treatments import Treatment
from simulator.rules import RuleSet
from simulator.world import World

MOST_STEPS_IN_A_MILLISECOND = 10_000
"""More than this many things at one moment are a defect of the program, not a busy drill."""

SIGNALS = {"alert_notified": "alert", "probe_failed": "probe", "customer_reported": "customer", "team_noticed": "team"}
MILESTONES = {
    "objective_left": "impact",
    "incident_triggered": "detected",
    "page_acknowledged": "acknowledged",
    "incident_declared": "declared",
    "team_assembled": "assembled",
    "cause_identified": "identified",
    "incident_resolved": "resolved",
}


class Wire(Protocol):
    """Carries a command to its tool and says what became of it; the reply is what the world decided."""

    def send(self, kind: str, fields: Mapping[str, Any], reply: Reply, because: int) -> Outcome: ...


class Drill:
    """One run of a scenario under one treatment; `run` plays it to its end."""

    def __init__(
        self,
        loaded: LoadedScenario,
        flow: Flow,
        rules: RuleSet,
        profiles: Profiles,
        *,
        templates: Templates,
        treatment: Treatment,
        seed: int,
        wire: Wire,
        watched: bool = False,
    ) -> None:
        """`watched`: alerts are told by a real Alertmanager (`alert`); what the world says of its own is no signal."""
        scenario, organization = loaded.scenario, loaded.organization
        self._end_ms = scenario.duration
        self._titles = {name: service.title for name, service in organization.services.items()}
        self._wire = wire
        self._signals = SIGNALS.keys() - {"alert_notified"} if watched else SIGNALS.keys()
        self.now_ms = 0
        self.journal = Journal({})
        self.workflow = Workflow(organization, scenario.starts_at, templates)
        self.journal.append(0, "drill_started", 0, {})
        self.world = World(
            organization, scenario, flow, rules, draws=Draws(seed), emit=self._on_world, finished=self._on_finished
        )
        self.crew = Crew(self.world, profiles, treatment, loaded.playbooks)
        self._outcomes: deque[Outcome] = deque()
        self._reached: set[str] = set()

    def run(self) -> Journal:
        """Play the drill in virtual time and return its journal."""
        self.advance(self._end_ms)
        return self.finish()

    def advance(self, end_ms: int) -> None:
        """Let everything happen that is due up to and including a moment of the drill."""
        steps, world, crew, workflow = 0, self.world, self.crew, self.workflow
        while True:
            deadline_ms, world_ms, person_ms = workflow.next_deadline(), world.peek(), crew.next_due()
            at_ms = min(world_ms, person_ms) if deadline_ms is None else min(deadline_ms, world_ms, person_ms)
            if at_ms > end_ms:
                break
            steps = steps + 1 if at_ms == self.now_ms else 0
            assert steps < MOST_STEPS_IN_A_MILLISECOND, f"the drill does not get past {at_ms} ms"
            self.now_ms = at_ms
            if deadline_ms == at_ms:
                world.advance(at_ms)
                self._carry_out(workflow.fire_deadline())
            elif world_ms == at_ms:
                world.step()
            else:
                world.advance(at_ms)
                self._act(crew.take())
            while self._outcomes:  # What became of a command is handled right after what asked for it.
                self._receive(self._outcomes.popleft())

    def alert(self, at_ms: int, fields: Mapping[str, Any]) -> None:
        """A real Alertmanager tells of an alert: `fields` are those of `alert_received`."""
        self.advance(at_ms)
        self.now_ms = at_ms
        self.world.advance(at_ms)
        record = self._record("alert_received", 0, fields)
        self._receive(_signal("alert_received", fields, record, self._titles))
        while self._outcomes:
            self._receive(self._outcomes.popleft())

    def finish(self) -> Journal:
        """Whatever follows once the world's time is over; the journal."""
        self.now_ms = self._end_ms
        self.journal.append(self._end_ms, "drill_ended", 0, {})
        self._close()
        return self.journal

    def _close(self) -> None:
        """After the drill the world stands still, but what a resolved incident still waits for runs on."""
        while self.workflow.state == "resolved" and (deadline_ms := self.workflow.next_deadline()) is not None:
            person_ms = self.crew.next_due()
            self.now_ms = min(deadline_ms, person_ms)
            if deadline_ms <= person_ms:
                self._carry_out(self.workflow.fire_deadline())
            else:
                self._act(self.crew.take())
            while self._outcomes:
                self._receive(self._outcomes.popleft())

    # What comes in.

    def _on_world(self, kind: str, because: int, /, **fields: object) -> int:
        record = self._record(kind, because, fields)
        if kind in self._signals:
            self._receive(_signal(kind, fields, record, self._titles))
        return record

    def _on_finished(self, step: str, person: str, fields: Mapping[str, str], because: int) -> None:
        self._receive(Act(step, person, fields, because))

    def _act(self, intention: Intention) -> None:
        if intention.action in CONSIDERATIONS:
            self.crew.considered(intention, self.workflow)
            return
        person = intention.person
        if intention.action == "tick":
            holder = self.crew.holder(intention.person, self.workflow)
            if holder is None:
                return  # Nobody is there to do it.
            person = holder
        fields = dict(intention.fields)
        if intention.action == "verify":
            fields = verify(self.world, self.workflow.incident_id or "")
        if intention.action == "update":
            fields = self.crew.words_of(intention, self.workflow)
        self._receive(Act(intention.action, person, fields, intention.because))

    def _receive(self, message: Message) -> None:
        try:
            emissions = self.workflow.receive(message, self.now_ms)
        except ActionRefused as refusal:
            assert isinstance(message, Act)
            fields = {"person": message.person, "action": message.action, "reason": str(refusal)}
            self._record("action_refused", message.because, fields)
            return
        self._carry_out(emissions)

    # What goes out.

    def _carry_out(self, emissions: list[Emission]) -> None:
        numbers: list[int] = []
        for kind, fields, because in emissions:
            record = self._record(kind, numbers[-because - 1] if because < 0 else because, fields)
            numbers.append(record)
            if EVENT_TYPES[kind].command:
                reply = Reply(self.world.answer(TOOL_OF[kind]))
                self._outcomes.append(self._wire.send(kind, fields, reply, record))
            elif kind == "mitigation_started":
                self.world.perform(fields["person"], fields["action"], record)
            elif kind == "examination_started":
                self.world.examine(fields["person"], fields["method"], record)
            elif kind == "cause_identified":
                right = fields["cause"] in self.world.causes()
                self._record("cause_judged", record, {"cause": fields["cause"], "right": right})

    def _record(self, kind: str, because: int, fields: Mapping[str, Any]) -> int:
        number = self.journal.append(self.now_ms, kind, because, fields)
        if EVENT_TYPES[kind].audience != "facilitator":
            self.crew.observe(self.journal.records[-1], self.workflow)
        milestone = MILESTONES.get(kind)
        if milestone is not None and milestone not in self._reached:
            self._reached.add(milestone)
            self.world.reached(milestone, number)
        return number


def _signal(kind: str, fields: Mapping[str, Any], record: int, titles: Mapping[str, str]) -> Signal:
    """The word of trouble that a record of the world carries to the response."""
    if kind in ("alert_notified", "alert_received"):
        return Signal(
            "alert", fields["alert"], fields["summary"], fields["severity"], record, fields.get("policy", "default")
        )
    service = titles[fields["service"]]
    if kind == "probe_failed":
        return Signal("probe", fields["probe"], f"{service} does not answer the probe {fields['probe']}", None, record)
    if kind == "customer_reported":
        return Signal("customer", fields["service"], f"Customers report trouble with {service}", None, record)
    return Signal("team", fields["person"], f"{fields['person']} noticed trouble with {service}", None, record)
