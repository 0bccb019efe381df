"""The response workflow: messages in, events and commands out. It does no I/O and reads no clock.

A driver calls `receive` with each message and the drill time at which it came, and `fire_deadline` whenever
`next_deadline` is reached; at one instant deadlines come before messages. It records every emission in order, sends
the commands, and returns what became of each as an `Outcome`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from drills.response import states
from drills.response.checklists import Checklists
from drills.response.communication import Communication
from drills.response.delivery import Delivery
from drills.response.demands import Demands
from drills.response.escalation import Acknowledgement, Chain, Ladder
from drills.response.incident import Incident
from drills.response.messages import Act, Emission, Message, Outcome, Signal
from drills.response.on_call import everyone
from drills.response.paging import Pager
from drills.response.repair import Repair
from drills.response.runbooks import Runbooks
from drills.response.states import ActionRefused, State
from drills.response.team import Team
from drills.response.templates import Templates, compile_templates
from scenarios.organization import Organization
from simulator.impact import worse

STILL_OPEN_MS = 3_600_000
"""An open incident about which nothing happened for an hour is brought to mind, so that none is ever forgotten."""


class Workflow:
    """One incident, handled by the organisation's rules. Drill time zero is `starts_at`, which has a UTC offset."""

    def __init__(self, organization: Organization, starts_at: datetime, templates: Templates | None = None) -> None:
        """`templates` make the texts of messages; none: the program's own."""
        self._incident = incident = Incident(organization, starts_at)
        self._delivery = Delivery(incident)
        self._pager = Pager(incident, self._delivery)
        self._policies: set[str] = set()
        """Names of the escalation policies whose people have been paged."""
        self._ladder = Ladder(incident, self._pager)
        self._acknowledgement = Acknowledgement(incident, self._ladder)
        self._team = Team(incident, self._pager)
        self._chain = Chain(incident, self._pager, self._is_engaged, lambda: self._communication.customers_told)
        self._communication = Communication(
            incident, self._delivery, templates or compile_templates({}), self._chain.look_again
        )
        self._runbooks = Runbooks(incident, self._chain)
        self._demands = Demands(self._refuse)
        self._repair = Repair(incident, self._team, self._demands, self._changed)
        self._checklists = Checklists(incident)
        self._verified = False
        self._checks: dict[str, Callable[[Act], None]] = {
            **self._repair.checks,
            "acknowledge": self._check_acknowledge,
            "declare": self._check_declare,
            "change_severity": self._check_change_severity,
            "join": self._check_join,
            "identify": lambda act: self._demands.text(act, "cause"),
            "update": self._check_update,
            "tick": self._check_tick,
            "verify": self._check_verify,
            "resolve": self._check_resolve,
        }
        self._effects: dict[str, Callable[[Act], None]] = {
            **self._repair.effects,
            "acknowledge": self._acknowledge,
            "declare": self._declare,
            "change_severity": self._change_severity,
            "join": lambda act: self._team.join(act.fields["role"], act.person),
            "investigate": self._investigate,
            "identify": self._identify,
            "monitor": self._monitor,
            "update": self._update,
            "tick": lambda act: self._checklists.tick(act.person, act.fields["items"]),
            "verify": self._verify,
            "resolve": self._resolve,
            "reopen": self._reopen,
        }

    # What drives it.

    def receive(self, message: Message, now_ms: int) -> list[Emission]:
        """What follows from a message. Raises ActionRefused, having changed nothing, for an act that is not possible
        now. Time must not go back, and every deadline before `now_ms` must have been fired.
        """
        incident = self._incident
        due_ms = self.next_deadline()
        assert now_ms >= incident.now_ms, f"time went back from {incident.now_ms} to {now_ms} ms"
        assert due_ms is None or due_ms >= now_ms, f"the deadline at {due_ms} ms comes before {now_ms} ms"
        if isinstance(message, Act):
            state = self._check(message)
            incident.now_ms, incident.because, incident.state = now_ms, message.because, state
            self._effects[message.action](message)
            self._acknowledgement.activity(message.person)
        else:
            incident.now_ms, incident.because = now_ms, message.because
            if isinstance(message, Outcome):
                self._delivery.receive(message)
            else:
                self._signal(message)
        return self._finish()

    def next_deadline(self) -> int | None:
        """The drill time at which `fire_deadline` is to be called next, if at all."""
        return self._incident.deadlines.next_ms()

    def fire_deadline(self) -> list[Emission]:
        """What follows from the earliest deadline passing, at the time it was due."""
        deadline = self._incident.deadlines.take()
        assert deadline.at_ms >= self._incident.now_ms, "a deadline was set in the past"
        self._incident.now_ms, self._incident.because = deadline.at_ms, deadline.because
        deadline.fire()
        return self._finish()

    def adopt(self, organization: Organization) -> None:
        """The organisation has changed its file. What begins from now on follows it; an escalation that has begun keeps
        the policy under which the incident was triggered.
        """
        self._incident.organization = organization

    # What can be seen of it.

    @property
    def state(self) -> State | None:
        """None before the first signal."""
        return self._incident.state

    @property
    def incident_id(self) -> str | None:
        """`INC-YYYYmmdd-HHMMSS` of the declaration; None before it."""
        return self._incident.incident_id

    @property
    def severity(self) -> str | None:
        """As declared; None before that."""
        return self._incident.severity

    @property
    def roles(self) -> Mapping[str, str]:
        """Role to the person who has joined in it."""
        return self._team.holders

    def role_offered_to(self, person: str) -> str | None:
        """The role that the person has been asked to take, by page or announcement, and has not joined yet."""
        return next((role for role, asked in self._team.offers.items() if asked == person), None)

    @property
    def next_internal_update_due_ms(self) -> int | None:
        """When colleagues are to hear something next, if the severity promises anything."""
        return self._incident.deadlines.due_ms("update internal")

    @property
    def customers_due_ms(self) -> int | None:
        """When customers are to have been told, or told again; None when nothing is promised to them."""
        return self._incident.deadlines.due_ms("update customers")

    def allowed_actions(self) -> tuple[str, ...]:
        """The actions that the state of the incident permits."""
        allowed = states.allowed_actions(self._incident.state)
        blocked = set() if self._checklists.items_left else {"tick"}
        blocked |= self._repair.impossible
        return tuple(action for action in allowed if action not in blocked)

    # How it works.

    def _finish(self) -> list[Emission]:
        incident = self._incident
        self._checklists.follow(incident.emissions)
        if incident.open:
            incident.set_deadline("still open", incident.now_ms + STILL_OPEN_MS, self._still_open)
        return incident.take_emissions()

    def _changed(self) -> None:
        """The running system is another now, so what was verified of it is to be verified again."""
        self._verified = False

    def _still_open(self) -> None:
        self._incident.emit("incident_still_open", state=self._incident.state)

    def _is_engaged(self, person: str) -> bool:
        return person in self._pager.acknowledged or person in self._team.holders.values()

    def _signal(self, signal: Signal) -> None:
        incident = self._incident
        if incident.state == "resolved" and signal.kind in incident.organization.closure.reopened_by:
            incident.state = states.next_state(incident.state, states.RETURN)
            incident.emit("incident_reopened", kind=signal.kind, name=signal.name)
            self._open_again()
            self._ladder.restart(())
            return
        if incident.state is not None:
            incident.emit("signal_added", kind=signal.kind, name=signal.name)
            self._raise_urgency(signal.severity)
            self._call(signal)
            self._runbooks.signal(signal)
            return
        incident.policy = incident.policy_of(signal.policy)
        self._policies = {signal.policy}
        incident.state = states.next_state(None, states.SIGNAL)
        incident.title, incident.claimed_severity = signal.summary, signal.severity
        incident.emit("incident_triggered", kind=signal.kind, name=signal.name)
        self._communication.begin()
        self._ladder.climb()
        self._chain.start()
        self._runbooks.signal(signal)

    def _call(self, signal: Signal) -> None:
        """A further alert may belong to people of another policy: they are paged too."""
        incident = self._incident
        if signal.policy not in self._policies and incident.open:
            self._policies.add(signal.policy)
            level = incident.policy_of(signal.policy).levels[0]
            for person in everyone(incident.organization, level.targets, incident.calendar):
                self._chain.reach(person, f"alert {signal.name}")

    def _raise_urgency(self, claimed: str | None) -> None:
        """A further signal may claim more than the first did; it counts until somebody declares."""
        incident = self._incident
        if incident.severity is None and incident.open:
            was_low = incident.low_urgency
            incident.claimed_severity = worse(
                list(incident.organization.severities), incident.claimed_severity, claimed
            )
            if was_low and not incident.low_urgency:
                self._ladder.raised()
                self._chain.look_again()

    # Acts: first everything that could refuse one, then what it does.

    def _check(self, act: Act) -> State:
        """The state that the act leads to; ActionRefused if it is not possible."""
        if act.action not in self._effects:
            raise self._refuse(f"there is no action {act.action}")
        step = act.action
        if step == "verify":
            step += " passed" if act.fields.get("passed") else " failed"
        try:
            after = states.next_state(self._incident.state, step)
        except ActionRefused as refusal:
            raise self._refuse(refusal.reason) from None
        check = self._checks.get(act.action)
        if check:
            check(act)
        return after

    def _refuse(self, reason: str) -> ActionRefused:
        return ActionRefused(reason, self.allowed_actions())

    def _check_acknowledge(self, act: Act) -> None:
        if not self._pager.was_paged(act.person):
            raise self._refuse(f"{act.person} has no page to acknowledge")

    def _acknowledge(self, act: Act) -> None:
        self._pager.acknowledge(act.person)
        self._ladder.stop()
        self._team.acknowledged(act.person)

    def _check_declare(self, act: Act) -> None:
        self._demands.one_of(act, "severity", tuple(self._incident.organization.severities))
        self._demands.text(act, "title")
        name = act.fields.get("incident")
        if name is not None and not (isinstance(name, str) and re.fullmatch(r"INC-[0-9]{8}-[0-9]{6}", name)):
            raise self._refuse(f"the id of an incident looks like INC-20250809-140000 (got {name})")

    def _declare(self, act: Act) -> None:
        incident = self._incident
        self._pager.acknowledge(act.person)
        self._ladder.stop()
        incident.incident_id = act.fields.get("incident") or incident.calendar.strftime("INC-%Y%m%d-%H%M%S")
        incident.severity, incident.title = act.fields["severity"], act.fields["title"]
        incident.emit(
            "incident_declared",
            person=act.person,
            incident=incident.incident_id,
            severity=incident.severity,
            title=incident.title,
        )
        volunteers = self._team.reserve([act.person, *self._pager.acknowledged])
        self._communication.announce(act.person, volunteers)
        self._communication.promise()
        self._team.fill()
        self._chain.declared()
        self._chain.look_again()

    def _check_change_severity(self, act: Act) -> None:
        self._demands.one_of(act, "severity", tuple(self._incident.organization.severities))
        self._demands.text(act, "reason")
        if act.fields["severity"] == self._incident.severity:
            raise self._refuse(f"the severity is {self._incident.severity} already")

    def _change_severity(self, act: Act) -> None:
        incident = self._incident
        before, incident.severity = incident.severity, act.fields["severity"]
        reason = act.fields["reason"]
        incident.emit("severity_changed", person=act.person, before=before, after=incident.severity, reason=reason)
        self._communication.severity_changed()
        self._team.severity_changed()
        self._chain.declared()
        self._chain.look_again()

    def _check_join(self, act: Act) -> None:
        self._demands.text(act, "role")
        reason = self._team.why_not_join(act.fields["role"], act.person)
        if reason:
            raise self._refuse(reason)

    def _investigate(self, act: Act) -> None:
        self._verified = False
        self._incident.emit("investigation_started", person=act.person)

    def _identify(self, act: Act) -> None:
        self._incident.emit("cause_identified", person=act.person, cause=act.fields["cause"])
        self._runbooks.cause_identified(act.fields["cause"])

    def _monitor(self, act: Act) -> None:
        self._verified = False
        self._incident.emit("monitoring_started", person=act.person)

    def _check_update(self, act: Act) -> None:
        self._demands.one_of(act, "audience", ("internal", "customers"))
        reason = self._communication.why_not(act.fields)
        if reason:
            raise self._refuse(reason)

    def _update(self, act: Act) -> None:
        self._communication.update(act.person, act.fields)

    def _check_verify(self, act: Act) -> None:
        if type(act.fields.get("passed")) is not bool:
            raise self._refuse("verify needs passed, true or false")

    def _verify(self, act: Act) -> None:
        self._verified = act.fields["passed"]
        seen = {name: act.fields[name] for name in ("checks", "technical") if name in act.fields}
        self._incident.emit("verification_finished", person=act.person, passed=self._verified, **seen)

    def _check_tick(self, act: Act) -> None:
        items, left = act.fields.get("items"), self._checklists.items_left
        wrong = [item for item in items if item not in left] if isinstance(items, list | tuple) else [items]
        if wrong or not items:
            got = ", ".join(map(str, wrong)) or "none"
            raise self._refuse(f"tick needs items, of {', '.join(left) or 'which none is left'} (got {got})")

    def _check_resolve(self, act: Act) -> None:
        if act.fields.get("override") is not None:
            self._demands.text(act, "override")
        elif not self._verified:
            raise self._refuse(
                "cannot resolve before a verification has passed, unless an override says why it is not waited for"
            )

    def _resolve(self, act: Act) -> None:
        incident = self._incident
        override = {} if self._verified else {"override": act.fields["override"]}
        incident.emit("incident_resolved", person=act.person, **override)
        self._checklists.resolved()
        incident.deadlines.cancel("still open")
        self._chain.pause()
        self._runbooks.pause()
        self._repair.stop()
        self._ladder.stop()
        self._team.stop()
        self._pager.lapse_all()
        self._communication.stop()
        self._communication.resolve(act.person)
        incident.set_deadline("close", incident.now_ms + incident.organization.closure.close_after, self._close)

    def _reopen(self, act: Act) -> None:
        self._incident.emit("incident_reopened", person=act.person)
        self._open_again()

    def _open_again(self) -> None:
        self._verified = False
        self._checklists.resolved()
        self._incident.deadlines.cancel("close")
        self._communication.promise()
        self._team.fill()
        self._chain.resume()
        self._runbooks.resume()

    def _close(self) -> None:
        self._incident.state = states.next_state(self._incident.state, states.CLOSE)
        self._incident.emit("incident_closed")
        self._checklists.closed()
