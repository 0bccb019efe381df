"""The organisation: what it runs, how it notices trouble, who answers, and by which rules they answer.

Every class is a plain frozen dataclass; `scenarios.loading` reads the YAML, validates it with Pydantic and builds
these. Field names are the YAML keys. Durations are integer milliseconds, ratios are shares from 0 to 1.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from scenarios.fault import Fault
from scenarios.fields import (
    Address,
    Defines,
    Duration,
    Period,
    Ratio,
    Refers,
    ServiceName,
    TimeZone,
    Url,
    Version,
    model,
)
from scenarios.monitoring import Monitoring
from scenarios.people import Assignee, Escalation, Impact, Person, Role, RoleName, Schedule, Severity
from scenarios.procedure import Checklist, HealthCheck, ImpactSigns, Method
from scenarios.program import Targets, TrainingProgram
from scenarios.resilience import Autoscaling, Backoff, Breaker, Cache, Endpoint, Pool, Workers

ActionName = Annotated[str, Refers("action")]
ServiceRole = Literal["login", "search", "payment", "message_queue", "object_store", "deploy_tool"]
PlaybookName = Annotated[str, Refers("playbook")]
AlertName = Annotated[str, Refers("alert")]
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(0)]


@model
class Latency:
    """Response time of a service by itself, as percentiles; between them the distribution is a straight line."""

    p50: Duration
    """The median."""
    p95: Duration
    """95 of 100 requests are faster."""
    p99: Duration
    """99 of 100 requests are faster."""
    max: Duration
    """All requests are faster."""


@model
class Objective:
    """What users are promised: a service that exceeds either figure is outside its objective."""

    error_ratio: Ratio
    """Largest share of requests that may fail."""
    latency_p95: Duration
    """Longest 95th percentile of the response time."""


@model
class Dependency:
    """How a service uses another one."""

    share: Ratio = 1.0
    """Share of the caller's requests that need the dependency."""
    retries: Annotated[int, Ge(0), Le(20)] = 0
    """Further tries after a failed one, each of which loads the dependency again."""
    timeout: Period | None = None
    """How long a try is waited for; the dependency still does the work that was given up on."""
    backoff: Backoff | None = None
    """How long is waited before a further try; none, not at all."""
    retry_budget: Ratio | None = None
    """Largest share of further tries among the calls; none: every failed call is tried again."""
    breaker: Breaker | None = None
    """Stops calling a dependency that fails."""
    bulkhead: Annotated[int, Ge(1)] | None = None
    """Most calls to it at once; a further one fails at once."""
    fallback: Ratio = 0.0
    """Share of failing calls that are answered without it."""


@model
class Service:
    """A node of the dependency graph. Tools of the response (pager, chat) are services too."""

    title: str
    """Its name."""
    user_facing: bool = False
    """Whether users meet it; then it needs an `objective`, and leaving that is an impact."""
    kind: Literal["application", "database", "infrastructure", "vendor", "tool"] = "application"
    """What it is; a runbook may fetch a specialist when a database or infrastructure is named as the cause."""
    core: bool = False
    """Whether it is what users come for, so that it makes a major incident when it does not work. Where none is marked,
    every user-facing service counts as core.
    """
    objective: Objective | None = None
    """What its users are promised."""
    requests_per_s: Annotated[float, Ge(0)] = 0.0
    """Requests that arrive from outside the graph, in an ordinary hour."""
    capacity_per_s: Positive | None = None
    """Requests a second beyond which the excess is refused; none: it never saturates."""
    error_ratio: Ratio = 0.0
    """Share of requests that fail by the service itself on an ordinary day."""
    error_status: Annotated[int, Ge(400), Le(599)] = 500
    """HTTP status of a request that fails."""
    latency: Latency | None = None
    """Its own response time, without its dependencies; none, no time at all."""
    workers: Workers | None = None
    """How many requests it serves at once, the others waiting in line; none: waiting is part of `latency`."""
    pool: Pool | None = None
    """The connections that its callers share."""
    cache: Cache | None = None
    """What answers some of its requests without its dependencies."""
    autoscaling: Autoscaling | None = None
    """Whether its capacity and its workers follow the load."""
    rate_limit_per_s: Positive | None = None
    """Requests a second beyond which it answers 429; none: no limit."""
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    """Ways into it that faults may be aimed at; what their shares leave is the rest."""
    roles: tuple[ServiceRole, ...] = ()
    """What it is to the organisation, beyond what follows from the graph: scenarios may ask for a role."""
    depends_on: dict[ServiceName, Dependency] = field(default_factory=dict)
    """What its requests need. Circles are refused."""
    playbook: PlaybookName | None = None
    """The playbook for when this service is the cause."""


