"""Small organisations and scenarios for tests, built directly from the models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scenarios.fault import Fault
from scenarios.monitoring import Metric, Monitoring, ScrapeJob
from scenarios.organization import Closure, Delivery, Latency, Objective, Organization, Service, Tool, Tools
from scenarios.people import Escalation, EscalationLevel, Person, Role, Severity
from scenarios.scenario import Criteria, Scenario

CALM = Latency(p50=50, p95=100, p99=200, max=400)


def organization(**changes: Any) -> Organization:
    """One user-facing service, four response tools, one person who may take every role."""
    stated: dict[str, Any] = {
        "organization": "small",
        "title": "Small",
        "services": {
            "shop": Service(
                title="Shop",
                user_facing=True,
                objective=Objective(error_ratio=0.05, latency_p95=1000),
                requests_per_s=20,
                latency=CALM,
                error_status=502,
            ),
            **{name: Service(title=name) for name in ("pager", "chat", "tracker", "status_page")},
        },
        "monitoring": Monitoring(
            scrape_interval=15_000,
            evaluation_interval=15_000,
            rule_files=(),
            jobs=(
                ScrapeJob(
                    job="shop",
                    service="shop",
                    instances=("shop-1",),
                    metrics=(
                        Metric(name="http_requests_total", kind="requests"),
                        Metric(name="latency_seconds", kind="latency", buckets=(0.05, 0.1, 0.5)),
                    ),
                ),
            ),
        ),
        "severities": {"P1": Severity(title="High", impact="broken", roles=("technical_lead",), pages=True)},
        "people": {"ann": Person(title="Engineer", email="ann@example.org", profile="primary")},
        "roles": {"technical_lead": Role(title="Technical lead", filled_by=("ann",))},
        "escalation": Escalation(levels=(EscalationLevel(targets=("ann",), timeout=300_000),)),
        "delivery": Delivery(retry_every=30_000, give_up_after=3_600_000),
        "tools": Tools(
            **{
                name: Tool(service=name, url=f"https://{name}.example.org")
                for name in ("pager", "chat", "tracker", "status_page")
            }
        ),
        "incident_channel": "#incidents",
        "status_url": "https://status.example.org",
        "meeting_url": "https://meet.example.org/incident",
        "closure": Closure(verify_for=300_000, close_after=3_600_000),
    }
    return Organization(**{**stated, **changes})


def fault(kind: str, parameters: Any, *, on: str = "shop", at: int = 60_000, lasts: int = 600_000) -> Fault:
    """A fault with parameters that are made already."""
    return Fault(id=kind, on=on, kind=kind, at=at, for_=lasts, parameters=parameters)


def scenario(*faults: Fault, **changes: Any) -> Scenario:
    """Faults on the small organisation for an hour, with nothing to meet."""
    stated: dict[str, Any] = {
        "scenario": "trouble",
        "title": "Trouble",
        "codename": "oak",
        "organization": "small",
        "difficulty": 1,
        "starts_at": datetime(2025, 8, 6, 14, tzinfo=UTC),
        "duration": 3_600_000,
        "brief": "Something may happen.",
        "severity": "P1",
        "faults": faults,
        "criteria": Criteria(),
    }
    return Scenario(**{**stated, **changes})
