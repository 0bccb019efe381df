"""What must hold between the parts of a file."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Workspace

IN_THE_SCENARIO = {
    "inject without a moment": (
        "    at: 15m\n    to:",
        "    to:",
        "injects[0]: neither at nor when is given (expected one of them)",
    ),
    "inject with two moments": (
        "    when: {milestone: declared, after: 5m}",
        "    when: {milestone: declared, after: 5m}\n    at: 20m",
        "injects[1]: both at and when are given (expected one of them)",
    ),
    "inject after the end": (
        "    at: 15m\n",
        "    at: 90m\n",
        "injects[0].at: is given when the drill is over, at 1h30m",
    ),
    "fault after the end": (
        "    at: 10m\n    for: 80m",
        "    at: 90m\n    for: 1m",
        "faults[0].at: begins when the drill is over, at 1h30m",
    ),
    "fault beyond the end": (
        "    for: 80m",
        "    for: 81m",
        "faults[0].for: ends at 1h31m, after the drill, which ends at 1h30m (expected at most 1h20m)",
    ),
    "fault on a service without what it needs": (
        "    kind: burst_errors\n    at: 10m\n    for: 80m # to the end: it does not heal by itself\n    status: 503\n"
        "    mean_good: 30s\n    mean_bad: 60s\n    error_ratio: {good: 0.02, bad: 0.60}\n",
        "    kind: cold_cache\n    at: 10m\n    for: 80m\n",
        'faults[0].on: "elevenlabs" has no cache, which a fault of kind cold_cache needs (expected a service that '
        "states cache)",
    ),
    "fault aimed at no endpoint": (
        "    status: 503\n",
        "    status: 503\n    only: {endpoint: speech}\n",
        'faults[0].only.endpoint: "elevenlabs" has no endpoint "speech"',
    ),
    "fault that another silences": (
        "injects:\n  - id: green-vendor-page",
        "  - {id: out, on: elevenlabs, kind: down, at: 5m, for: 85m}\ninjects:\n  - id: green-vendor-page",
        'faults[0]: can never take effect: "out" silences "elevenlabs" for all of its time',
    ),
    "drill of weeks": ("duration: 90m", "duration: 8d", "duration: a drill of more than a week (expected at most 7d)"),
    "criterion from itself": (
        "detected: {within: 5m, from: impact}",
        "detected: {within: 5m, from: detected}",
        'criteria.detected.from: "detected" does not come before "detected" (expected "impact")',
    ),
    "criterion from a later milestone": (
        "{within: 30m, from: impact}",
        "{within: 30m, from: resolved}",
        'criteria.mitigated.from: "resolved" does not come before "mitigated" (expected "impact", "detected", '
        '"acknowledged", "declared", "assembled" or "identified")',
    ),
    "criterion from nothing": (
        "{within: 30m, from: impact}",
        "{within: 30m, from: impcat}",
        'criteria.mitigated.from: not one of the values allowed; did you mean "impact"? (got "impcat"; expected '
        '"impact", "detected", "acknowledged", "declared", "assembled", "identified", "mitigated", "verified" or '
        '"resolved")',
    ),
    "no limit on silence": (
        "communication: {internal_every: 15m, customers_within: 30m}",
        "communication: {}",
        "criteria.communication: limits nothing (expected internal_every, customers_within or both)",
    ),
    "effect on nothing": (
        "effect: {service: voice, retries: 5}",
        "effect: {service: voice}",
        "mitigations[1].effect: an effect that changes nothing (expected one of "
        '"bypasses", "retries", "ends_fault", "error_ratio" or "added_latency")',
    ),
    "end of what does not end": (
        "effect: {service: voice, retries: 5}",
        "effect: {service: voice, retries: 5, lasts: 5m}",
        "mitigations[1].effect.lasts: nothing that could end (expected error_ratio or added_latency beside it)",
    ),
    "bypass of what is not used": (
        "bypasses: elevenlabs",
        "bypasses: cdn",
        'mitigations[0].effect.bypasses: "voice" does not depend on "cdn" '
        '(expected "elevenlabs", "database" or "load_balancer")',
    ),
    "retries towards nothing": (
        "effect: {service: voice, retries: 5}",
        "effect: {service: dns, retries: 5}",
        'mitigations[1].effect.retries: "dns" depends on nothing that it could retry',
    ),
    "effect of looking": (
        "action: raise_retries",
        "action: verify_dns_resolution",
        'mitigations[1].action: "verify_dns_resolution" only looks, so it cannot have an effect '
        "(expected an action that changes something)",
    ),
    "unknown service": (
        "on: elevenlabs",
        "on: elevnlabs",
        'faults[0].on: unknown service "elevnlabs"; did you mean "elevenlabs"?',
    ),
    "unknown action": (
        "action: raise_retries",
        "action: raise_retrys",
        'mitigations[1].action: unknown action "raise_retrys"; did you mean "raise_retries"?',
    ),
    "unknown fault": (
        "effect: {service: voice, retries: 5}",
        "effect: {service: voice, ends_fault: floping}",
        'mitigations[1].effect.ends_fault: unknown fault "floping"; did you mean "flapping"?',
    ),
    "unknown role": (
        "to: technical_lead",
        "to: tech_lead",
        'injects[0].to: unknown role "tech_lead"; did you mean "technical_lead"?',
    ),
    "unknown severity": (
        "severity: P1",
        "severity: SEV1",
        'severity: unknown severity "SEV1" (expected "P0", "P1", "P2" or "P3")',
    ),
    "unknown expected action": (
        "action: customer_update",
        "action: customers_update",
        'injects[1].expect.action: unknown action or step of the response "customers_update"; '
        'did you mean "customer_update"?',
    ),
    "empty expectation": ("absent: {mitigated: never}", "absent: {}", "expect.absent: expects nothing (expected "),
    "unknown kind": (
        "kind: burst_errors",
        "kind: burst_error",
        'faults[0].kind: unknown kind of fault "burst_error"; did you mean "burst_errors"? (expected ',
    ),
    "misspelt parameter": (
        "mean_bad: 60s",
        "mean_bda: 60s",
        'faults[0]: missing key "mean_bad"\nfaults[0].mean_bda: unknown key; did you mean "mean_bad"?',
    ),
    "misspelt key of every fault": (
        "    for: 80m",
        "    fore: 80m",
        'faults[0]: missing key "for"\nfaults[0].fore: unknown key; did you mean "for"?',
    ),
    "bad parameter": (
        "good: 0.02, bad: 0.60",
        "good: -1, bad: 0.60",
        "faults[0].error_ratio.good: wrong value (got -1; expected a share from 0 to 1, such as 0.15 or 15%)",
    ),
    "second inject of the name": (
        "id: account-manager",
        "id: green-vendor-page",
        'injects[1].id: a second inject is called "green-vendor-page" (the first: ',
    ),
}

IN_THE_ORGANIZATION = {
    "circle": (
        "    title: DNS\n",
        "    title: DNS\n    depends_on: {api: {}}\n",
        "services.dns.depends_on.api: services depend on each other in a circle: api -> load_balancer -> dns -> api",
    ),
    "service that uses itself": (
        "    title: DNS\n",
        "    title: DNS\n    depends_on: {dns: {}}\n",
        "services.dns.depends_on.dns: services depend on each other in a circle: dns -> dns",
    ),
    "percentiles": (
        "{p50: 60ms, p95: 200ms, p99: 400ms, max: 2s}",
        "{p50: 60ms, p95: 20ms, p99: 400ms, max: 399ms}",
        "services.web_app.latency.p95: p95 is shorter than p50 (got 20ms; expected at least 60ms)\n"
        "services.web_app.latency.max: max is shorter than p99 (got 399ms; expected at least 400ms)",
    ),
    "promise to users": (
        "    objective: {error_ratio: 5%, latency_p95: 2s}\n",
        "",
        "services.voice.user_facing: a user-facing service needs an objective",
    ),
    "buckets": (
        "1.5, 2, 2.5",
        "1.5, 2, 1.5",
        "monitoring.jobs[3].metrics[1].buckets[6]: the bounds do not ascend (got 1.5 after 2)",
    ),
    "no buckets": (
        "          buckets: [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 5, 10]\n",
        "",
        "monitoring.jobs[3].metrics[1]: a latency metric needs buckets "
        "(expected upper bounds in seconds such as [0.5, 1, 2, 5])",
    ),
    "metric's name": (
        "name: voice_processing_duration_seconds",
        "name: voice-seconds",
        'monitoring.jobs[3].metrics[1].name: "voice-seconds" cannot be the name of a metric '
        "(expected letters, digits, _ and :)",
    ),
    "label of the scrape": (
        "          kind: latency\n",
        "          kind: latency\n          labels: {job: x, a-b: y}\n",
        'monitoring.jobs[3].metrics[1].labels.job: the label "job" is set by the scrape\n'
        'monitoring.jobs[3].metrics[1].labels.a-b: "a-b" cannot be the name of a label '
        "(expected letters, digits and _)",
    ),
    "second job of the name": (
        "job: seiketsu-web",
        "job: seiketsu-api",
        'monitoring.jobs[1].job: a second job is called "seiketsu-api"',
    ),
    "hours": (
        "day: [8, 22]",
        "day: [22, 8]",
        "day: not the hours of a day (got 22 to 8; expected two of 0 to 24 that ascend)",
    ),
    "name of two": (
        "  manager: {rotation",
        "  ivan.dba: {rotation: [ivan.dba], since: 2025-W32}\n  manager: {rotation",
        'schedules["ivan.dba"]: "ivan.dba" is also a person, so nobody can tell which is meant',
    ),
    "schedule or person": (
        "{targets: [secondary], timeout: 5m}",
        "{targets: [secundary], timeout: 5m}",
        'escalation.levels[1].targets[0]: unknown schedule or person "secundary"; did you mean "secondary"?',
    ),
    "role of a severity": (
        "    roles: [technical_lead] # assumption",
        "    roles: [technical_leader]",
        'severities.P3.roles[0]: unknown role "technical_leader"; did you mean "technical_lead"?',
    ),
    "alert of a runbook": (
        "alerts: [ServiceDown]",
        "alerts: [ServicesDown]",
        'runbooks.service_down.alerts[0]: unknown alert "ServicesDown"; did you mean "ServiceDown"?',
    ),
    "playbook": (
        "      load_balancer: {}\n    playbook: voice_ai_failure",
        "      load_balancer: {}\n    playbook: voice_failure",
        'services.voice.playbook: unknown playbook "voice_failure"; did you mean "voice_ai_failure"?',
    ),
    "action of a playbook": (
        "  review_cdn_status: {title",
        "  review_cdns_status: {title",
        'mitigation_strategies.performance_degradation[1]: unknown action "review_cdn_status"; '
        'did you mean "review_cdns_status"?',
    ),
    "parameters of an ordinary day's fault": (
        "    mean_good: ",
        "    mean_god: ",
        'background[0]: missing key "mean_good"\nbackground[0].mean_god: unknown key; did you mean "mean_good"?',
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), IN_THE_SCENARIO.values(), ids=IN_THE_SCENARIO.keys())
def test_a_contradiction_in_the_scenario_is_told(workspace: Workspace, old: str, new: str, expected: str) -> None:
    workspace.replace(workspace.scenario, old, new)
    assert "\n".join(workspace.problems()).startswith(expected)
    assert len(workspace.problems()) == expected.count("\n") + 1


@pytest.mark.parametrize(("old", "new", "expected"), IN_THE_ORGANIZATION.values(), ids=IN_THE_ORGANIZATION.keys())
def test_a_contradiction_in_the_organisation_is_told(workspace: Workspace, old: str, new: str, expected: str) -> None:
    workspace.replace(workspace.organization, old, new)
    assert workspace.problems() == expected.split("\n")


def test_criteria_need_a_criterion(workspace: Workspace) -> None:
    text = workspace.scenario.read_text()
    start, end = text.index("criteria:\n"), text.index("expect:\n  absent")
    workspace.scenario.write_text(f"{text[:start]}criteria: {{}}\n{text[end:]}")
    assert workspace.problems() == [
        'criteria: there is no criterion (expected at least one of "detected", "assembled", "mitigated" or '
        '"communication")'
    ]


def test_an_organisation_that_no_user_sees_is_told(workspace: Workspace) -> None:
    text = workspace.organization.read_text()
    workspace.organization.write_text(text.replace("user_facing: true", "user_facing: false"))
    assert workspace.problems() == ["services: no service is user-facing, so nothing could be an impact"]


def test_problems_of_every_file_are_told_together(workspace: Workspace) -> None:
    workspace.replace(workspace.scenario, "difficulty: 2", "difficulty: 9\ndifficulty: 9")
    workspace.replace(workspace.scenario, "action: raise_retries", "action: raise_retrys")
    workspace.replace(workspace.organization, "timezone: UTC", "timezone: Mars/Olympus")
    workspace.replace(
        workspace.folder / "seiketsu" / "mitigation-strategies.yaml", "- consider_rollback", "- roll_back"
    )
    workspace.replace(
        workspace.folder / "seiketsu" / "alert-rules.yaml", "summary: The API does not answer", "summary: *y"
    )
    assert workspace.problems() == [
        "difficulty: too large (got 9; expected at most 5)",
        ': duplicate key "difficulty" (first in line 6)',
        'mitigations[1].action: unknown action "raise_retrys"; did you mean "raise_retries"?',
        "groups[0].rules[0].annotations.summary: alias *y names no anchor",
        'mitigation_strategies.high_error_rate[2]: unknown action "roll_back"; did you mean "consider_rollback"?',
        'timezone: wrong value (got "Mars/Olympus"; expected a time zone such as UTC or Europe/Berlin)',
    ]
