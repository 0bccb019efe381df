"""Modelled responders: they see what was delivered to them, and keep nothing but cancellable intentions.

An intention is something that a person will do at a moment unless it is cancelled, so that a seat can change hands at
any time. How long things take is drawn by (person, purpose, how many times before), from the profiles.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from scenarios.profiles import Profiles, Value
from simulator.detection import is_day
from simulator.journal import Record
from simulator.responders.treatments import Treatment
from simulator.world import NEVER, World

INERTIA_HALF_LIFE_MIN = 7
INERTIA_ASYMPTOTE = 1.1
"""Sleep inertia: slowdown = asymptote + (factor at waking - asymptote) * 2^(-minutes / half-life); see the profiles."""

LATENESS = ((0.87, 300_000), (0.96, 900_000), (1.0, 1_800_000))
"""Promised updates that are late: cumulative share by lateness in ms, straight lines between. 87 % come within 5 min
and 96 % within 15 (Google Cloud status pages, n = 273, as `update_on_time` in the profiles); 30 min at most."""

EARLY_SHARE = 0.25
"""An update that is on time comes at most this share of the interval early (proposal)."""


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
        self._world, self._profiles, self._treatment, self._playbooks = world, profiles, treatment, playbooks
        self._organization = world.organization
        self._queue: list[Intention] = []
        self._planned = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._pages: dict[str, Record] = {}
        self._detected_ms: int | None = None
        self._awake_since: dict[str, int] = {}
        self._steps: list[str] = []
        self._playbook = ""
        self._customers_told = False
        self._sees = {name[4:]: getattr(self, name) for name in dir(self) if name.startswith("_on_")}

    def next_due(self) -> int:
        """When somebody does something next, ms; `NEVER` if nobody will."""
        return self._queue[0].due_ms if self._queue else NEVER

    def take(self) -> Intention:
        """The next thing that somebody does; it is their intention no longer."""
        intention = heapq.heappop(self._queue)
        if intention.action == "identify":
            return intention._replace(fields={"cause": self._diagnose(intention.person)})
        if intention.action == "verify":
            window_ms = self._organization.closure.verify_for
            return intention._replace(fields={"passed": self._world.objectives_held_for(window_ms)})
        return intention

    def cancel(self, person: str) -> None:
        """Somebody else takes this person's seat: whatever they intended is dropped."""
        self._queue = [intention for intention in self._queue if intention.person != person]
        heapq.heapify(self._queue)

    def observe(self, record: Record, response: Response) -> None:
        """Something happened that players can see."""
        sees = self._sees.get(record["type"])
        if sees is not None and self._treatment.responds:
            sees(record, response)

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

    def _on_page(self, record: Record, _response: Response) -> None:
        self._pages[record["key"]] = record

    def _on_delivered(self, record: Record, _response: Response) -> None:
        page = self._pages.get(record["key"])
        if page is None:
            return
        person = page["to"]
        if self._treatment.waits and self._draw_share("no_acknowledgement", person):
            return
        delay_ms = self._draw_ms("acknowledge", person)
        self._plan({**record, "person": person}, delay_ms, "acknowledge")

    def _on_page_acknowledged(self, record: Record, response: Response) -> None:
        person, now_ms = record["person"], record["at_ms"]
        self._awake_since.setdefault(person, now_ms)
        if response.state == "acknowledged":
            if not any(intention.action == "declare" for intention in self._queue):
                assert self._detected_ms is not None
                due_ms = max(now_ms, self._detected_ms + self._draw_ms("declare", person))
                severity = self._world.scenario.severity
                title = next(page["summary"] for page in self._pages.values() if page["to"] == person)
                self._plan(record, due_ms - now_ms, "declare", severity=severity, title=title)
        elif (role := response.role_offered_to(person)) is not None and person not in response.roles.values():
            self._plan(record, self._draw_ms("join", person), "join", role=role)

    def _on_incident_declared(self, record: Record, response: Response) -> None:
        for person in self._awake_since:
            role = response.role_offered_to(person)
            if role is not None:
                self._plan({**record, "person": person}, self._draw_ms("join", person), "join", role=role)

    def _on_role_joined(self, record: Record, response: Response) -> None:
        person, role = record["person"], record["role"]
        if role == "technical_lead" and response.state == "declared":
            self._plan(record, 0, "investigate")
        if role == "communication_lead":
            severity = self._organization.severities[response.severity or ""]
            due_ms = response.next_internal_update_due_ms
            if severity.internal_every is not None and due_ms is not None:
                self._plan_internal_update(record, due_ms - record["at_ms"], severity.internal_every)
            if severity.customers_within is not None:
                self._plan(record, self._draw_ms("customer_notice", person), "update", audience="customers")

    def _on_investigation_started(self, record: Record, _response: Response) -> None:
        self._plan(record, self._draw_ms("identify", record["person"], tired=True), "identify")

    def _on_cause_identified(self, record: Record, response: Response) -> None:
        self._tell_customers(record, response)
        cause = self._organization.services[record["cause"]]
        self._playbook = cause.playbook or ""
        self._steps = list(self._playbooks.get(self._playbook, ()))
        if self._treatment.actions == "effective":
            self._steps = self._world.effective_actions()
        elif self._treatment.actions == "harmful first":
            self._steps = self._world.harmful_actions() + self._steps
        self._next_step(record)

    def _on_mitigation_finished(self, record: Record, _response: Response) -> None:
        if self._organization.actions[record["action"]].kind == "look":
            self._next_step(record)
        else:
            watch_ms = max(1, self._draw_ms("watch", record["person"]))
            self._plan(record, watch_ms, "watch", watch_ms=watch_ms)

    def _on_monitoring_started(self, record: Record, response: Response) -> None:
        self._tell_customers(record, response)
        person = response.roles.get("commander", record["person"])
        self._plan({**record, "person": person}, self._organization.closure.verify_for, "verify")

    def _on_verification_finished(self, record: Record, response: Response) -> None:
        if record["passed"]:
            self._plan(record, self._draw_ms("decide", record["person"]), "resolve")
        else:
            person = response.roles.get("technical_lead", record["person"])
            self._plan({**record, "person": person}, 0, "investigate")

    def _on_update_posted(self, record: Record, response: Response) -> None:
        if record["audience"] == "customers":
            self._customers_told = True
            return
        interval_ms = self._organization.severities[response.severity or ""].internal_every
        if interval_ms is not None:
            self._plan_internal_update(record, interval_ms, interval_ms)

    def _on_update_overdue(self, record: Record, response: Response) -> None:
        """Whoever communicates is reminded, and posts soon if they did not mean to post sooner."""
        person, audience = response.roles.get("communication_lead"), record["audience"]
        if person is None:
            return
        reminded = {**record, "person": person}
        delay_ms = self._draw_ms("reminded", person)
        for intention in self._queue:
            if intention.action == "update" and intention.fields["audience"] == audience:
                if intention.due_ms > record["at_ms"] + delay_ms:
                    self._drop(intention)
                    self._plan(reminded, delay_ms, "update", **intention.fields)
                return
        self._plan(reminded, delay_ms, "update", audience=audience)

    def _on_incident_resolved(self, _record: Record, _response: Response) -> None:
        self._queue.clear()

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
        delay_ms = max(0, due_in_ms + self._draw_lateness_ms(record["person"], interval_ms))
        self._plan(record, delay_ms, "update", audience="internal", next_update_by_ms=interval_ms)

    def _tell_customers(self, record: Record, response: Response) -> None:
        """Customers who have been told of the incident are told how it stands, after a while."""
        person = response.roles.get("communication_lead")
        if person is not None and self._customers_told:
            delay_ms = self._draw_ms("status_change", person)
            self._plan({**record, "person": person}, delay_ms, "update", audience="customers")

    def _next_step(self, record: Mapping[str, Any]) -> None:
        """The next action of the playbook, or a fresh look at what the cause may be when there is none left."""
        if self._steps:
            action = self._steps.pop(0)
            self._plan(record, 0, "start_mitigation", action=action, playbook=self._playbook)
        else:
            self._plan(record, 0, "investigate")

    def _diagnose(self, person: str) -> str:
        """The cause that an investigation comes to, by the world's draw: a service under a fault, or another one."""
        causes = self._world.causes()
        innocent = [name for name in self._organization.services if name not in causes]
        others = [name for name in innocent if self._organization.services[name].playbook] or innocent
        wrong = self._draw_share("wrong_diagnosis", person)
        if self._treatment.diagnosis != "drawn":
            wrong = self._treatment.diagnosis == "wrong"
        if (wrong or not causes) and others:
            number = self._counts[person, "wrong_diagnosis"]
            return others[int(self._world.draws.uniform(person, "wrong cause", number) * len(others))]
        return causes[0]

    # Draws.

    def _value(self, purpose: str, person: str) -> Value:
        who = self._organization.people[person]
        day = is_day(self._organization, self._world.scenario.starts_at, self._world.now)
        return self._profiles.parameters[purpose].value(who.profile, "day" if day else "night", who.training)

    def _draw_ms(self, purpose: str, person: str, tired: bool = False) -> int:
        """How long something takes a person this time, ms; nothing under a treatment that does not wait."""
        number = self._count(purpose, person)
        if not self._treatment.waits:
            return 0
        value = self._value(purpose, person)
        assert value.median is not None
        assert value.sigma is not None
        median_ms = value.median * (self._slowdown(person) if tired else 1.0)
        return self._world.draws.lognormal_ms(median_ms, value.sigma, person, purpose, number)

    def _draw_share(self, purpose: str, person: str) -> bool:
        """Whether something that happens in a share of cases happens this time."""
        number = self._count(purpose, person)
        share = self._value(purpose, person).share
        assert share is not None
        return self._world.draws.uniform(person, purpose, number) < share

    def _draw_lateness_ms(self, person: str, interval_ms: int) -> int:
        """How long after its promise an update is posted, ms; negative: before it."""
        number = self._count("update", person)
        early_ms = -int(interval_ms * EARLY_SHARE)
        if not self._treatment.waits:
            return early_ms
        on_time = self._value("update_on_time", person).share
        assert on_time is not None
        share = self._world.draws.uniform(person, "update", number)
        below, below_ms, at_ms = 0.0, early_ms, 0
        for until, until_ms in ((on_time, 0), *LATENESS):
            if share <= until:
                at_ms = until_ms
                return below_ms + round((at_ms - below_ms) * (share - below) / (until - below))
            below, below_ms = until, until_ms
        return below_ms

    def _count(self, purpose: str, person: str) -> int:
        self._counts[person, purpose] += 1
        return self._counts[person, purpose]

    def _slowdown(self, person: str) -> float:
        """How many times longer thinking takes for somebody who was woken a while ago."""
        at_waking = self._value("sleep_inertia", person).factor
        assert at_waking is not None
        if at_waking <= INERTIA_ASYMPTOTE:
            return at_waking
        minutes = (self._world.now - self._awake_since.get(person, self._world.now)) / 60_000
        return INERTIA_ASYMPTOTE + (at_waking - INERTIA_ASYMPTOTE) * 2 ** (-minutes / INERTIA_HALF_LIFE_MIN)
