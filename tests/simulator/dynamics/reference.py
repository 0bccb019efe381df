"""The reference model: requests one by one, as no drill plays them, for the formulas to be held against."""

from __future__ import annotations

import heapq
import random
from typing import NamedTuple


class Served(NamedTuple):
    """What became of many requests."""

    waits_ms: list[float]
    lost: int


def served(
    *,
    servers: int,
    per_s: float,
    held_ms: float,
    requests: int,
    seed: int,
    waiting: int | None = None,
    deterministic: bool = False,
) -> Served:
    """Poisson arrivals at servers that are busy for exponential (or equal) times, first come, first served; `waiting`
    is how many may stand in line, none: as many as come.
    """
    chance = random.Random(seed)
    free = [0.0] * servers
    begins: list[float] = []
    waits: list[float] = []
    now_ms, lost = 0.0, 0
    for _ in range(requests):
        now_ms += chance.expovariate(per_s / 1000)
        while begins and begins[0] <= now_ms:
            heapq.heappop(begins)
        if waiting is not None and free[0] > now_ms and len(begins) >= waiting:
            lost += 1
            continue
        start_ms = max(now_ms, free[0])
        heapq.heapreplace(free, start_ms + (held_ms if deterministic else chance.expovariate(1 / held_ms)))
        if start_ms > now_ms:
            heapq.heappush(begins, start_ms)
        waits.append(start_ms - now_ms)
    return Served(waits, lost)


def breaker_opens_after(outcomes: list[bool], *, window: int, minimum: int, ratio: float) -> int | None:
    """The number of the call with which a count-based breaker opens, call by call; True: the call failed."""
    seen: list[bool] = []
    for number, failed in enumerate(outcomes, start=1):
        seen = [*seen, failed][-window:]
        if len(seen) >= minimum and sum(seen) / len(seen) >= ratio:
            return number
    return None
