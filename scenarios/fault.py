"""A fault as a file states it; what each kind does is in `simulator.faults`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from scenarios.fields import Defines, Duration, Period, Ratio, Refers, ServiceName, model


@model
class Aim:
    """Which requests to the service a fault strikes; what is not stated, any. What is stated must all hold."""

    endpoint: str | None = None
    """Those to this endpoint of the service."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    """Those with this method, by the service's endpoints."""
    tenant: Annotated[str, Refers("tenant")] | None = None
    """Those of this customer."""


@model
class Fault:
    """A named change to a service over time.

    `parameters` is an instance of the dataclass that its kind registers (`simulator.faults`), made from every key of
    the fault that is not one of the fields here.
    """

    id: Annotated[str, Defines("fault")]
    """Its name in the journal and in `--set` paths."""
    on: ServiceName
    """The service that it strikes."""
    kind: str
    """What it does; one of the kinds below."""
    at: Duration
    """When it begins, in drill time."""
    for_: Period
    """How long it lasts, unless a mitigation ends it."""
    ramp: Duration = 0
    """How long it takes to grow to its full effect, in ten steps."""
    toxicity: Ratio = 1.0
    """Share of the requests that it strikes."""
    only: Aim | None = None
    """The requests that it strikes; none: all of them."""
    spares_health: bool = False
    """Whether the service's health page goes on answering as if nothing were wrong."""
    parameters: Any = None
