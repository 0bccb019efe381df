"""The written procedure's own data: what counts as which impact, checklists, how causes are sought, recovery checks.

Field names are the YAML keys, as in `scenarios.organization`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from scenarios.fields import Defines, Duration, Period, Ratio, Refers, ServiceName, Url, model

Multiple = Annotated[float, Gt(0)]


@model
class ImpactSigns:
    """How the facts of the impact matrix follow from what dashboards show of user-facing services.

    The system is accessible unless every one of them is out. Core features work unless a core service fails too often
    or is out. Degradation goes by the slowest of them; one that fails more often than promised is moderate at least.
    """

    look_back: Period = 300_000
    """How much of the immediate past somebody who declares takes into account."""
    out_above: Ratio = 0.9
    """The share of failing requests at which a service is out."""
    broken_above: Ratio = 0.1
    """The share of failing requests at which a core service does not work."""
    severe_above: Multiple = 3.0
    """The multiple of the promised 95th percentile at which degradation is severe."""
    moderate_above: Multiple = 1.0
    """The multiple at which it is moderate."""
    slight_above: Multiple = 0.75
    """The multiple at which it is slight."""


@model
class Method:
    """A way of looking for the cause."""

    title: str
    """What is looked at."""
    takes: Period
    """How long it takes."""


@model
class HealthCheck:
    """An address that tells whether a service has recovered."""

    name: str
    """Its name in the results."""
    url: Url
    """The address that is asked."""
    service: ServiceName
    """The service that answers there."""
    expected_status: Annotated[int, Ge(100), Le(599)] = 200
    """The HTTP status of a healthy answer."""
    follows_dependencies: bool = False
    """Whether the answer needs the service's dependencies, or is that of a health page."""


@model
class Proof:
    """A record of the journal that proves an item of a checklist."""

    event: Literal[
        "acknowledgement_expired",
        "approval_given",
        "cause_identified",
        "delivered",
        "examination_finished",
        "incident_declared",
        "incident_escalated",
        "investigation_started",
        "mitigation_finished",
        "mitigation_started",
        "monitoring_started",
        "page_acknowledged",
        "role_joined",
        "runbook_opened",
        "severity_changed",
        "team_assembled",
        "update_posted",
        "verification_finished",
    ]
    """The type of the record."""
    where: dict[str, str] = field(default_factory=dict)
    """What its fields must say, by name; `a.b` is the entry b of the field a, and truth is `true` or `false`."""


@model
class ChecklistItem:
    """Something to be done, by whom and by when."""

    id: Annotated[str, Defines("checklist item")]
    """Its name."""
    says: str
    """What is to be done."""
    owner: Annotated[str, Refers("role")]
    """The role that sees to it."""
    within: Duration | None = None
    """By when, from the opening of the checklist; none: as the checklist says."""
    proof: tuple[Proof, ...] = ()
    """Records that all must come before it ticks itself; none: somebody has to tick it."""


@model
class Checklist:
    """A part of a phase's checklist, whose items fall due together."""

    title: str
    """Its name."""
    phase: Literal["detection", "mitigation", "resolution", "follow_up"]
    """The phase of the response to which it belongs."""
    from_: Literal["detected", "declared", "monitoring", "resolved"]
    """What opens it; whenever that comes again, it is opened anew, and nothing on it is done."""
    within: Duration | None = None
    """By when its items are to be done, from its opening; none: by the resolution."""
    items: Annotated[tuple[ChecklistItem, ...], MinLen(1)]
    """What is to be done."""
