"""What can go wrong with a service, one kind a file; `KINDS` is where a kind is registered.

A kind is a dataclass whose fields are its parameters in a scenario, with two methods: `levels`, the course that the
fault takes, and `worst`, the most that it may do (which is what a cure has to withstand). What every fault may state
beside them (a ramp, a share of the requests, an aim) is in `simulator.faults.course`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from simulator.faults.change import Change, FaultKind

_CLASSES = {
    "bad_replies": "BadReplies",
    "bandwidth": "Bandwidth",
    "burst_errors": "BurstErrors",
    "certificate_expired": "CertificateExpired",
    "clock_skew": "ClockSkew",
    "cold_cache": "ColdCache",
    "concurrency_limit": "ConcurrencyLimit",
    "connection_refused": "ConnectionRefused",
    "connection_reset": "ConnectionReset",
    "credential_expired": "CredentialExpired",
    "cut_off": "CutOff",
    "dns": "NamesDoNotResolve",
    "down": "Down",
    "elevenlabs_busy": "ElevenLabsBusy",
    "elevenlabs_concurrency": "ElevenLabsConcurrency",
    "elevenlabs_quota": "ElevenLabsQuota",
    "elevenlabs_websocket": "ElevenLabsWebsocket",
    "errors": "Errors",
    "flapping": "Flapping",
    "hang": "Hang",
    "latency": "AddedLatency",
    "nth_request": "NthRequest",
    "phases": "Phases",
    "rate_limit": "RateLimit",
    "retry_storm": "RetryStorm",
    "saturation": "Saturation",
    "slow_drip": "SlowDrip",
    "stall": "Stall",
    "traffic": "Traffic",
    "wrong_answers": "WrongAnswers",
}
"""The class of each kind, in the module that has the kind's name."""


class _Kinds(Mapping[str, type[FaultKind]]):
    """The registered kinds; each is imported when it is asked for, since starting up must not wait for all."""

    def __getitem__(self, kind: str) -> type[FaultKind]:
        found: type[FaultKind] = getattr(import_module(f"{__name__}.{kind}"), _CLASSES[kind])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)

    def __contains__(self, kind: object) -> bool:
        return kind in _CLASSES


KINDS: Mapping[str, type[FaultKind]] = _Kinds()

__all__ = ["KINDS", "Change", "FaultKind"]
