"""Whether it has recovered: health checks as an automated verifier makes them, and what monitoring shows.

The result of a run of checks has the shape that such verifiers print::

    {"incident_id": "INC-…", "timestamp": 1754751600.0, "all_passed": False, "checks": [
        {"name": "API Health", "status": "PASS", "response_time": 0.041, "status_code": 200},
        {"name": "Frontend", "status": "FAIL", "response_time": 0.07, "status_code": 502},
        {"name": "Voice Service", "status": "ERROR", "error": "connection refused"}]}

Times are seconds; `timestamp` is a Unix time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.procedure import HealthCheck
from simulator.flow import PERCENTILES, ServiceState

if TYPE_CHECKING:
    from simulator.world import World

SLOWER, WORSE = 1.5, 0.01
"""A database performs normally up to this multiple of its ordinary 95th percentile, and this many more failures."""


def verify(world: World, incident_id: str) -> dict[str, Any]:
    """What a verification finds that looks back over the organisation's window: `passed`, the latest `checks` (or the
    first run of the window that failed), and `technical`, what monitoring shows, point by point.
    """
    closure, now_ms = world.organization.closure, world.now
    since_ms = max(0, now_ms - closure.verify_for)
    moments = [*range(since_ms, now_ms, closure.check_every), now_ms]
    runs = [health(world, incident_id, at_ms) for at_ms in moments] if world.organization.health_checks else []
    checks = next((run for run in runs if not run["all_passed"]), runs[-1] if runs else None)
    technical = _technical(world, since_ms)
    passed = all(technical.values()) and (checks is None or checks["all_passed"])
    return {"passed": passed, "technical": technical, **({} if checks is None else {"checks": checks})}


def health(world: World, incident_id: str, at_ms: int) -> dict[str, Any]:
    """One run of every health check, at a moment that is not in the future."""
    state = world.course.at(at_ms)
    checks = [_check(world, check, state[check.service], at_ms) for check in world.organization.health_checks]
    return {
        "incident_id": incident_id,
        "timestamp": world.scenario.starts_at.timestamp() + at_ms / 1000,
        "checks": checks,
        "all_passed": all(check["status"] == "PASS" for check in checks),
    }


def _check(world: World, check: HealthCheck, state: ServiceState, at_ms: int) -> dict[str, Any]:
    if state.down:
        return {"name": check.name, "status": "ERROR", "error": "connection refused"}
    failing = state.error_ratio if check.follows_dependencies else state.own_error_ratio
    fails = world.draws.uniform("health check", check.name, at_ms) < failing
    status = state.status if fails else 200
    took_ms = _quantile(state, world.draws.uniform("health check", check.name, at_ms, "took"))
    return {
        "name": check.name,
        "status": "PASS" if status == check.expected_status else "FAIL",
        "response_time": round(took_ms) / 1000,
        "status_code": status,
    }


def _quantile(state: ServiceState, share: float) -> float:
    """The response time below which this share of requests lies; straight lines between the percentiles."""
    below_ms, below = 0.0, 0.0
    for at_ms, until in zip(state.latency_ms, PERCENTILES, strict=True):
        if share <= until:
            return below_ms + (at_ms - below_ms) * (share - below) / (until - below)
        below_ms, below = at_ms, until
    return below_ms


def _technical(world: World, since_ms: int) -> dict[str, bool]:
    flow = world.flow
    solutions = [solution for _, _, solution in world.course.between(since_ms, world.now + 1)]
    ordinary = flow.solve({})
    databases = [name for name, service in world.organization.services.items() if service.kind == "database"]
    return {
        "alerts_cleared": not world.monitoring.firing,
        "metrics_at_baseline": not any(solution.broken for solution in solutions),
        "no_error_spikes": all(
            solution[name].error_ratio <= objective.error_ratio
            for solution in solutions
            for name, objective in flow.objectives.items()
        ),
        "database_normal": all(
            solution[name].error_ratio <= ordinary[name].error_ratio + WORSE
            and solution[name].latency_ms[1] <= ordinary[name].latency_ms[1] * SLOWER
            for solution in solutions
            for name in databases
        ),
    }
