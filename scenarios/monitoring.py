"""What an organisation measures of its services, and what it makes of that: scraped metrics, alert rules, grouping.

Field names are the YAML keys, as in `scenarios.organization`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Gt, MinLen

from scenarios.fields import Duration, Period, Refers, ServiceName, model

Positive = Annotated[float, Gt(0)]


@model
class Metric:
    """A metric that a job exposes under the organisation's own names; what its samples say follows from `kind`.

    requests: a counter of requests, one series a status. failures: a counter of failed requests. latency: a histogram
    of response times. available: a gauge, 1 while the service runs and 0 while it is down. constant: a gauge.
    """

    name: str
    """The metric's name; for `latency` without `_bucket`, `_count` and `_sum`."""
    kind: Literal["requests", "failures", "latency", "available", "constant"]
    """A counter, a histogram or a gauge."""
    labels: dict[str, str] = field(default_factory=dict)
    """Further labels of every series."""
    status_label: str = "status"
    """The label that carries the HTTP status; for `requests`."""
    status_names: dict[str, str] = field(default_factory=dict)
    """How that label writes a status, where it is not the number: `"503": Unavailable`."""
    buckets: tuple[Positive, ...] = ()
    """Upper bounds in seconds, without +Inf; for a latency metric."""
    value: float = 1.0
    """What it says; for `constant`."""
    starts: Literal["at_start", "at_first_event"] = "at_first_event"
    """Whether a counter stands at 0 before its first event, or does not exist until then (most client libraries)."""


@model
class ScrapeJob:
    """A Prometheus scrape job: its targets all serve one service, sharing the traffic evenly."""

    job: str
    """The `job` label."""
    service: ServiceName
    """The service that its targets serve."""
    instances: Annotated[tuple[str, ...], MinLen(1)]
    """The `instance` label of each target."""
    instance_labels: tuple[str, ...] = ()
    """Further labels that carry the instance, such as `pod`."""
    labels: dict[str, str] = field(default_factory=dict)
    """Further labels of everything that is scraped, such as `namespace`."""
    exporter: bool = False
    """Whether the targets stand beside the service, so that they answer while it is down."""
    metrics: tuple[Metric, ...] = ()
    """What its targets expose, beside `up`."""


@model
class Monitoring:
    """What Prometheus and Alertmanager do: what is scraped, which rule files are evaluated, how alerts are grouped."""

    scrape_interval: Period
    """Time between two scrapes of a target."""
    evaluation_interval: Period
    """For groups that do not set an interval of their own."""
    rule_files: tuple[str, ...]
    """Prometheus rule files, relative to the organisation's file, taken as they are."""
    jobs: tuple[ScrapeJob, ...]
    """What is scraped."""
    alertmanager_file: str | None = None
    """An `alertmanager.yml`, relative to the organisation's file, taken as it is; none: all alerts go one way, by the
    four keys below.
    """
    receivers: dict[str, Annotated[str, Refers("escalation policy")]] = field(default_factory=dict)
    """Which escalation policy each receiver of that file pages: `default` is the organisation's `escalation`, others
    are its `escalation_policies`, and `none` pages nobody.
    """
    group_by: tuple[str, ...] = ("alertname",)
    """Labels by which alerts are put into one notification."""
    group_wait: Duration = 30_000
    """How long a new group waits before it notifies."""
    group_interval: Period = 300_000
    """How long a group waits before it tells of further alerts."""
    repeat_interval: Period = 14_400_000
    """How long before the same is told again."""