@model
class Probe:
    """A check from outside, as an uptime monitor makes it."""

    service: ServiceName
    """The service that is asked."""
    interval: Period
    """Time between two checks."""
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
    """Share of failed requests that lead to a message to support."""
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
    """Uptime monitors."""
    customers: CustomerReports | None = None
    """How customers make themselves heard; none, they do not."""
    team: TeamDiscovery | None = None
    """An engineer who happens to look; none, nobody does."""


@model
class Delivery:
    """What the workflow does when a tool does not take a command."""

    retry_every: Period
    """Time between two tries of the same command."""
    give_up_after: Duration
    """How long it is tried; pages are tried for as long as they are needed."""


@model
class Tool:
    """A response tool: the service of the graph that it is, and where its API is."""

    service: ServiceName
    """The service of the graph that it is; if that fails, so does the tool."""
    url: Url
    """Where its API is. Nothing is sent there in a virtual drill."""
    options: dict[str, str] = field(default_factory=dict)
    """What the tool's API wants beside the message: project, page, channel."""


@model
class EmailTool:
    """How letters reach customers: a mail server and a list that knows their addresses."""

    service: ServiceName
    """The service of the graph that it is; if that fails, so does the tool."""
    host: str
    """Name of the mail server. Nothing is sent there in a virtual drill."""
    port: Annotated[int, Ge(1), Le(65535)] = 587
    """The server's port for mail that is handed in."""
    sender: Address
    """Who writes."""
    customers: Address
    """The list that passes a letter on to every customer."""
    carries: Literal["first_and_resolution", "every_update"] = "first_and_resolution"
    """Whether a letter goes out with the first word and after the resolution only, or with every update."""


@model
class Tools:
    """The tools that the workflow's commands go to."""

    pager: Tool
    """Takes `page`, in the format of PagerDuty's events."""
    chat: Tool
    """Takes `post`, in the format of Slack."""
    tracker: Tool
    """Takes `open_ticket`, in the format of Jira."""
    status_page: Tool
    """Takes `publish`, in the format of Statuspage."""
    email: EmailTool | None = None
    """Takes `send_email`, as a MIME message; none: customers get no letters."""
    in_app: Tool | None = None
    """Takes `notify_in_app`, as JSON for the organisation's own API; none: the product shows no notices."""


@model
class Action:
    """Something a responder can do, of the organisation's catalogue."""

    title: str
    """What it is."""
    takes: Duration
    """How long it takes, unless the scenario says otherwise."""
    kind: Literal["look", "change"]
    """Whether it only looks, or changes the running system."""
    approval: RoleName | None = None
    """The role that has to agree before somebody else begins it; none: nobody has to."""
    approve_within: Period = 600_000
    """How long that role has to answer; then the request lapses, and may be made again."""


@model
class RunbookEscalation:
    """A runbook's own condition for fetching somebody."""

    when: Literal["not_restored", "database_suspected", "infrastructure_suspected"]
    """The condition."""
    target: Assignee
    """Who is fetched."""
    after: Duration | None = None
    """How long after the alert, or after the cause was named."""


@model
class Runbook:
    """What to do for an alert that links to it."""

    title: str
    """Its name."""
    url: str
    """Where it is."""
    alerts: tuple[AlertName, ...]
    """The alerts that link to it."""
    immediate: tuple[ActionName, ...]
    """What to do first."""
    investigate: tuple[ActionName, ...] = ()
    """What to look at next."""
    escalation: tuple[RunbookEscalation, ...] = ()
    """Whom to fetch, and when."""


@model
class Contradiction:
    """A place where the written procedure disagrees with itself, and which value this file takes."""

    about: str
    """What it is about."""
    says: str
    """What the procedure says in one place."""
    also_says: str
    """What it says in another."""
    uses: str
    """Which of the two this file follows."""


@model
class Closure:
    """How an incident ends."""

    verify_for: Duration
    """How long health checks and objectives must be seen to hold before resolving."""
    check_every: Period = 300_000
    """How often health checks are repeated meanwhile."""
    reopened_by: tuple[Literal["alert", "probe", "customer", "team"], ...] = ("alert", "probe", "team")
    """The signals that reopen a resolved incident. What customers write may be about the trouble that is over."""
    close_after: Duration
    """From resolution to closure."""
    report_within: Period = 86_400_000
    """The public report that the last word on the status page promises, counted from there."""


