"""What every fault may state beside its kind: a ramp, a share of the requests, the requests that it is aimed at."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.fault import Aim, Fault
from scenarios.organization import Organization, Service
from simulator.faults.change import Change
from simulator.randomness import Draws

STEPS = 10
"""Into how many a ramp is cut."""

Level = tuple[int, str, Change]
"""When it begins (ms since the fault's start), its name, the change."""


def levels(fault: Fault, organization: Organization, draws: Draws) -> list[Level]:
    """The course of a fault as it was drawn for this drill."""
    share = struck(fault, organization)
    drawn = fault.parameters.levels(draws.stream("fault", fault.id), fault.for_)
    course = [(at_ms, name, _struck(change, fault, share)) for at_ms, name, change in drawn]
    return _ramped(course, fault.ramp) if fault.ramp else course


def worst(fault: Fault, organization: Organization) -> Change:
    """The most harmful change that a fault may bring."""
    return _struck(fault.parameters.worst(), fault, struck(fault, organization))


def struck(fault: Fault, organization: Organization) -> float:
    """The share of its service's requests that a fault strikes: endpoints and customers are independent."""
    return fault.toxicity * (1.0 if fault.only is None else _aimed(fault.only, organization, fault.on))


def _struck(change: Change, fault: Fault, share: float) -> Change:
    change = change.strikes(share)
    return change._replace(spares_health=True) if fault.spares_health else change


def _aimed(aim: Aim, organization: Organization, service: str) -> float:
    share = _of_endpoints(aim, organization.services[service])
    return share * (organization.tenants[aim.tenant] if aim.tenant is not None else 1.0)


def _of_endpoints(aim: Aim, service: Service) -> float:
    if aim.endpoint is None and aim.method is None:
        return 1.0
    wanted: Mapping[str, float] = {
        name: endpoint.share
        for name, endpoint in service.endpoints.items()
        if aim.endpoint in (None, name) and aim.method in (None, endpoint.method)
    }
    total = 0.0
    for share in wanted.values():
        total += share
    return min(1.0, total)


def _ramped(course: list[Level], ramp_ms: int) -> list[Level]:
    """The course with its beginning cut into steps, each a tenth stronger than the one before."""
    moments = {at_ms for at_ms, _, _ in course} | {ramp_ms * step // STEPS for step in range(STEPS)}
    ramped: list[Level] = []
    for moment in sorted(moments):
        _, name, change = next(level for level in reversed(course) if level[0] <= moment)
        step = min(STEPS, moment * STEPS // ramp_ms + 1)
        told = name if step == STEPS else f"{name} {step * 100 // STEPS} %"
        ramped.append((moment, told, change.grown(step / STEPS)))
    return ramped
