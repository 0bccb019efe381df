"""The scenario: what goes wrong, what the players are told, and what is expected of the response. Data only.

Field names are the YAML keys; a trailing underscore (`for_`, `from_`) keeps clear of Python's keywords.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from scenarios.fault import Fault
from scenarios.fields import Defines, Duration, Instant, Period, Ratio, Refers, ServiceName, model
from scenarios.organization import ActionName
from scenarios.people import RoleName, SeverityName

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
    """The milestone that is waited for."""
    after: Duration = 0
    """How long after it."""


@model
class ExpectedAction:
    """What a player should do about an inject, and by when.

    An action of the organisation's catalogue, or a step of the response (`RESPONSE_STEPS`).
    """

    action: Annotated[str, Refers("action", "step of the response")]
    """The action or step expected."""
    within: Duration
    """By when, counted from the inject."""


@model
class Inject:
    """A message or event that the exercise gives to a player, at a time or relative to a milestone."""

    id: Annotated[str, Defines("inject")]
    """Its name in the journal."""
    to: RoleName
    """The role that receives it."""
    says: str
    """Its text."""
    at: Duration | None = None
    """Drill time at which it is given; either this or `when`."""
    when: When | None = None
    """A moment relative to a milestone; either this or `at`."""
    expect: ExpectedAction | None = None
    """What the player should do about it. Validated; not judged yet, and modelled people do not react to injects."""


@model
class Effect:
    """What an action does to a service in this scenario."""

    service: ServiceName
    """The service that changes."""
    bypasses: ServiceName | None = None
    """The service stops needing this dependency."""
    retries: Annotated[int, Ge(0), Le(20)] | None = None
    """New number of retries towards every dependency of the service."""
    ends_fault: Annotated[str, Refers("fault")] | None = None
    """The fault that ends with it."""
    error_ratio: Ratio | None = None
    """Share of the service's requests that fail by it."""
    added_latency: Duration | None = None
    """How much longer every request to the service takes by it."""
    lasts: Period | None = None
    """How long the failing and slowing last; none: to the end."""


@model
class Finding:
    """Something that looking for the cause reveals."""

    id: Annotated[str, Defines("finding")]
    """Its name in the journal; players see it."""
    method: Annotated[str, Refers("method")]
    """The organisation's method of investigation that reveals it."""
    says: str
    """What there is to be seen: a log line, a change, a figure."""
    decisive: bool = False
    """Whether it tells the cause: modelled people look no further then, and name it rightly."""
    points_to: ServiceName | None = None
    """The service that it makes suspect. Modelled people who err, err towards what misled them."""


@model
class Mitigation:
    """The effect in this scenario of an action of the organisation's catalogue."""

    action: ActionName
    """An action of kind `change`."""
    effect: Effect
    """What it does once it has been applied."""
    takes: Duration | None = None
    """How long applying it takes; none: as the catalogue says."""
    harmful: bool = False
    """Whether it makes things worse. A cure is what is not harmful."""


@model
class Within:
    """A limit on the time between two milestones; inclusive."""

    within: Duration
    """The limit; a time equal to it still counts as met."""
    from_: Milestone = "impact"
    """The milestone at which the time begins."""


@model
class Communication:
    """Limits on silence: between internal updates, and until customers are told (after the declaration)."""

    internal_every: Period | None = None
    """Longest silence in the team's channel, from declaration to resolution (or the drill's end)."""
    customers_within: Duration | None = None
    """From the declaration to the first thing that customers could read."""


@model
class Criteria:
    """What the response must achieve; a criterion that is left out is not judged."""

    detected: Within | None = None
    """When the first signal must have reached the response process."""
    assembled: Within | None = None
    """When every role that the severity requires must have joined."""
    mitigated: Within | None = None
    """When users must be safe, even at the faults' worst."""
    communication: Communication | None = None
    """Limits on silence."""


Task = Literal[
    "detected",
    "acknowledged",
    "declared",
    "assembled",
    "severity",
    "identified",
    "mitigated",
    "harm",
    "internal_every",
    "customers_within",
    "promises",
    "verified",
    "resolved",
    "all_clear",
    "checklists",
]
"""A part of the response that is rated."""


@model
class Rating:
    """How the response is rated below the verdict, where the usual way does not fit this scenario."""

    weights: dict[Task, Annotated[int, Ge(0), Le(1000)]] = field(default_factory=dict)
    """What each task counts in the score from 0 to 100; one that is not named: nothing. None: the usual weights."""
    objectives: dict[str, tuple[Task, ...]] = field(default_factory=dict)
    """The tasks by which each objective is rated. None: four objectives, from detection to closure."""


@model
class Expectation:
    """The scenario's own test: what must come out under a treatment, over seeds."""

    mitigated: Literal["never"] | None = None
    """Users are never made safe."""
    met: Literal["feasible", "all"] | None = None
    """Which criteria are all met; `feasible` leaves out those that `gameday check` calls impossible."""
    worse_than: Literal["modelled", "ideal"] | None = None
    """The treatment under which results are better."""


@model
class Scenario:
    """A game day, ready to be played."""

    scenario: Annotated[str, Defines("scenario")]
    """Its id, under which results are filed; as a rule the file's name."""
    title: str
    """What facilitators call it; players do not see it."""
    codename: str
    """What players see instead of id and title."""
    organization: str
    """A library id, or a path relative to this file."""
    difficulty: Annotated[int, Ge(1), Le(5)]
    """From 1, which is easy, to 5."""
    starts_at: Instant
    """Drill time zero on the calendar; with a UTC offset."""
    duration: Period
    """How long the world runs, at most a week; what the workflow waits for after it, such as the closure, runs on."""
    objectives: tuple[str, ...] = ()
    """What is to be practised; for readers."""
    brief: str
    """What players are told before they start. Shown to nobody yet, since all players are modelled."""
    severity: SeverityName
    """The true one."""
    sustain: Duration = 300_000
    """How long objectives must be safe before the trouble counts as mitigated."""
    faults: Annotated[tuple[Fault, ...], MinLen(1)]
    """What goes wrong; at least one."""
    injects: tuple[Inject, ...] = ()
    """Messages that the exercise hands to players."""
    findings: tuple[Finding, ...] = ()
    """What the methods of investigation reveal, the decisive finding among others."""
    mitigations: tuple[Mitigation, ...] = ()
    """What actions of the catalogue do to this trouble; one that is not listed takes its time and changes nothing."""
    criteria: Criteria
    """What the response has to achieve."""
    rating: Rating | None = None
    """Weights and objectives of its own."""
    pass_rate: Ratio = 0.8
    """With many seeds: the share of drills in which every criterion is met that counts as a pass."""
    expect: dict[Literal["absent", "ideal", "wrong"], Expectation] = field(default_factory=dict)
    """The scenario's own test, by treatment. Validated; no command runs it yet."""
    notes: dict[str, str] = field(default_factory=dict)
    """For facilitators: reasons behind choices, by criterion or topic."""
