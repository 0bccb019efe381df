"""Whatever people, tools and time do, in whatever order: what must always hold of an incident."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from drills.response.messages import Act
from drills.response.states import ActionRefused
from scenarios.organization import Action, Runbook, RunbookEscalation, Service
from scenarios.procedure import Checklist, ChecklistItem, Method, Proof
from simulator.events import EVENT_TYPES
from tests.drills.response.bench import CUSTOMERS, INTERNAL, MINUTE, TOOL_OF, WITH_EVERY_CHANNEL, Bench, changed

PEOPLE = st.sampled_from([*WITH_EVERY_CHANNEL.people, "a stranger"])
ROLES = [*WITH_EVERY_CHANNEL.roles, "pilot"]
FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "acknowledge": st.just({}),
    "declare": st.fixed_dictionaries({"severity": st.sampled_from(["P0", "P1", "P2", "P9"]), "title": st.just("Down")}),
    "change_severity": st.fixed_dictionaries(
        {"severity": st.sampled_from(["P0", "P1", "P2", "P9"]), "reason": st.sampled_from(["more users", ""])}
    ),
    "join": st.fixed_dictionaries({"role": st.sampled_from(ROLES)}),
    "investigate": st.just({}),
    "identify": st.sampled_from([{"cause": "vendor"}, {"cause": ""}, {}]),
    "start_mitigation": st.fixed_dictionaries({"action": st.sampled_from("ab")}),
    "examine": st.fixed_dictionaries({"method": st.sampled_from(["logs", "metrics", "stars"])}),
    "finish_examination": st.fixed_dictionaries({"method": st.sampled_from(["logs", "metrics"])}),
    "approve": st.fixed_dictionaries({"action": st.sampled_from("ab")}),
    "decline": st.fixed_dictionaries({"action": st.sampled_from("ab"), "reason": st.sampled_from(["too risky", ""])}),
    "finish_mitigation": st.fixed_dictionaries({"action": st.sampled_from("ab")}),
    "monitor": st.just({}),
    "update": st.sampled_from(
        [
            {"audience": "internal", **INTERNAL},
            {"audience": "internal", **INTERNAL, "eta": ""},
            *({"audience": "customers", "status": status, **fields} for status, fields in CUSTOMERS.items()),
            {"audience": "customers", "status": "resolved"},
            {"audience": "press"},
        ]
    ),
    "verify": st.fixed_dictionaries({"passed": st.booleans()}),
    "resolve": st.sampled_from([{}, {"override": "It looks fine"}, {"override": ""}]),
    "tick": st.sampled_from([{"items": ["told"]}, {"items": ["look", "told"]}, {"items": []}, {}]),
    "reopen": st.just({}),
}
EVERYTHING = changed(
    WITH_EVERY_CHANNEL,
    escalation=changed(WITH_EVERY_CHANNEL.escalation, ack_timeout=20 * MINUTE),
    actions={
        "a": Action(title="A", takes=MINUTE, kind="change"),
        "b": Action(title="B", takes=MINUTE, kind="change", approval="commander"),
    },
    investigation={name: Method(title=name, takes=MINUTE) for name in ("logs", "metrics")},
    services={"vendor": Service(title="Vendor", kind="database")},
    checklists={
        "first": Checklist(
            title="First",
            phase="detection",
            from_="detected",
            within=5 * MINUTE,
            items=(
                ChecklistItem(id="look", says="Look", owner="commander", proof=(Proof(event="investigation_started"),)),
            ),
        ),
        "after": Checklist(
            title="After",
            phase="follow_up",
            from_="resolved",
            within=30 * MINUTE,
            items=(ChecklistItem(id="told", says="Tell", owner="commander"),),
        ),
    },
    runbooks={
        "errors": Runbook(
            title="Errors",
            url="https://docs.example.org/errors",
            alerts=("HighErrorRate",),
            immediate=(),
            escalation=(
                RunbookEscalation(when="not_restored", after=15 * MINUTE, target="eve"),
                RunbookEscalation(when="database_suspected", target="dan"),
            ),
        )
    },
)
"""Every part of the procedure at once."""
STATUSES = st.sampled_from([200, 202, 0, 400, 429, 503, None])


class Incident(RuleBasedStateMachine):
    """Acts are drawn half from what is allowed, so that long histories are reached, and half from everything."""

    def __init__(self) -> None:
        super().__init__()
        self.tools: dict[str, int | None] = {}
        self.bench = Bench(EVERYTHING, status=lambda kind, at_ms: self.tools.get(kind, 200))
        self.checked = 0
        self.delivered: set[str] = set()
        self.attempts: dict[str, tuple[int, dict[str, Any]]] = {}
        self.was_over = False

    @initialize()
    def something_is_wrong(self) -> None:
        self.bench.signal(severity="P1")

    @rule()
    def another_signal(self) -> None:
        self.bench.signal(self.bench.now_ms)

    @rule(kind=st.sampled_from(sorted(TOOL_OF)), status=STATUSES)
    def a_tool_breaks_or_heals(self, kind: str, status: int | None) -> None:
        self.tools[kind] = status

    @rule(minutes=st.sampled_from([0, 1, 5, 20, 70]))
    def time_passes(self, minutes: int) -> None:
        self.bench.run_until(self.bench.now_ms + minutes * MINUTE)

    @precondition(lambda self: self.bench.workflow.next_deadline() is not None)
    @rule()
    def the_next_deadline_comes(self) -> None:
        self.bench.run_until(self.bench.workflow.next_deadline() or 0)

    @rule(data=st.data(), who=PEOPLE, sensible=st.booleans())
    def somebody_acts(self, data: st.DataObject, who: str, sensible: bool) -> None:
        allowed = self.bench.workflow.allowed_actions()
        action = data.draw(st.sampled_from(allowed if sensible and allowed else sorted(FIELDS)))
        fields = data.draw(FIELDS[action])
        self.bench.run_until(self.bench.now_ms)
        before, records = self._seen(), len(self.bench.records)
        try:
            self.bench.receive(Act(action, who, fields, records))
            assert action in allowed, f"{action} was done but not offered"
        except ActionRefused as refusal:
            assert len(self.bench.records) == records
            assert self._seen() == before, "a refused act changed something"
            assert refusal.allowed == allowed

    @precondition(lambda self: self.bench.kept)
    @rule(data=st.data(), good=st.booleans())
    def an_answer_comes_late(self, data: st.DataObject, good: bool) -> None:
        kept = self.bench.kept.pop(data.draw(st.integers(0, len(self.bench.kept) - 1)))
        self.bench.run_until(self.bench.now_ms)
        self.bench.receive(kept if good else kept._replace(delivered=False, status=0, error="timed out"))

    @invariant()
    def an_open_incident_is_never_forgotten(self) -> None:
        workflow = self.bench.workflow
        if workflow.state not in (None, "resolved", "closed"):
            due_ms = workflow.next_deadline()
            assert due_ms is not None
            assert self.bench.now_ms <= due_ms <= self.bench.now_ms + 60 * MINUTE

    @invariant()
    def nobody_holds_two_roles(self) -> None:
        holders = list(self.bench.workflow.roles.values())
        assert len(holders) == len(set(holders))

    @invariant()
    def the_history_makes_sense(self) -> None:
        records = self.bench.records
        for number in range(self.checked, len(records)):
            record = records[number]
            assert number == 0 or record.at_ms >= records[number - 1].at_ms, "time went back"
            assert record.because <= number, "a record is because of a later one"
            if record.kind in ("incident_resolved", "incident_closed", "incident_reopened"):
                self.was_over = record.kind != "incident_reopened"
            if record.kind == "page":
                assert not self.was_over, "somebody was paged although it is over"
            if EVENT_TYPES[record.kind].command:
                self._check_attempt(record.fields)
            if record.kind == "delivered":
                self.delivered.add(record.fields["key"])
        self.checked = len(records)
        assert len(self.bench.of("team_assembled")) <= 1

    def _check_attempt(self, fields: dict[str, Any]) -> None:
        key, attempt = fields["key"], fields["attempt"]
        rest = {name: value for name, value in fields.items() if name != "attempt"}
        before, said = self.attempts.get(key, (0, rest))
        assert key not in self.delivered, "sent again after it was delivered"
        assert attempt == before + 1, "an attempt is missing"
        assert rest == said, "a repeated attempt says something else"
        self.attempts[key] = (attempt, rest)

    def _seen(self) -> tuple[Any, ...]:
        workflow = self.bench.workflow
        inside = workflow._incident
        return (
            workflow.state,
            workflow.incident_id,
            workflow.severity,
            dict(workflow.roles),
            workflow.allowed_actions(),
            workflow._pager.acknowledged.copy(),
            {name: deadline[:4] for name, deadline in inside.deadlines._current.items()},
            (inside.now_ms, inside.because, inside.title),
        )


Incident.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestIncident = Incident.TestCase
