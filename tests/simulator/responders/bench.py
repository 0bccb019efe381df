"""A crew at a table: tests say what its people see, and it tells what they intend to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from scenarios.organization import Action, Closure, Objective, Organization
from scenarios.people import Person, Role, Severity
from scenarios.profiles import Profiles, load_profiles
from scenarios.scenario import Effect, Mitigation
from simulator.responders.crew import Crew, Intention
from simulator.responders.treatments import TREATMENTS, TreatmentName
from simulator.world import NEVER
from tests.simulator.bench import MINUTE, Bench, with_vendor

DAY, NIGHT = datetime(2025, 8, 6, 14, tzinfo=UTC), datetime(2025, 8, 6, 1, tzinfo=UTC)
EVERY = 15 * MINUTE
"""How often colleagues are told something."""

ACTIONS = {
    "look": Action(title="Look at it", takes=MINUTE, kind="look"),
    "switch": Action(title="Use another vendor", takes=MINUTE, kind="change"),
    "storm": Action(title="Retry more", takes=MINUTE, kind="change"),
}
MITIGATIONS = (
    Mitigation(action="switch", effect=Effect(service="shop", bypasses="vendor")),
    Mitigation(action="storm", effect=Effect(service="shop", retries=5), harmful=True),
)
PLAYBOOKS = {"vendor_fails": ("look", "storm", "switch"), "shop_fails": ("look",)}


@cache
def profiles() -> Profiles:
    return load_profiles()


def staffed(**changes: Any) -> Organization:
    """A shop and its vendor, a playbook for each, and three people; only `new` is a novice."""
    small = with_vendor()
    services = {
        **small.services,
        "shop": replace(
            small.services["shop"], playbook="shop_fails", objective=Objective(error_ratio=0.05, latency_p95=1000)
        ),
        "vendor": replace(small.services["vendor"], playbook="vendor_fails"),
    }
    people = {
        name: Person(title=name, email=f"{name}@example.org", profile="primary", training=training)
        for name, training in (("ann", "trained"), ("bob", "trained"), ("new", "novice"))
    }
    severity = Severity(
        title="High",
        impact="broken",
        roles=("commander", "technical_lead", "communication_lead"),
        pages=True,
        internal_every=EVERY,
        customers_within=2 * EVERY,
    )
    stated: dict[str, Any] = {
        "services": services,
        "people": people,
        "severities": {"P1": severity},
        "roles": {name: Role(title=name, filled_by=tuple(people)) for name in severity.roles},
        "actions": ACTIONS,
        "closure": Closure(verify_for=10 * MINUTE, close_after=60 * MINUTE),
    }
    return replace(small, **{**stated, **changes})


@dataclass
class Seen:
    """What people see of the state of the response; a test sets it."""

    state: str | None = None
    severity: str | None = None
    roles: dict[str, str] = field(default_factory=dict)
    next_internal_update_due_ms: int | None = None
    offers: dict[str, str] = field(default_factory=dict)
    """Person to role."""

    def role_offered_to(self, person: str) -> str | None:
        return self.offers.get(person)


class Table:
    """A crew in a world that goes its way, and a response that is as the test says."""

    def __init__(
        self,
        *faults: Any,
        treatment: TreatmentName = "modelled",
        seed: int = 1,
        starts_at: datetime = DAY,
        organization: Organization | None = None,
        **scenario: Any,
    ) -> None:
        self.bench = Bench(
            *faults,
            seed=seed,
            organization=organization or staffed(),
            mitigations=MITIGATIONS,
            starts_at=starts_at,
            duration=24 * 60 * MINUTE,
            **scenario,
        )
        self.crew = Crew(self.bench.world, profiles(), TREATMENTS[treatment], PLAYBOOKS)
        self.response = Seen()
        self._records = 0

    def see(self, at_ms: int, kind: str, /, **fields: Any) -> Table:
        """Something happens that everybody sees; its records are numbered from 1."""
        self.bench.run(at_ms)
        self._records += 1
        self.crew.observe({"record": self._records, "at_ms": at_ms, "type": kind, **fields}, self.response)
        return self

    def now(self, **seen: Any) -> Table:
        """From now on the response looks like this."""
        for name, value in seen.items():
            setattr(self.response, name, value)
        return self

    def page(self, at_ms: int, person: str = "ann", key: str = "page") -> Table:
        """A page is sent to somebody and delivered at once."""
        self.see(at_ms, "page", key=key, to=person, summary="Trouble")
        return self.see(at_ms, "delivered", key=key)

    def intentions(self) -> list[Intention]:
        """What everybody means to do, in the order in which they will; they mean it no longer."""
        taken = []
        while self.crew.next_due() != NEVER:
            due_ms = self.crew.next_due()
            taken.append(self.crew.take())
            assert taken[-1].due_ms == due_ms
        return taken

    def intends(self) -> list[tuple[str, str]]:
        """The same as (person, action)."""
        return [(one.person, one.action) for one in self.intentions()]

    def due(self, action: str) -> int:
        """When the only thing that is meant, which is this, will be done, ms."""
        [intention] = self.intentions()
        assert intention.action == action
        return intention.due_ms
