"""The states of an incident and every way from one to the next: one table, from which the docs' diagram is drawn."""

from __future__ import annotations

from typing import Literal

State = Literal[
    "triggered", "acknowledged", "declared", "investigating", "identified", "monitoring", "resolved", "closed"
]

SIGNAL, EXPIRE, RETURN, CLOSE = "signal", "expire", "return", "close"
"""Steps that nobody takes: the first signal, an acknowledgement that nothing followed for too long, a signal after the
resolution, and the end of the time after which a resolved incident closes.
"""
NOBODYS = {SIGNAL, EXPIRE, RETURN, CLOSE}

# (state, step) -> next state. None is the time before the first signal. A step is an action, or one result of it.
TRANSITIONS: dict[tuple[State | None, str], State] = {
    (None, SIGNAL): "triggered",
    ("triggered", "acknowledge"): "acknowledged",
    ("triggered", "tick"): "triggered",
    ("triggered", "declare"): "declared",
    ("acknowledged", "acknowledge"): "acknowledged",
    ("acknowledged", "tick"): "acknowledged",
    ("acknowledged", "declare"): "declared",
    ("acknowledged", EXPIRE): "triggered",
    ("declared", "acknowledge"): "declared",
    ("declared", "tick"): "declared",
    ("declared", EXPIRE): "declared",
    ("declared", "join"): "declared",
    ("declared", "update"): "declared",
    ("declared", "change_severity"): "declared",
    ("declared", "investigate"): "investigating",
    ("investigating", "acknowledge"): "investigating",
    ("investigating", "tick"): "investigating",
    ("investigating", EXPIRE): "investigating",
    ("investigating", "join"): "investigating",
    ("investigating", "update"): "investigating",
    ("investigating", "change_severity"): "investigating",
    ("investigating", "investigate"): "investigating",
    ("investigating", "examine"): "investigating",
    ("investigating", "finish_examination"): "investigating",
    ("investigating", "start_mitigation"): "investigating",
    ("investigating", "approve"): "investigating",
    ("investigating", "decline"): "investigating",
    ("investigating", "finish_mitigation"): "investigating",
    ("investigating", "identify"): "identified",
    ("investigating", "monitor"): "monitoring",
    ("identified", "acknowledge"): "identified",
    ("identified", "tick"): "identified",
    ("identified", EXPIRE): "identified",
    ("identified", "join"): "identified",
    ("identified", "update"): "identified",
    ("identified", "change_severity"): "identified",
    ("identified", "identify"): "identified",
    ("identified", "examine"): "identified",
    ("identified", "finish_examination"): "identified",
    ("identified", "start_mitigation"): "identified",
    ("identified", "approve"): "identified",
    ("identified", "decline"): "identified",
    ("identified", "finish_mitigation"): "identified",
    ("identified", "investigate"): "investigating",
    ("identified", "monitor"): "monitoring",
    ("monitoring", "acknowledge"): "monitoring",
    ("monitoring", "tick"): "monitoring",
    ("monitoring", EXPIRE): "monitoring",
    ("monitoring", "join"): "monitoring",
    ("monitoring", "update"): "monitoring",
    ("monitoring", "change_severity"): "monitoring",
    ("monitoring", "start_mitigation"): "monitoring",
    ("monitoring", "approve"): "monitoring",
    ("monitoring", "decline"): "monitoring",
    ("monitoring", "finish_mitigation"): "monitoring",
    ("monitoring", "finish_examination"): "monitoring",
    ("monitoring", "investigate"): "investigating",
    ("monitoring", "verify passed"): "monitoring",
    ("monitoring", "verify failed"): "investigating",
    ("monitoring", "resolve"): "resolved",
    ("resolved", "update"): "resolved",
    ("resolved", "finish_mitigation"): "resolved",
    ("resolved", "finish_examination"): "resolved",
    ("resolved", "tick"): "resolved",
    ("resolved", "reopen"): "investigating",
    ("resolved", RETURN): "investigating",
    ("resolved", CLOSE): "closed",
}


class ActionRefused(Exception):  # noqa: N818 (it says what happened, and is nobody's error)
    """A player asked for something that is not possible now; nothing has changed. Says what is possible instead."""

    def __init__(self, reason: str, allowed: tuple[str, ...]) -> None:
        self.reason = reason
        self.allowed = allowed
        super().__init__(f"{reason}; allowed now: {', '.join(allowed) or 'nothing'}")


def allowed_actions(state: State | None) -> tuple[str, ...]:
    """The actions that people may take in a state, in the table's order."""
    steps = (step for at, step in TRANSITIONS if at == state and step not in NOBODYS)
    return tuple(dict.fromkeys(step.split()[0] for step in steps))


def next_state(state: State | None, step: str) -> State:
    """Where a step leads; ActionRefused when the table has no such row."""
    after = TRANSITIONS.get((state, step))
    if after is None:
        now = f"the incident is {state}" if state else "there is no incident"
        raise ActionRefused(f"cannot {step.split(maxsplit=1)[0]} while {now}", allowed_actions(state))
    return after


def diagram() -> str:
    """The table as a Mermaid state diagram; steps between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, step), after in TRANSITIONS.items():
        arrows.setdefault((state or "[*]", after), []).append(step)
    lines = [f"    {state} --> {after}: {', '.join(steps)}" for (state, after), steps in arrows.items()]
    return "\n".join(["stateDiagram-v2", *lines, "    closed --> [*]", ""])
