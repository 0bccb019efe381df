"""Formulas of waiting: Erlang's two, and how long a line of known length takes.

Loads are in Erlang: arrivals a second times the seconds for which each keeps a server busy.
"""

from __future__ import annotations

import math

WAITS = (0.5, 0.95, 0.99, 0.9999)
"""The percentiles at which a waiting time is wanted; the last stands for the longest."""


def erlang_b(servers: int, load: float) -> float:
    """Share of requests that find every server busy where nobody waits (M/G/c/c): they are lost."""
    lost = 1.0
    for busy in range(1, servers + 1):
        lost = load * lost / (busy + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Share of requests that have to wait where all do who must (M/M/c); 1 from full load on."""
    if load >= servers:
        return 1.0
    lost = erlang_b(servers, load)
    return servers * lost / (servers - load * (1 - lost))


def waits_ms(servers: int, load: float, held_ms: float) -> tuple[float, float, float, float]:
    """Waiting time in M/M/c at the usual percentiles, ms; the load must be below the servers."""
    waiting = erlang_c(servers, load)
    mean_ms = held_ms / (servers - load)
    p50, p95, p99, longest = (
        max(0.0, mean_ms * math.log(waiting / (1 - share))) if waiting else 0.0 for share in WAITS
    )
    return p50, p95, p99, longest


def mean_wait_ms(servers: int, load: float, held_ms: float) -> float:
    """Mean waiting time in M/M/c, ms, over all requests; the load must be below the servers."""
    return erlang_c(servers, load) * held_ms / (servers - load)


def waits_longer(servers: int, load: float, held_ms: float, limit_ms: float) -> float:
    """Share of requests that would wait longer than a limit; at full load and beyond, those that cannot be served."""
    if load >= servers:
        return 1 - servers / load
    return erlang_c(servers, load) * math.exp(-(servers - load) * limit_ms / held_ms) if held_ms else 0.0
