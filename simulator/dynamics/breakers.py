"""Circuit breakers by the rules of the libraries that people use, in steps of time instead of call by call.

resilience4j: the failing share of the last 100 calls, once there were 100; open for 60 s; then ten calls decide.
Hystrix: the failing share of the last 10 s, once there were 20 calls; open for 5 s; then one call decides.
Envoy (outlier detection): five failures in a row eject a host at the next sweep, every 10 s; no more than a tenth of
the hosts, for 30 s times the number of ejections, up to 300 s.
"""

from __future__ import annotations

from typing import NamedTuple

from scenarios.resilience import Breaker

DIGITS = 6


class Rules(NamedTuple):
    """The figures of a breaker."""

    window_calls: float
    """The calls that are looked at; 0: those of `window_ms`."""
    window_ms: float
    minimum_calls: float
    failure_ratio: float
    open_ms: int
    trial_calls: float
    """Calls that are let through to decide whether it closes."""
    in_a_row: int = 0
    """Failures in a row that eject a host; 0: the share decides."""


PRESETS = {
    "resilience4j": Rules(100, 0, 100, 0.5, 60_000, 10),
    "hystrix": Rules(0, 10_000, 20, 0.5, 5_000, 1),
    "envoy": Rules(0, 10_000, 1, 1.0, 30_000, 0, in_a_row=5),
}
EJECTED = 0.1
"""Share of the hosts that Envoy ejects at most."""
LONGEST_EJECTION = 10
"""Ejections after which it lasts no longer: 300 s."""


class State(NamedTuple):
    """A breaker between two steps."""

    window: tuple[tuple[float, float, float], ...] = ()
    """(ms, calls, failing share) of the stretches looked at, oldest first."""
    until_ms: int = 0
    """When an open breaker begins to try; 0: it is not open."""
    trials: float = 0.0
    """Calls of the trial that are done; below 0: there is no trial."""
    failed: float = 0.0
    """Those of them that failed."""
    ejections: int = 0
    """Envoy: how often in a row."""
    trying: bool = False

    @property
    def open(self) -> bool:
        """Whether it refuses calls."""
        return self.until_ms > 0


CLOSED = State()


def rules_of(breaker: Breaker) -> Rules:
    """The preset with what the file states otherwise."""
    rules = PRESETS[breaker.preset]
    if breaker.failure_ratio is not None:
        rules = rules._replace(failure_ratio=breaker.failure_ratio)
    if breaker.minimum_calls is not None:
        rules = rules._replace(minimum_calls=float(breaker.minimum_calls))
        if rules.window_calls:
            rules = rules._replace(window_calls=max(rules.window_calls, rules.minimum_calls))
    return rules if breaker.open_for is None else rules._replace(open_ms=breaker.open_for)


def refuses(rules: Rules, state: State, calls_per_s: float, step_ms: int) -> float:
    """The share of calls that it refuses now."""
    if state.open:
        return EJECTED if rules.in_a_row else 1.0
    if state.trying:
        calls = calls_per_s * step_ms / 1000
        return max(0.0, 1 - (rules.trial_calls - state.trials) / calls) if calls else 0.0
    return 0.0


def step(rules: Rules, state: State, calls_per_s: float, failing: float, *, now_ms: int, step_ms: int) -> State:
    """The breaker a step later; `calls_per_s` are those that somebody wants to make."""
    calls = calls_per_s * step_ms / 1000
    if state.open:
        if now_ms + step_ms < state.until_ms:
            return state
        return State(trying=not rules.in_a_row, ejections=state.ejections)
    if state.trying:
        let_in = min(calls, rules.trial_calls - state.trials)
        trials, failed = state.trials + let_in, state.failed + let_in * failing
        if trials < rules.trial_calls - 1e-9:
            return state._replace(trials=round(trials, DIGITS), failed=round(failed, DIGITS))
        return _opened(rules, state, now_ms + step_ms) if failed / trials >= rules.failure_ratio else CLOSED
    if rules.in_a_row:
        return _ejecting(rules, state, calls, failing, now_ms=now_ms, step_ms=step_ms)
    window = _window(rules, state.window, step_ms, calls, failing)
    total = sum(entry[1] for entry in window)
    bad = sum(entry[1] * entry[2] for entry in window)
    if total >= rules.minimum_calls - 1e-9 and total and bad / total >= rules.failure_ratio - 1e-9:
        return _opened(rules, state, now_ms + step_ms)
    return State(window)


def _opened(rules: Rules, state: State, now_ms: int) -> State:
    ejections = state.ejections + 1 if rules.in_a_row else 0
    return State(until_ms=now_ms + rules.open_ms * min(max(1, ejections), LONGEST_EJECTION), ejections=ejections)


def _ejecting(rules: Rules, state: State, calls: float, failing: float, *, now_ms: int, step_ms: int) -> State:
    """At a sweep it ejects if so many failures in a row were to be expected among the calls since the one before."""
    window = _window(rules, state.window, step_ms, calls, failing)
    swept = now_ms // 10_000 != (now_ms + step_ms) // 10_000
    if not swept:
        return state._replace(window=window)
    in_a_row = 0.0
    for _, made, share in window:
        power = 1.0
        for _ in range(rules.in_a_row):
            power *= share
        in_a_row += made * power
    if in_a_row >= 1:
        return _opened(rules, state, now_ms + step_ms)
    return State(window, ejections=max(0, state.ejections - 1))


def _window(
    rules: Rules, window: tuple[tuple[float, float, float], ...], step_ms: int, calls: float, failing: float
) -> tuple[tuple[float, float, float], ...]:
    """The stretches that are still looked at, with the latest; neighbours that are alike are one."""
    share = round(failing, DIGITS)
    entries = list(window)
    if entries and entries[-1][2] == share:
        ms, made, _ = entries.pop()
        entries.append((ms + step_ms, made + calls, share))
    else:
        entries.append((float(step_ms), calls, share))
    place, limit = (1, rules.window_calls) if rules.window_calls else (0, rules.window_ms)
    beyond = sum(entry[place] for entry in entries) - limit
    while beyond > 0 and entries:
        ms, made, bad = entries[0]
        amount = entries[0][place]
        if amount <= beyond:
            entries.pop(0)
            beyond -= amount
            continue
        left = (amount - beyond) / amount
        entries[0] = (round(ms * left, DIGITS), round(made * left, DIGITS), bad)
        break
    return tuple(entries)
