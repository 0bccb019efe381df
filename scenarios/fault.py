"""A fault as a file states it; what each kind does is in `simulator.faults`."""

from __future__ import annotations

from typing import Annotated, Any

from scenarios.fields import Defines, Duration, Period, ServiceName, model


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
    parameters: Any = None
