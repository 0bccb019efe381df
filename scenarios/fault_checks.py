"""What must hold between a fault, its kind, and the service that it strikes; read from the raw data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.documents import Document
from scenarios.fields import parse_duration
from scenarios.problems import Problem, Steps, alternatives, did_you_mean

SILENCING = ("down", "connection_refused")
"""Kinds under which a service answers nobody, so that nothing else on it could take effect."""


def check_faults(
    document: Document, key: str, organization: Document, fault_kinds: Mapping[str, type]
) -> list[Problem]:
    """Faults that need what their service does not state, that aim at what it does not have, or that contradict."""
    listed = document.at(key)
    faults = [fault if isinstance(fault, dict) else {} for fault in listed] if isinstance(listed, list) else []
    problems: list[Problem] = []
    for index, fault in enumerate(faults):
        service = organization.at("services", str(fault.get("on")))
        if isinstance(service, dict):
            problems += _needs(document, (key, index), fault, service, fault_kinds)
            problems += _aim(document, (key, index), fault, service)
        problems += _contradiction(document, (key, index), fault, faults)
    return problems


def _needs(
    document: Document, at: Steps, fault: dict[str, Any], service: dict[str, Any], fault_kinds: Mapping[str, type]
) -> Iterator[Problem]:
    kind = fault.get("kind")
    wanted = getattr(fault_kinds[kind], "NEEDS", ()) if isinstance(kind, str) and kind in fault_kinds else ()
    for field in wanted:
        if service.get(field) is None:
            message = f'"{fault["on"]}" has no {field}, which a fault of kind {kind} needs'
            yield document.problem((*at, "on"), message, expected=f"a service that states {field}")


def _aim(document: Document, at: Steps, fault: dict[str, Any], service: dict[str, Any]) -> Iterator[Problem]:
    aim = fault.get("only")
    endpoints = service.get("endpoints")
    known = endpoints if isinstance(endpoints, dict) else {}
    if not isinstance(aim, dict):
        return
    wanted, method = aim.get("endpoint"), aim.get("method")
    if isinstance(wanted, str) and wanted not in known:
        message = f'"{fault["on"]}" has no endpoint "{wanted}"{did_you_mean(wanted, known)}'
        yield document.problem((*at, "only", "endpoint"), message, expected=alternatives(known) if known else "")
    elif method is not None and not any(
        _method(one) == method for name, one in known.items() if wanted in (None, name)
    ):
        message = f'no endpoint of "{fault["on"]}" that it is aimed at has the method {method}'
        yield document.problem((*at, "only", "method"), message)


def _method(endpoint: Any) -> object:
    return endpoint.get("method", "GET") if isinstance(endpoint, dict) else None


def _contradiction(
    document: Document, at: Steps, fault: dict[str, Any], faults: list[dict[str, Any]]
) -> Iterator[Problem]:
    span = _span(fault)
    for other in faults:
        covers = _span(other)
        silent = other.get("kind") in SILENCING and other.get("ratio") in (None, 1, 1.0)
        if other is fault or not silent or span is None or covers is None or other.get("on") != fault.get("on"):
            continue
        earlier = covers != span or faults.index(other) < faults.index(fault)
        if covers[0] <= span[0] and span[1] <= covers[1] and earlier and other.get("toxicity") is None:
            message = f'can never take effect: "{other.get("id")}" silences "{fault["on"]}" for all of its time'
            yield document.problem(at, message)


def _span(fault: dict[str, Any]) -> tuple[int, int] | None:
    try:
        at_ms = parse_duration(fault.get("at"))
        return at_ms, at_ms + parse_duration(fault.get("for"))
    except ValueError:
        return None
