"""How a service bears load and how its calls bear failure: workers, pools, caches, breakers, back-off, autoscaling.

Field names are the YAML keys, as in `scenarios.organization`. All of it is optional; what is not stated costs nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from scenarios.fields import Period, Ratio, model

Number = Annotated[int, Ge(1)]


@model
class Workers:
    """Threads, processes or connections that each serve one request at a time; the others wait in line.

    Waiting follows the M/M/c queue. A worker is busy for as long as its request lasts, waiting for dependencies
    included, so that a slow dependency fills the caller.
    """

    servers: Number
    """How many requests are served at once."""
    service_time: Period | None = None
    """Mean time for which a request keeps a worker busy; none: its mean response time, dependencies included."""
    waiting: Number = 1_000_000
    """Places in the line; who finds none is refused."""


@model
class Pool:
    """Connections to a service that its callers share; each is held for the service's mean response time."""

    connections: Number
    """How many there are."""
    wait: Period = 30_000
    """How long a caller waits for one before it fails."""


@model
class Cache:
    """Answers a share of a service's requests without its dependencies."""

    hit_ratio: Annotated[float, Ge(0), Le(1)]
    """The share, once the cache is warm."""
    warms_in: Period = 600_000
    """How long an empty cache takes to be warm again; it fills evenly."""


@model
class Autoscaling:
    """Adds workers or capacity under load, and takes them away again, late."""

    most: Annotated[float, Gt(1)]
    """The largest multiple of the ordinary capacity."""
    target: Ratio = 0.7
    """The utilisation that is aimed at."""
    delay: Period = 180_000
    """From the decision until new capacity serves."""


@model
class Backoff:
    """How long a caller waits before it tries again: base times two to the number of tries, up to a cap."""

    base: Period
    """Before the first retry."""
    cap: Period = 30_000
    """At most so long."""
    jitter: Literal["full", "none"] = "full"
    """`full`: a random time from nothing to that."""


@model
class Breaker:
    """A circuit breaker towards a dependency: a preset, and what differs from it."""

    preset: Literal["resilience4j", "hystrix", "envoy"] = "resilience4j"
    """Whose rules and figures; `envoy` is its outlier detection, which ejects hosts."""
    failure_ratio: Ratio | None = None
    """Share of failing calls in the window at which it opens."""
    minimum_calls: Number | None = None
    """Calls that the window must hold before anything is judged."""
    open_for: Period | None = None
    """How long it refuses every call before it lets some through to try."""


@model
class Endpoint:
    """A way into a service, which faults may be aimed at."""

    share: Ratio
    """Its share of the service's requests."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """The HTTP method."""
