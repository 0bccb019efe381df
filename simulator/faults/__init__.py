"""What can go wrong with a service, one kind a file; `KINDS` is where a kind is registered.

A kind is a dataclass whose fields are its parameters in a scenario, with two methods: `levels`, the course that the
fault takes, and `worst`, the most that it may do (which is what a cure has to withstand).
"""

from __future__ import annotations

from simulator.faults.burst_errors import BurstErrors
from simulator.faults.change import Change, FaultKind
from simulator.faults.down import Down
from simulator.faults.latency import AddedLatency

KINDS: dict[str, type[FaultKind]] = {"burst_errors": BurstErrors, "down": Down, "latency": AddedLatency}

__all__ = ["KINDS", "Change", "FaultKind"]
