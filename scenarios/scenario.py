"""The scenario: what goes wrong, what the players are told, and what is expected of the response. Data only.

Field names are the YAML keys; a trailing underscore (`for_`, `from_`) keeps clear of Python's keywords.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from scenarios.fault import Fault
from scenarios.fields import Defines, Duration, Instant, Period, Ratio, Refers, ServiceName, model
from scenarios.organization import ActionName, RoleName, SeverityName

Milestone = Literal[
    "impact",
    "detected",
    "acknowledged",
    "declared",
    "assembled",
    "identified",
    "mitigated",
    "verified",
    "resolved",
]


RESPONSE_STEPS = (
    "acknowledge",
    "declare",
    "escalate",
    "change_severity",
    "internal_update",
    "customer_update",
    "verify",
    "resolve",
)
"""What any team can do beside the actions of its catalogue, as an inject may expect it."""


@model
class When:
    """A moment relative to a milestone."""

    milestone: Milestone
    after: Duration = 0


@model
class ExpectedAction:
    """What a player should do about an inject, and by when.

    An action of the organisation's catalogue, or a step of the response (`RESPONSE_STEPS`).
    """

    action: Annotated[str, Refers("action", "step of the response")]
    within: Duration


@model
class Inject:
    """A message or event that the exercise gives to a player, at a time or relative to a milestone."""

    id: Annotated[str, Defines("inject")]
    to: RoleName
    says: str
    at: Duration | None = None
    when: When | None = None
    expect: ExpectedAction | None = None


@model
class Effect:
    """What an action does to a service in this scenario."""

    service: ServiceName
    bypasses: ServiceName | None = None
    """The service stops needing this dependency."""
    retries: Annotated[int, Ge(0), Le(20)] | None = None
    """New number of retries towards every dependency of the service."""
    ends_fault: Annotated[str, Refers("fault")] | None = None


@model
class Mitigation:
    """The effect in this scenario of an action of the organisation's catalogue."""

    action: ActionName
    effect: Effect
    takes: Duration | None = None
    """How long applying it takes; none: as the catalogue says."""
    harmful: bool = False


@model
class Within:
    """A limit on the time between two milestones; inclusive."""

    within: Duration
    from_: Milestone = "impact"


@model
class Communication:
    """Limits on silence: between internal updates, and until customers are told (after the declaration)."""

    internal_every: Period | None = None
    customers_within: Duration | None = None


@model
class Criteria:
    """What the response must achieve; a criterion that is left out is not judged."""

    detected: Within | None = None
    assembled: Within | None = None
    mitigated: Within | None = None
    communication: Communication | None = None


@model
class Expectation:
    """The scenario's own test: what must come out under a treatment, over seeds."""

    mitigated: Literal["never"] | None = None
    met: Literal["feasible", "all"] | None = None
    worse_than: Literal["modelled", "ideal"] | None = None


@model
class Scenario:
    """A game day, ready to be played."""

    scenario: Annotated[str, Defines("scenario")]
    title: str
    codename: str
    organization: str
    """A library id, or a path relative to this file."""
    difficulty: Annotated[int, Ge(1), Le(5)]
    starts_at: Instant
    """Drill time zero on the calendar; with a UTC offset."""
    duration: Period
    objectives: tuple[str, ...] = ()
    brief: str
    severity: SeverityName
    """The true one."""
    sustain: Duration = 300_000
    """How long objectives must be safe before the trouble counts as mitigated."""
    faults: Annotated[tuple[Fault, ...], MinLen(1)]
    injects: tuple[Inject, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    criteria: Criteria
    pass_rate: Ratio = 0.8
    """With many seeds: the share of drills in which every criterion is met that counts as a pass."""
    expect: dict[Literal["absent", "ideal", "wrong"], Expectation] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """For facilitators: reasons behind choices, by criterion or topic."""
