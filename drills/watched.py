"""A drill that a real Prometheus and Alertmanager watch: its series are scraped, and alerts come from outside.

Time is handed in, in milliseconds of the drill; no clock is read here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from drills.adapters.wire import DirectWire
from drills.exposition import page
from drills.runner import Prepared, begin, header
from scenarios.problems import InputError, Problem
from simulator.alertmanager.routing import NOBODY
from simulator.journal import Journal
from simulator.notification import policies
from simulator.randomness import Draws
from simulator.responders.treatments import TreatmentName
from simulator.telemetry import Telemetry

ALERTS_MAX = 1_000
"""Alerts in one message of Alertmanager's."""


class WatchedDrill:
    """One drill under way, whose alerts come from outside."""

    def __init__(self, prepared: Prepared, seed: int, treatment: TreatmentName, *, own_alerts: bool = False) -> None:
        """`own_alerts`: the world's own alerts are signals too, as in a drill that nobody watches."""
        self._prepared, self._seed, self._treatment = prepared, seed, treatment
        loaded = prepared.loaded
        wire = DirectWire(loaded.organization, loaded.scenario.codename)
        self._drill = begin(prepared, seed, treatment, wire, watched=not own_alerts)
        # The world's own telemetry runs ahead of the time and holds what rules read; this one does neither.
        self._telemetry = Telemetry(
            loaded.organization,
            self._drill.world.course,
            Draws(seed),
            wanted=lambda _: True,
            from_ms=-prepared.rules.lookback_ms,
        )
        self._policies = policies(loaded.organization.monitoring)
        self._telemetry.store.epoch_ms = round(loaded.scenario.starts_at.timestamp() * 1000)
        self.store = self._telemetry.store
        """Every series there is, up to now."""
        self.end_ms = loaded.scenario.duration

    def advance(self, now_ms: int) -> None:
        """Let everything happen that is due by now."""
        self._drill.advance(min(now_ms, self.end_ms))
        self._telemetry.extend(min(now_ms, self.end_ms))

    def metrics(self, now_ms: int) -> str:
        """The page that a scrape finds now."""
        self.advance(now_ms)
        interval_ms = self._prepared.loaded.organization.monitoring.scrape_interval
        return page(self._telemetry.store, now_ms, 2 * interval_ms)

    def receive(self, body: bytes, now_ms: int) -> int:
        """Take a message of Alertmanager's webhook; how many firing alerts of it were taken as signals.

        InputError when it is none.
        """
        receiver, alerts = _read(body)
        policy = self._policies.get(receiver, "default" if "default" in self._policies else NOBODY)
        if policy == NOBODY or now_ms > self.end_ms:
            return 0
        for labels, texts in alerts:
            name = labels.get("alertname", "")
            fields: dict[str, Any] = {
                "alert": name,
                "labels": labels,
                "severity": labels.get("severity"),
                "summary": texts.get("summary", name),
                "receiver": receiver,
            }
            self._drill.alert(now_ms, fields if policy == "default" else {**fields, "policy": policy})
        return len(alerts)

    def finish(self) -> Journal:
        """Play what is left and return the journal."""
        self._drill.advance(self.end_ms)
        journal = self._drill.finish()
        journal.header.update(header(self._prepared, self._drill, self._seed, self._treatment))
        return journal


def _read(body: bytes) -> tuple[str, list[tuple[dict[str, str], dict[str, str]]]]:
    """The receiver, and labels and annotations of the alerts that fire."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise _wrong("not JSON") from None
    alerts = message.get("alerts") if isinstance(message, dict) else None
    if not isinstance(alerts, list) or len(alerts) > ALERTS_MAX:
        raise _wrong(f"expected a message of Alertmanager's webhook, with at most {ALERTS_MAX} alerts")
    receiver = message.get("receiver")
    return receiver if isinstance(receiver, str) else "", list(_firing(alerts))


def _firing(alerts: list[Any]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    for index, alert in enumerate(alerts):
        if not isinstance(alert, Mapping):
            raise _wrong(f"alerts[{index}] is not an object")
        labels, texts = alert.get("labels"), alert.get("annotations", {})
        if not _is_text(labels) or not _is_text(texts):
            raise _wrong(f"alerts[{index}]: labels and annotations are objects of text")
        if alert.get("status") == "firing":
            yield labels, texts


def _is_text(value: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _wrong(message: str) -> InputError:
    return InputError([Problem("", 0, 0, "", message)])
