"""The organisation: what it runs, how it notices trouble, who answers, and by which rules they answer.

Every class is a plain frozen dataclass; `scenarios.loading` reads the YAML, validates it with Pydantic and builds
these. Field names are the YAML keys. Durations are integer milliseconds, ratios are shares from 0 to 1.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from scenarios.fault import Fault
from scenarios.fields import Defines, Duration, Period, Ratio, Refers, ServiceName, TimeZone, Url, Week, model

PersonId = Annotated[str, Refers("person")]
RoleName = Annotated[str, Refers("role")]
SeverityName = Annotated[str, Refers("severity")]
ActionName = Annotated[str, Refers("action")]
PlaybookName = Annotated[str, Refers("playbook")]
AlertName = Annotated[str, Refers("alert")]
Assignee = Annotated[str, Refers("schedule", "person")]
"""A schedule (whoever is on call there) or a person."""
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(0)]


@model
class Latency:
    """Response time of a service by itself, as percentiles; between them the distribution is a straight line."""

    p50: Duration
    p95: Duration
    p99: Duration
    max: Duration


@model
class Objective:
    """What users are promised: a service that exceeds either figure is outside its objective."""

    error_ratio: Ratio
    latency_p95: Duration


@model
class Dependency:
    """How a service uses another one."""

    share: Ratio = 1.0
    """Share of the caller's requests that need the dependency."""
    retries: Annotated[int, Ge(0), Le(20)] = 0
    """Further tries after a failed one, each of which loads the dependency again."""


@model
class Service:
    """A node of the dependency graph. Tools of the response (pager, chat) are services too."""

    title: str
    user_facing: bool = False
    objective: Objective | None = None
    requests_per_s: Annotated[float, Ge(0)] = 0.0
    """Requests that arrive from outside the graph, in an ordinary hour."""
    capacity_per_s: Positive | None = None
    """Requests a second beyond which the excess is refused; none: it never saturates."""
    error_ratio: Ratio = 0.0
    """Share of requests that fail by the service itself on an ordinary day."""
    error_status: Annotated[int, Ge(400), Le(599)] = 500
    """HTTP status of a request that fails."""
    latency: Latency | None = None
    depends_on: dict[ServiceName, Dependency] = field(default_factory=dict)
    playbook: PlaybookName | None = None
    """The playbook for when this service is the cause."""


@model
class Metric:
    """A metric that a job exposes; what its samples count follows from `kind`.

    requests: a counter of requests, one series a status. latency: a histogram of response times.
    """

    name: str
    kind: Literal["requests", "latency"]
    labels: dict[str, str] = field(default_factory=dict)
    status_label: str = "status"
    buckets: tuple[Positive, ...] = ()
    """Upper bounds in seconds, without +Inf; for a latency metric."""
    starts: Literal["at_start", "at_first_event"] = "at_first_event"
    """Whether a counter stands at 0 before its first event, or does not exist until then (most client libraries)."""


@model
class ScrapeJob:
    """A Prometheus scrape job: its targets all serve one service, sharing the traffic evenly."""

    job: str
    service: ServiceName
    instances: Annotated[tuple[str, ...], MinLen(1)]
    metrics: tuple[Metric, ...] = ()


@model
class Monitoring:
    """What Prometheus and Alertmanager do: what is scraped, which rule files are evaluated, how alerts are grouped."""

    scrape_interval: Period
    evaluation_interval: Period
    """For groups that do not set an interval of their own."""
    rule_files: tuple[str, ...]
    """Prometheus rule files, relative to the organisation's file, taken as they are."""
    jobs: tuple[ScrapeJob, ...]
    group_by: tuple[str, ...] = ("alertname",)
    group_wait: Duration = 30_000
    group_interval: Period = 300_000
    repeat_interval: Period = 14_400_000


@model
class Probe:
    """A check from outside, as an uptime monitor makes it."""

    service: ServiceName
    interval: Period
    failures: Annotated[int, Gt(0)]
    """Failed checks in a row before it tells somebody."""
    follows_dependencies: bool
    """Whether the checked request needs the service's dependencies (a synthetic call) or not (a health page)."""
    url: Url | None = None
    """The address that is asked."""


@model
class CustomerReports:
    """How customers make themselves heard, per failed request, and how long support takes to pass them on."""

    per_failed_request: Ratio
    support_takes: tuple[Duration, Positive]
    """Lognormal (median, sigma of ln): from the customer's message to the response process hearing of it."""


@model
class TeamDiscovery:
    """An engineer who happens to look at a dashboard."""

    looks_every: Period
    """Mean time between looks in working hours; exponential."""
    notices_above: Ratio
    """The error ratio at which somebody who looks sees that something is wrong."""


@model
class Detection:
    """The ways, beside alerts, in which trouble becomes known."""

    probes: dict[Annotated[str, Defines("probe")], Probe] = field(default_factory=dict)
    customers: CustomerReports | None = None
    team: TeamDiscovery | None = None


@model
class Severity:
    """A level of the severity table, with every promise that hangs on it."""

    title: str
    impact: str
    examples: tuple[str, ...] = ()
    respond_within: Duration | None = None
    resolve_within: Duration | None = None
    escalates_to: tuple[PersonId, ...] = ()
    roles: Annotated[tuple[RoleName, ...], MinLen(1)]
    """Roles that must have joined before the team counts as assembled."""
    pages: bool
    """Whether declaring it pages the people for those roles."""
    internal_every: Period | None = None
    customers_within: Duration | None = None
    """Customers are told this long after the declaration at the latest."""


