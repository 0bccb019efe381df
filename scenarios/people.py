"""The people of an organisation: how bad an incident is, who answers it, in which order, and by when.

Field names are the YAML keys, as in `scenarios.organization`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from scenarios.fields import Clock, Duration, FirstDay, Instant, Period, Refers, TimeZone, model

PersonId = Annotated[str, Refers("person")]
RoleName = Annotated[str, Refers("role")]
SeverityName = Annotated[str, Refers("severity")]
Assignee = Annotated[str, Refers("schedule", "person")]
"""A schedule (whoever is on call there) or a person."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@model
class Severity:
    """A level of the severity table, with every promise that hangs on it."""

    title: str
    """Its name."""
    impact: str
    """What it is meant for."""
    examples: tuple[str, ...] = ()
    """Examples; for readers."""
    respond_within: Duration | None = None
    """The promise of a first response. Not judged yet."""
    resolve_within: Duration | None = None
    """The promise of a resolution. Not judged yet."""
    escalates_to: tuple[PersonId, ...] = ()
    """Who is called in as soon as it is declared, beside the roles; only where it pages anybody."""
    roles: Annotated[tuple[RoleName, ...], MinLen(1)]
    """Roles that must have joined before the team counts as assembled."""
    pages: bool
    """Whether declaring it pages the people for those roles. One that does not has low urgency and never escalates."""
    internal_every: Period | None = None
    """How often colleagues are told something."""
    customers_within: Duration | None = None
    """Customers are told this long after the declaration at the latest, on every channel that there is."""
    customers_every: Period | None = None
    """How often customers are told how it stands after that."""


@model
class Impact:
    """A row of the impact matrix; the first row whose stated conditions all hold gives the severity."""

    severity: SeverityName
    """The severity that follows."""
    accessible: bool | None = None
    """Whether users can reach the system."""
    core_features_work: bool | None = None
    """Whether what users come for works."""
    degradation: Literal["severe", "moderate", "slight"] | None = None
    """How much worse than usual the system works."""


@model
class Person:
    """Somebody who may be paged or take a seat."""

    title: str
    """What they are."""
    email: str
    """Their address. Not used by drills yet."""
    profile: Literal["primary", "secondary", "manager", "executive"]
    """Which parameters of the responder profiles describe how they answer."""
    training: Literal["trained", "novice"] = "trained"
    """Whether the figures for trained responders or those for novices hold for them."""


@model
class Role:
    """A seat of the response, and who takes it: the first of these who is not already in another seat."""

    title: str
    """What the role is for."""
    filled_by: Annotated[tuple[Assignee, ...], MinLen(1)]
    """Schedules (whoever is on call there) or persons, in order of preference."""


@model
class Restriction:
    """Hours in which a layer applies; outside them it leaves a gap, which the layers below fill."""

    days: tuple[Weekday, ...] = ()
    """The days on which the hours begin; none: every day."""
    from_: Clock = "00:00"
    """When they begin."""
    to: Clock = "24:00"
    """When they end: on the next day, unless it is later than `from`."""


@model
class Shift:
    """A stretch of time for which somebody is on call."""

    person: PersonId
    """Who is on call."""
    from_: Instant
    """When it begins."""
    to: Instant
    """When it ends; at that moment it is over."""


@model
class Layer:
    """Who is on call, told in one way: by a rotation, by single shifts, or by a calendar.

    Times are local to the schedule. On the night on which its clocks change a turn is as much longer or shorter.
    """

    rotation: Annotated[tuple[PersonId, ...], MinLen(1)] = ()
    """Who is on call, in turn."""
    since: FirstDay | None = None
    """The day on which the first person begins: of an ISO week, its Monday. Nobody is on call before."""
    turn: Period = 604_800_000
    """How long a turn of the rotation lasts by the clock on the wall, in whole hours."""
    handoff: Clock = "00:00"
    """The time of day at which the first turn begins."""
    shifts: tuple[Shift, ...] = ()
    """Instead of a rotation: shifts one by one. Where two overlap the last listed wins."""
    ical: str | None = None
    """Instead of a rotation: an iCalendar file of shifts, relative to the organisation's file."""
    restrictions: tuple[Restriction, ...] = ()
    """The hours in which the layer applies; none: always."""


@model
class Schedule(Layer):
    """Who is on call: at any moment one person, or nobody.

    What it says itself is the lowest layer. `layers` lie above it and win over it; `overrides` win over everything.
    """

    timezone: TimeZone | None = None
    """In which its times of day are meant; none: the organisation's."""
    layers: tuple[Layer, ...] = ()
    """Further layers. Where two cover a moment the last listed wins."""
    overrides: tuple[Shift, ...] = ()
    """Exceptions: holidays, swaps. Where two overlap the last listed wins."""


@model
class EscalationLevel:
    """Who is paged at this level, and how long they have to acknowledge before the next one is paged."""

    targets: Annotated[tuple[Assignee, ...], MinLen(1)]
    """Schedules or persons."""
    timeout: Period
    """How long they have, from when the pager took the page."""


@model
class ChainStep:
    """A step of the escalation by elapsed time without resolution."""

    after: Duration
    """How long after the first signal."""
    target: Assignee
    """Who is called in."""
    condition: Literal["always", "major_impact", "customer_impact"] = "always"
    """`major_impact`: the severity pages people. `customer_impact`: it is the worst one, or customers were told."""


@model
class Escalation:
    """How a page climbs until somebody takes it, and whom an unresolved incident reaches."""

    levels: Annotated[tuple[EscalationLevel, ...], MinLen(1)]
    """Who is paged, in order."""
    repeats: Annotated[int, Ge(0), Le(9)] = 0
    """How often it starts again after the last level."""
    ack_timeout: Period | None = None
    """How long nothing may happen after somebody took it, before it counts as not taken and they and whoever is on call
    are paged again; any activity postpones it. None: never.
    """
    chain: tuple[ChainStep, ...] = ()
    """Who is called in because the incident has lasted so long."""
