"""A small organisation, and a bench on which a workflow is driven by hand in virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from drills.response.messages import Act, Emission, Message, Outcome, Signal
from drills.response.workflow import Workflow
from scenarios.monitoring import Monitoring
from scenarios.organization import Closure, Delivery, EmailTool, Organization, Service, Tool, Tools
from scenarios.people import ChainStep, Escalation, EscalationLevel, Person, Role, Schedule, Severity
from simulator import events

T = TypeVar("T")

SECOND, MINUTE = 1_000, 60_000
STARTS_AT = datetime(2025, 8, 6, 14, 0, tzinfo=UTC)  # Wednesday of 2025-W32.
TOOL_OF = {
    "page": "pager",
    "post": "chat",
    "open_ticket": "tracker",
    "publish": "status_page",
    "send_email": "email",
    "notify_in_app": "in_app",
}
INTERNAL = {
    "status": "investigating",
    "impact": "Calls fail.",
    "progress": "Looking at the vendor.",
    "next_steps": "Try the fallback.",
    "eta": "10 minutes",
    "need_help": "No.",
}
"""An update to colleagues, filled in."""
CUSTOMERS: dict[str, dict[str, str]] = {
    "investigating": {"issue_description": "failing calls"},
    "identified": {"component": "the voice vendor", "eta": "10 minutes"},
    "monitoring": {},
    "resolved": {
        "non_technical_explanation": "A vendor failed.",
        "customer_impact_description": "Calls failed.",
        "resolution_summary": "We went round the vendor.",
        "prevention_measure_1": "One.",
        "prevention_measure_2": "Two.",
        "prevention_measure_3": "Three.",
    },
}
"""An update to customers, filled in, by its status."""


def changed(model: T, **changes: Any) -> T:
    """A copy of a model with other values for some fields."""
    kept = {field.name: getattr(model, field.name) for field in dataclass_fields(model)}  # type: ignore[arg-type]
    return type(model)(**{**kept, **changes})


def person(title: str) -> Person:
    return Person(title=title, email="someone@example.org", profile="primary")


def tool(name: str) -> Tool:
    return Tool(service=name, url=f"https://{name}.example.org")


SMALL = Organization(
    organization="small",
    title="Small",
    services={"api": Service(title="API")},
    monitoring=Monitoring(scrape_interval=15_000, evaluation_interval=15_000, rule_files=(), jobs=()),
    severities={
        "P0": Severity(
            title="Critical",
            impact="all",
            roles=("commander", "technical_lead"),
            pages=True,
            internal_every=15 * MINUTE,
        ),
        "P1": Severity(
            title="High",
            impact="much",
            roles=("commander", "technical_lead", "communication_lead"),
            pages=True,
            internal_every=15 * MINUTE,
            customers_within=30 * MINUTE,
        ),
        "P2": Severity(title="Medium", impact="some", roles=("technical_lead",), pages=False),
    },
    people={name: person(name) for name in ("ann", "ben", "cat", "dan", "eve")},
    roles={
        "commander": Role(title="Commander", filled_by=("primary", "cat")),
        "technical_lead": Role(title="Technical lead", filled_by=("primary", "secondary")),
        "communication_lead": Role(title="Communication lead", filled_by=("eve", "cat")),
        "scribe": Role(title="Scribe", filled_by=("dan",)),
    },
    schedules={
        "primary": Schedule(rotation=("ann", "ben"), since="2025-W32"),
        "secondary": Schedule(rotation=("ben", "ann"), since="2025-W32"),
        "empty": Schedule(rotation=("dan",), since="2026-W01"),
    },
    escalation=Escalation(
        levels=(
            EscalationLevel(targets=("primary",), timeout=5 * MINUTE),
            EscalationLevel(targets=("empty",), timeout=5 * MINUTE),
            EscalationLevel(targets=("secondary", "cat"), timeout=10 * MINUTE),
        ),
        repeats=1,
        chain=(
            ChainStep(after=60 * MINUTE, target="dan", condition="major_impact"),
            ChainStep(after=90 * MINUTE, target="eve", condition="customer_impact"),
        ),
    ),
    delivery=Delivery(retry_every=30 * SECOND, give_up_after=2 * MINUTE),
    tools=Tools(pager=tool("pager"), chat=tool("chat"), tracker=tool("tracker"), status_page=tool("status-page")),
    incident_channel="#incidents",
    status_url="https://status.example.org",
    meeting_url="https://meet.example.org/war-room",
    closure=Closure(verify_for=5 * MINUTE, close_after=120 * MINUTE),
)

WITH_EVERY_CHANNEL = changed(
    SMALL,
    tools=changed(
        SMALL.tools,
        email=EmailTool(
            service="email", host="smtp.example.org", sender="us@example.org", customers="customers@example.org"
        ),
        in_app=tool("api"),
    ),
    severities={
        **SMALL.severities,
        "P1": changed(SMALL.severities["P1"], customers_every=60 * MINUTE),
    },
)
"""The same, with letters and notices in the product, and with a promise to customers of further updates."""


class Record(NamedTuple):
    """As a journal would hold it; its number is its place in the list, from 1."""

    at_ms: int
    kind: str
    fields: dict[str, Any]
    because: int


class Bench:
    """Drives a workflow, checks every emission against the table of events, and answers its commands.

    `status` says what HTTP status a tool answers an attempt with, from the command's kind and the time; None keeps the
    outcome back.
    """

    def __init__(
        self,
        organization: Organization = SMALL,
        status: Callable[[str, int], int | None] = lambda kind, at_ms: 200,
        starts_at: datetime = STARTS_AT,
    ) -> None:
        self.workflow = Workflow(organization, starts_at)
        self.status = status
        self.now_ms = 0
        self.records: list[Record] = []
        self.kept: list[Outcome] = []
        self._queue: deque[Outcome] = deque()

    def run_until(self, at_ms: int) -> None:
        """Fire every deadline up to and at a time."""
        while (due_ms := self.workflow.next_deadline()) is not None and due_ms <= at_ms:
            self.now_ms = due_ms
            self._record(self.workflow.fire_deadline())
        self.now_ms = at_ms

    def signal(self, at_ms: int = 0, severity: str | None = None) -> list[Record]:
        self.run_until(at_ms)
        number = self._note("alert_fired", {})
        return self.receive(Signal("alert", "HighErrorRate", "Many errors", severity, number))

    def act(self, at_ms: int, who: str, action: str, /, **fields: Any) -> list[Record]:
        self.run_until(at_ms)
        return self.receive(Act(action, who, fields, len(self.records)))

    def tell(
        self, at_ms: int, who: str, audience: str, status: str = "investigating", /, **fields: Any
    ) -> list[Record]:
        """An update with every field filled in; `fields` are further ones, or others."""
        said = {**INTERNAL, "status": status} if audience == "internal" else {"status": status, **CUSTOMERS[status]}
        return self.act(at_ms, who, "update", **{"audience": audience, **said, **fields})

    def receive(self, message: Message) -> list[Record]:
        """What followed, retries and outcomes at the same moment included."""
        before = len(self.records)
        self._record(self.workflow.receive(message, self.now_ms))
        return self.records[before:]

    def declared(self, severity: str = "P1") -> Bench:
        """Triggered at 0:00, taken by ann at 1:00 and declared at 2:00."""
        self.signal()
        self.act(1 * MINUTE, "ann", "acknowledge")
        self.act(2 * MINUTE, "ann", "declare", severity=severity, title="Voice is down")
        return self

    def monitoring(self, severity: str = "P1") -> Bench:
        """Declared, then investigated from 3:00, and watched from 4:00."""
        self.declared(severity)
        self.act(3 * MINUTE, "ann", "investigate")
        self.act(4 * MINUTE, "ann", "monitor")
        return self

    def of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def paged(self) -> list[tuple[float, str, str]]:
        """Minute, person and reason of every first attempt to page somebody."""
        return [
            (record.at_ms / MINUTE, record.fields["to"], record.fields["reason"])
            for record in self.of("page")
            if record.fields["attempt"] == 1
        ]

    def times(self, kind: str, **fields: Any) -> list[float]:
        """Minutes of the records of a kind that have these values."""
        found = [record for record in self.of(kind) if fields.items() <= record.fields.items()]
        return [record.at_ms / MINUTE for record in found]

    def _note(self, kind: str, fields: Mapping[str, Any], because: int = 0) -> int:
        self.records.append(Record(self.now_ms, kind, dict(fields), because))
        return len(self.records)

    def _record(self, emissions: list[Emission]) -> None:
        numbers: list[int] = []
        for kind, fields, because in emissions:
            events.check(kind, fields)
            numbers.append(self._note(kind, fields, numbers[-because - 1] if because < 0 else because))
            if events.EVENT_TYPES[kind].command:
                self._answer(kind, fields, numbers[-1])
        while self._queue:
            self._record(self.workflow.receive(self._queue.popleft(), self.now_ms))

    def _answer(self, kind: str, fields: Mapping[str, Any], number: int) -> None:
        status = self.status(kind, self.now_ms)
        good = status is not None and 200 <= status < 300
        error, reference = ("", f"{kind}-reference") if good else ("refused", "")
        outcome = Outcome(
            fields["key"], fields["attempt"], good, TOOL_OF[kind], status or 200, error, reference, number
        )
        if status is None:
            self.kept.append(outcome._replace(delivered=True, error=""))
        else:
            self._queue.append(outcome)