@model
class Organization:
    """Everything about the organisation that a drill needs."""

    organization: Annotated[str, Defines("organization")]
    """Its id."""
    title: str
    """Its name."""
    timezone: TimeZone = "UTC"
    """Where its people are; decides day and night, and when the rota changes."""
    day: tuple[int, int] = (8, 22)
    """Local hours that count as day for how fast people answer: from the first, up to the second."""
    services: Annotated[dict[Annotated[str, Defines("service")], Service], MinLen(1)]
    """What it runs, what it depends on, and its response tools."""
    tenants: dict[Annotated[str, Defines("tenant")], Ratio] = field(default_factory=dict)
    """Customers that faults may be aimed at, and each one's share of the traffic."""
    monitoring: Monitoring
    """What is scraped, which rules are evaluated, how alerts are grouped."""
    prometheus: Version | None = None
    """The version of Prometheus whose rules apply; none: the newest."""
    detection: Detection = field(default_factory=Detection)
    """Probes, customers and colleagues as further ways to notice."""
    severities: Annotated[dict[Annotated[str, Defines("severity")], Severity], MinLen(1)]
    """The severity table, the worst first."""
    impact_matrix: tuple[Impact, ...] = ()
    """How impact leads to a severity; the first row that fits counts. Without rows, modelled people declare the
    scenario's true severity.
    """
    impact_signs: ImpactSigns = field(default_factory=ImpactSigns)
    """Which figures of a dashboard count as which impact."""
    people: Annotated[dict[Annotated[str, Defines("person")], Person], MinLen(1)]
    """Everybody who may be paged or take a role."""
    roles: Annotated[dict[Annotated[str, Defines("role")], Role], MinLen(1)]
    """The seats of the response."""
    schedules: dict[Annotated[str, Defines("schedule")], Schedule] = field(default_factory=dict)
    """Rotations."""
    escalation: Escalation
    """Whom a page climbs to, and whom a long incident reaches."""
    escalation_policies: dict[Annotated[str, Defines("escalation policy")], Escalation] = field(default_factory=dict)
    """Further policies, for alerts that Alertmanager sends to other receivers."""
    delivery: Delivery
    """Retries towards the response tools."""
    tools: Tools
    """The response tools."""
    incident_channel: str
    """The chat channel of incidents."""
    status_url: str
    """Where customers read; letters and notices name it."""
    meeting_url: str
    """The war room, named in the announcement."""
    war_room_url: str | None = None
    """Where those who join the response gather in writing, named in the announcement; none: `meeting_url`."""
    templates: str | None = None
    """Folder of message templates, relative to this file, that replace the program's own of the same names."""
    actions: dict[Annotated[str, Defines("action")], Action] = field(default_factory=dict)
    """The catalogue of what responders can do."""
    investigation: dict[Annotated[str, Defines("method")], Method] = field(default_factory=dict)
    """The methods by which causes are sought. What each reveals, the scenario says."""
    playbook_files: tuple[str, ...] = ()
    """Files that hold `mitigation_strategies`, relative to this one, taken as they are."""
    runbooks: dict[Annotated[str, Defines("runbook")], Runbook] = field(default_factory=dict)
    """What alerts link to. The runbook of an alert that fired is followed before the playbook of the cause."""
    health_checks: tuple[HealthCheck, ...] = ()
    """What is asked to verify a recovery."""
    checklists: dict[Annotated[str, Defines("checklist")], Checklist] = field(default_factory=dict)
    """What is to be done in each phase, by whom and by when."""
    closure: Closure
    """How an incident ends."""
    targets: Targets = field(default_factory=Targets)
    """What the monthly report measures against."""
    training: dict[Annotated[str, Defines("training")], TrainingProgram] = field(default_factory=dict)
    """What its people are to be trained in."""
    background: tuple[Fault, ...] = ()
    """Faults of an ordinary day: what a healthy day's pages are counted under."""
    contradictions: tuple[Contradiction, ...] = ()
    """Where the written procedure disagrees with itself; `gameday check` lists them."""


@model
class PlaybookFile:
    """A file of playbooks: what to do, in order, for each kind of trouble."""

    mitigation_strategies: dict[Annotated[str, Defines("playbook")], Annotated[tuple[ActionName, ...], MinLen(1)]]
    """Actions of the catalogue by playbook, in the order in which they are tried."""
