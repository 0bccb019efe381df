"""Modelled responders: they see what was delivered to them, and keep nothing but cancellable intentions.

An intention is something that a person will do at a moment unless it is cancelled, so that a seat can change hands at
any time. How long things take is drawn by (person, purpose, how many times before), from the profiles.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from scenarios.profiles import Profiles
from simulator.impact import classify, worse
from simulator.journal import Record
from simulator.responders.account import Account
from simulator.responders.luck import Luck
from simulator.responders.treatments import Treatment
from simulator.world import NEVER, World

LATEST_TICK = 1.1
"""People go through a checklist at some moment, any as likely, up to this multiple of its time (proposal)."""

OPEN_STATES = ("declared", "investigating", "identified")
"""The states in which it still matters how severe the incident is."""

CONSIDERATIONS = ("watch", "reassess")
"""What people do by themselves, without the workflow."""


class Response(Protocol):
    """What a responder can see of the state of the response."""

    @property
    def state(self) -> str | None: ...
    @property
    def severity(self) -> str | None: ...
    @property
    def roles(self) -> Mapping[str, str]: ...
    @property
    def next_internal_update_due_ms(self) -> int | None: ...
    def role_offered_to(self, person: str) -> str | None: ...


class Intention(NamedTuple):
    """What a person will do, unless it is cancelled."""

    due_ms: int
    number: int
    person: str
    action: str
    fields: dict[str, Any]
    because: int


class Crew:
    """Everybody who may take part, under one treatment."""

    def __init__(
        self, world: World, profiles: Profiles, treatment: Treatment, playbooks: Mapping[str, tuple[str, ...]]
    ):
        self._world, self._treatment, self._playbooks = world, treatment, playbooks
        self._organization = world.organization
        self._queue: list[Intention] = []
        self._planned = 0
        self._pages: dict[str, Record] = {}
        self._detected_ms: int | None = None
        self._awake_since: dict[str, int] = {}
        self._luck = Luck(world, profiles, treatment, self._awake_since)
        self._steps: list[str] = []
        self._playbook = ""
        self._tried: set[str] = set()
        """Methods of investigation that somebody has begun to follow."""
        self._examining = False
        self._knows = False
        """Whether the decisive finding has come to light."""
        self._suspects: list[str] = []
        """Services to which other findings point."""
        self._runbook: list[str] = []
        """Actions of the runbooks that apply and have not been tried."""
        self._customers_told = False
        self._account = Account(self._organization)
        self._sees = {name[4:]: getattr(self, name) for name in dir(self) if name.startswith("_on_")}

    def next_due(self) -> int:
        """When somebody does something next, ms; `NEVER` if nobody will."""
        return self._queue[0].due_ms if self._queue else NEVER

    def take(self) -> Intention:
        """The next thing that somebody does; it is their intention no longer."""
        intention = heapq.heappop(self._queue)
        if intention.action == "declare":
            fields = {**intention.fields, "severity": self._classify(intention.person)}
            return intention._replace(fields=fields)
        if intention.action == "identify":
            return intention._replace(fields={"cause": self._diagnose(intention.person)})
        return intention

    def words_of(self, intention: Intention, response: Response) -> dict[str, Any]:
        """What a person who means to write an update writes, with what they have seen by now, and promises."""
        audience = intention.fields["audience"]
        said: dict[str, Any] = {"audience": audience, **self._account.update(audience, response)}
        severity = self._organization.severities[response.severity or ""]
        every_ms = severity.internal_every if audience == "internal" else severity.customers_every
        if every_ms is not None and said["status"] != "resolved":
            said["next_update_by_ms"] = intention.due_ms + every_ms
        return said

    def cancel(self, person: str) -> None:
        """Somebody else takes this person's seat: whatever they intended is dropped."""
        self._queue = [intention for intention in self._queue if intention.person != person]
        heapq.heapify(self._queue)

    def observe(self, record: Record, response: Response) -> None:
        """Something happened that players can see."""
        self._account.observe(record)
        sees = self._sees.get(record["type"])
        if sees is not None and self._treatment.responds:
            sees(record, response)

    def holder(self, role: str, response: Response) -> str | None:
        """Who does what is for a role to do: whoever has it, else the first who is at work."""
        return response.roles.get(role) or next(iter(self._awake_since), None)

    def considered(self, intention: Intention, response: Response) -> None:
        """The person has come to judge something by themselves; what they do about it is planned."""
        (self.watched if intention.action == "watch" else self._reassess)(intention, response)

    def _look_again(self, record: Record, delay_ms: int) -> None:
        """Somebody will look again how bad it is, where there is a matrix to tell."""
        if self._organization.impact_matrix:
            self._plan(record, delay_ms, "reassess")

    def _reassess(self, intention: Intention, response: Response) -> None:
        """The person looks again how bad it is, over all the time since it became known."""
        if response.state not in OPEN_STATES or self._treatment.diagnosis == "wrong":
            return
        facts = self._world.visible_impact(self._detected_ms)
        severity = classify(self._organization.impact_matrix, facts)
        if severity is not None and severity != response.severity:
            record = {"person": intention.person, "at_ms": intention.due_ms, "record": intention.because}
            self._plan(record, 0, "change_severity", severity=severity, reason="by the impact matrix")

    def watched(self, intention: Intention, response: Response) -> None:
        """The person has watched a change for a while and judges whether it helped."""
        objectives = self._world.flow.objectives.values()
        limit = min((objective.error_ratio for objective in objectives), default=0.0)
        record = {"person": intention.person, "at_ms": intention.due_ms, "record": intention.because}
        if self._world.seen_error_ratio(intention.fields["watch_ms"]) <= limit:
            if response.state in ("investigating", "identified"):
                self._plan(record, 0, "monitor")
        else:
            self._next_step(record)

    # What people see, by type of record.

    def _on_incident_triggered(self, record: Record, _response: Response) -> None:
        self._detected_ms = record["at_ms"]

    def _on_runbook_opened(self, record: Record, _response: Response) -> None:
        runbook = self._organization.runbooks[record["runbook"]]
        self._runbook += [*runbook.immediate, *runbook.investigate]

    def _on_page(self, record: Record, _response: Response) -> None:
        self._pages[record["key"]] = record

    def _on_delivered(self, record: Record, _response: Response) -> None:
        page = self._pages.get(record["key"])
        if page is None:
            return
        person = page["to"]
        if self._treatment.waits and self._luck.happens("no_acknowledgement", person):
            return
        delay_ms = self._luck.duration_ms("acknowledge", person)
        self._plan({**record, "person": person}, delay_ms, "acknowledge")

    def _on_page_acknowledged(self, record: Record, response: Response) -> None:
        person, now_ms = record["person"], record["at_ms"]
        self._awake_since.setdefault(person, now_ms)
        if response.state == "acknowledged":
            if not any(intention.action == "declare" for intention in self._queue):
                assert self._detected_ms is not None
                due_ms = max(now_ms, self._detected_ms + self._luck.duration_ms("declare", person))
                title = next(page["summary"] for page in self._pages.values() if page["to"] == person)
                self._plan(record, due_ms - now_ms, "declare", title=title)
        elif (role := response.role_offered_to(person)) is not None and person not in response.roles.values():
            self._plan(record, self._luck.duration_ms("join", person), "join", role=role)

    def _on_incident_declared(self, record: Record, response: Response) -> None:
        for person in self._awake_since:
            role = response.role_offered_to(person)
            if role is not None:
                self._plan({**record, "person": person}, self._luck.duration_ms("join", person), "join", role=role)

    def _on_role_joined(self, record: Record, response: Response) -> None:
        person, role = record["person"], record["role"]
        if role == "technical_lead" and response.state == "declared":
            self._plan(record, 0, "investigate")
        if role == "commander" and response.state in OPEN_STATES:
            self._look_again(record, self._luck.duration_ms("reassess", person))
        if role == "communication_lead":
            severity = self._organization.severities[response.severity or ""]
            due_ms = response.next_internal_update_due_ms
            if severity.internal_every is not None and due_ms is not None:
                self._plan_internal_update(record, due_ms - record["at_ms"], severity.internal_every)
            if severity.customers_within is not None:
                self._plan(record, self._luck.duration_ms("customer_notice", person), "update", audience="customers")

    def _on_investigation_started(self, record: Record, _response: Response) -> None:
        self._plan(record, self._luck.duration_ms("identify", record["person"], tired=True), "identify")
        if self._treatment.waits and not self._examining:
            self._next_method(record)

    def _on_examination_finished(self, record: Record, response: Response) -> None:
        self._examining = False
        if response.state == "investigating":
            self._next_method(record)

    def _on_finding_revealed(self, record: Record, response: Response) -> None:
        finding = next(one for one in self._world.scenario.findings if one.id == record["finding"])
        if not finding.decisive:
            self._suspects += [finding.points_to] if finding.points_to is not None else []
            return
        self._knows = True
        for intention in self._queue:
            if intention.action == "identify" and response.state == "investigating":
                delay_ms = self._luck.duration_ms("conclude", record["person"])
                if intention.due_ms > record["at_ms"] + delay_ms:
                    self._drop(intention)
                    self._plan(record, delay_ms, "identify")
                return

    def _on_cause_identified(self, record: Record, response: Response) -> None:
        self._tell_customers(record, response)
        self._look_again(record, 0)
        cause = self._organization.services[record["cause"]]
        self._playbook = cause.playbook or ""
        self._steps = list(dict.fromkeys([*self._runbook, *self._playbooks.get(self._playbook, ())]))
        self._runbook = []
        if self._treatment.actions == "effective":
            self._steps = self._world.effective_actions()
        elif self._treatment.actions == "harmful first":
            self._steps = self._world.harmful_actions() + self._steps
        self._next_step(record)

    def _on_mitigation_finished(self, record: Record, _response: Response) -> None:
        if self._organization.actions[record["action"]].kind == "look":
            self._next_step(record)
        else:
            watch_ms = max(1, self._luck.duration_ms("watch", record["person"]))
            self._plan(record, watch_ms, "watch", watch_ms=watch_ms)

    def _on_approval_asked(self, record: Record, response: Response) -> None:
        person = response.roles.get(record["role"])
        if person is not None:
            self._plan(
                {**record, "person": person},
                self._luck.duration_ms("approve", person),
                "approve",
                action=record["action"],
            )

    def _on_approval_lapsed(self, record: Record, _response: Response) -> None:
        self._next_step(record)

    def _on_approval_declined(self, record: Record, _response: Response) -> None:
        self._next_step({**record, "person": record["asked_by"]})

    def _on_monitoring_started(self, record: Record, response: Response) -> None:
        self._tell_customers(record, response)
        person = response.roles.get("commander", record["person"])
        window_ms = self._organization.closure.verify_for
        if self._treatment.waits and self._luck.happens("impatience", person):
            reason = "The graphs look fine."
            self._plan({**record, "person": person}, window_ms // 2, "resolve", override=reason)
        else:
            self._plan({**record, "person": person}, window_ms, "verify")

    def _on_checklist_opened(self, record: Record, _response: Response) -> None:
        """Each owner goes through what nothing else proves, once, and may forget one or the other."""
        name = record["checklist"]
        checklist = self._organization.checklists[name]
        for planned in [one for one in self._queue if one.fields.get("checklist") == name]:
            self._drop(planned)  # It begins anew.
        within_ms = checklist.within or self._organization.closure.verify_for
        owners: dict[str, list[str]] = {}
        for item in checklist.items:
            if not item.proof:
                owners.setdefault(item.owner, []).append(item.id)
        for owner, items in owners.items():
            remembered = [item for item in items if not self._luck.forgotten(owner)]
            if remembered:
                number = self._luck.count("tick", owner)
                share = LATEST_TICK * self._world.draws.uniform(owner, "tick", number) if self._treatment.waits else 0
                # Who holds the role by then ticks.
                self._plan(
                    {**record, "person": owner}, round(within_ms * share), "tick", items=remembered, checklist=name
                )

    def _on_incident_reopened(self, record: Record, response: Response) -> None:
        person = response.roles.get("technical_lead", record.get("person"))
        if person is not None:
            self._plan({**record, "person": person}, 0, "investigate")

    def _on_verification_finished(self, record: Record, response: Response) -> None:
        if record["passed"]:
            self._plan(record, self._luck.duration_ms("decide", record["person"]), "resolve")
        else:
            person = response.roles.get("technical_lead", record["person"])
            self._plan({**record, "person": person}, 0, "investigate")

    def _on_update_posted(self, record: Record, response: Response) -> None:
        severity = self._organization.severities[response.severity or ""]
        if record["audience"] == "customers":
            self._customers_told = True
            if severity.customers_every is not None and record["status"] != "resolved":
                self._plan_customer_update(record, severity.customers_every)
        elif severity.internal_every is not None:
            self._plan_internal_update(record, severity.internal_every, severity.internal_every)

    def _on_update_overdue(self, record: Record, response: Response) -> None:
        """Whoever communicates is reminded, and posts soon if they did not mean to post sooner."""
        person, audience = response.roles.get("communication_lead"), record["audience"]
        if person is None:
            return
        reminded = {**record, "person": person}
        delay_ms = self._luck.duration_ms("reminded", person)
        for intention in self._queue:
            if intention.action == "update" and intention.fields["audience"] == audience:
                if intention.due_ms > record["at_ms"] + delay_ms:
                    self._drop(intention)
                    self._plan(reminded, delay_ms, "update", **intention.fields)
                return
        self._plan(reminded, delay_ms, "update", audience=audience)

    def _on_incident_resolved(self, record: Record, response: Response) -> None:
        """What anybody still meant to do is off, but for the letter that tells customers what happened."""
        self._queue.clear()
        severity = self._organization.severities[response.severity or ""]
        person = response.roles.get("communication_lead")
        owed = self._customers_told or severity.customers_within is not None
        if person is not None and owed and self._organization.tools.email is not None:
            delay_ms = self._luck.duration_ms("status_change", person)
            self._plan({**record, "person": person}, delay_ms, "update", audience="customers")

    # Intentions.

    def _plan(self, record: Mapping[str, Any], delay_ms: int, action: str, /, **fields: object) -> None:
        """The record's person means to do this, `delay_ms` after the record."""
        self._planned += 1
        due_ms = record["at_ms"] + delay_ms
        intention = Intention(due_ms, self._planned, record["person"], action, fields, record["record"])
        heapq.heappush(self._queue, intention)

    def _drop(self, dropped: Intention) -> None:
        self._queue.remove(dropped)
        heapq.heapify(self._queue)

    def _plan_internal_update(self, record: Record, due_in_ms: int, interval_ms: int) -> None:
        """The next update to the team, due after a while, is posted early, on time or late; it promises another."""
        delay_ms = max(0, due_in_ms + self._luck.lateness_ms("update", record["person"], interval_ms))
        self._plan(record, delay_ms, "update", audience="internal")

    def _plan_customer_update(self, record: Record, interval_ms: int) -> None:
        """The same for customers; what was planned before counted from an earlier update."""
        for intention in [one for one in self._queue if one.fields.get("regular")]:
            self._drop(intention)
        delay_ms = max(0, interval_ms + self._luck.lateness_ms("customer update", record["person"], interval_ms))
        self._plan(record, delay_ms, "update", audience="customers", regular=True)

    def _tell_customers(self, record: Record, response: Response) -> None:
        """Customers who have been told of the incident are told how it stands, after a while."""
        person = response.roles.get("communication_lead")
        if person is not None and self._customers_told:
            delay_ms = self._luck.duration_ms("status_change", person)
            self._plan({**record, "person": person}, delay_ms, "update", audience="customers")

    def _next_method(self, record: Mapping[str, Any]) -> None:
        """The person looks in a way that nobody has tried yet; which comes first differs from one to the next."""
        person = record["person"]
        left = [method for method in self._organization.investigation if method not in self._tried]
        if left and not self._knows:
            number = self._luck.count("method", person)
            method = left[int(self._world.draws.uniform(person, "method", number) * len(left))]
            self._tried.add(method)
            self._examining = True
            self._plan(record, 0, "examine", method=method)

    def _next_step(self, record: Mapping[str, Any]) -> None:
        """The next action of the playbook, or a fresh look at what the cause may be when there is none left."""
        if self._steps:
            action = self._steps.pop(0)
            self._plan(record, 0, "start_mitigation", action=action, playbook=self._playbook)
        else:
            self._plan(record, 0, "investigate")

    def _classify(self, person: str) -> str:
        """The severity that somebody declares: the matrix' on what can be seen, or the alert's where that is higher;
        sometimes one too high or too low.
        """
        severities = list(self._organization.severities)
        true = self._world.scenario.severity
        if self._treatment.diagnosis == "right" or not self._organization.impact_matrix:
            return true
        by_matrix = classify(self._organization.impact_matrix, self._world.visible_impact())
        claimed = next((page["severity"] for page in self._pages.values() if page["to"] == person), None)
        chosen = worse(severities, by_matrix, claimed) or severities[-1]
        wrong = self._luck.happens("wrong_severity", person)
        if self._treatment.diagnosis == "wrong":
            step = 1
        elif wrong:
            number = self._luck.counts[person, "wrong_severity"]
            step = 1 if self._world.draws.uniform(person, "too low", number) < 0.5 else -1
        else:
            step = 0
        return severities[min(max(severities.index(chosen) + step, 0), len(severities) - 1)]

    def _diagnose(self, person: str) -> str:
        """The cause that an investigation comes to, by the world's draw: a service under a fault, or another one."""
        causes = self._world.causes()
        innocent = [name for name in self._organization.services if name not in causes]
        others = [name for name in innocent if self._organization.services[name].playbook] or innocent
        wrong = self._luck.happens("wrong_diagnosis", person) and not self._knows
        misled = [name for name in self._suspects if name in others]
        others = misled or others
        if self._treatment.diagnosis != "drawn":
            wrong = self._treatment.diagnosis == "wrong"
        if (wrong or not causes) and others:
            number = self._luck.counts[person, "wrong_diagnosis"]
            return others[int(self._world.draws.uniform(person, "wrong cause", number) * len(others))]
        return causes[0]
