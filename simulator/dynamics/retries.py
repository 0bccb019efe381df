"""What trying again costs and brings: loads multiplied, failures saved, time waited."""

from __future__ import annotations

from scenarios.resilience import Backoff


def tries(failing: float, retries: int, budget: float | None = None) -> tuple[float, float]:
    """Mean number of tries that a call takes, 1 + f + … + f^r, and the share of calls that fail after all, f^(r+1).

    With a budget no more than that many further tries are made a call, and the others fail at once. By
    multiplication: `pow` may round differently from one C library to the next.
    """
    total, power = 1.0, failing
    for _ in range(retries):
        total += power
        power *= failing
    if budget is not None and total > 1 + budget:
        return 1 + budget, failing - budget * (1 - failing)
    return total, power


def waited_ms(failing: float, retries: int, backoff: Backoff | None) -> float:
    """Mean time that a call waits before its further tries, ms."""
    if backoff is None:
        return 0.0
    total, power = 0.0, failing
    for number in range(retries):
        longest = min(backoff.cap, backoff.base << number)
        total += power * longest / (2 if backoff.jitter == "full" else 1)
        power *= failing
    return total