@model
class Impact:
    """A row of the impact matrix; the first row whose stated conditions all hold gives the severity."""

    severity: SeverityName
    accessible: bool | None = None
    core_features_work: bool | None = None
    degradation: Literal["severe", "moderate", "slight"] | None = None


@model
class Person:
    """Somebody who may be paged or take a seat."""

    title: str
    email: str
    profile: Literal["primary", "secondary", "manager", "executive"]
    """Which parameters of the responder profiles describe how they answer."""
    training: Literal["trained", "novice"] = "trained"


@model
class Role:
    """A seat of the response, and who takes it: the first of these who is not already in another seat."""

    title: str
    filled_by: Annotated[tuple[Assignee, ...], MinLen(1)]
    """Schedules (whoever is on call there) or persons, in order of preference."""


@model
class Schedule:
    """Who is on call, by ISO week: the rotation starts at `since` and moves one person a week."""

    rotation: Annotated[tuple[PersonId, ...], MinLen(1)]
    since: Week


@model
class EscalationLevel:
    """Who is paged at this level, and how long they have to acknowledge before the next one is paged."""

    targets: Annotated[tuple[Assignee, ...], MinLen(1)]
    """Schedules or persons."""
    timeout: Period


@model
class ChainStep:
    """A step of the escalation by elapsed time without resolution."""

    after: Duration
    target: Assignee
    condition: Literal["always", "major_impact", "customer_impact"] = "always"


@model
class Escalation:
    """How a page climbs until somebody takes it, and whom an unresolved incident reaches."""

    levels: Annotated[tuple[EscalationLevel, ...], MinLen(1)]
    repeats: Annotated[int, Ge(0), Le(9)] = 0
    chain: tuple[ChainStep, ...] = ()


@model
class Delivery:
    """What the workflow does when a tool does not take a command."""

    retry_every: Period
    give_up_after: Duration


@model
class Tool:
    """A response tool: the service of the graph that it is, and where its API is."""

    service: ServiceName
    url: Url
    options: dict[str, str] = field(default_factory=dict)
    """What the tool's API wants beside the message: project, page, channel."""


@model
class Tools:
    """The tools that the workflow's commands go to."""

    pager: Tool
    chat: Tool
    tracker: Tool
    status_page: Tool


@model
class Action:
    """Something a responder can do, of the organisation's catalogue."""

    title: str
    takes: Duration
    kind: Literal["look", "change"]
    """Whether it only looks, or changes the running system."""


@model
class RunbookEscalation:
    """A runbook's own condition for fetching somebody."""

    when: Literal["not_restored", "database_suspected", "infrastructure_suspected"]
    target: Assignee
    after: Duration | None = None


@model
class Runbook:
    """What to do for an alert that links to it."""

    title: str
    url: str
    alerts: tuple[AlertName, ...]
    immediate: tuple[ActionName, ...]
    investigate: tuple[ActionName, ...] = ()
    escalation: tuple[RunbookEscalation, ...] = ()


@model
class Contradiction:
    """A place where the written procedure disagrees with itself, and which value this file takes."""

    about: str
    says: str
    also_says: str
    uses: str


@model
class Closure:
    """How an incident ends."""

    verify_for: Duration
    """How long the objectives must be seen to hold before resolving."""
    close_after: Duration
    """From resolution to closure."""


@model
class Organization:
    """Everything about the organisation that a drill needs."""

    organization: Annotated[str, Defines("organization")]
    title: str
    timezone: TimeZone = "UTC"
    day: tuple[int, int] = (8, 22)
    """Local hours that count as day for how fast people answer: from the first, up to the second."""
    services: Annotated[dict[Annotated[str, Defines("service")], Service], MinLen(1)]
    monitoring: Monitoring
    detection: Detection = field(default_factory=Detection)
    severities: Annotated[dict[Annotated[str, Defines("severity")], Severity], MinLen(1)]
    impact_matrix: tuple[Impact, ...] = ()
    people: Annotated[dict[Annotated[str, Defines("person")], Person], MinLen(1)]
    roles: Annotated[dict[Annotated[str, Defines("role")], Role], MinLen(1)]
    schedules: dict[Annotated[str, Defines("schedule")], Schedule] = field(default_factory=dict)
    escalation: Escalation
    delivery: Delivery
    tools: Tools
    incident_channel: str
    status_url: str
    meeting_url: str
    actions: dict[Annotated[str, Defines("action")], Action] = field(default_factory=dict)
    playbook_files: tuple[str, ...] = ()
    """Files that hold `mitigation_strategies`, relative to this one, taken as they are."""
    runbooks: dict[Annotated[str, Defines("runbook")], Runbook] = field(default_factory=dict)
    closure: Closure
    background: tuple[Fault, ...] = ()
    """Faults of an ordinary day: what a healthy day's pages are counted under."""
    contradictions: tuple[Contradiction, ...] = ()


@model
class PlaybookFile:
    """A file of playbooks: what to do, in order, for each kind of trouble."""

    mitigation_strategies: dict[Annotated[str, Defines("playbook")], Annotated[tuple[ActionName, ...], MinLen(1)]]
