from __future__ import annotations

import pytest

from drills.response import states


def test_every_state_can_be_reached_and_has_a_way_to_closed() -> None:
    onward: dict[str | None, set[str]] = {}
    for (state, _), after in states.TRANSITIONS.items():
        onward.setdefault(state, set()).add(after)
    every = {state for state in onward if state} | {"closed"}

    def reachable(start: str | None) -> set[str]:
        seen: set[str] = set()
        waiting = {start}
        while waiting:
            fresh = onward.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting |= fresh
        return seen

    assert reachable(None) == every
    assert all("closed" in reachable(state) for state in every - {"closed"})


def test_a_step_that_the_table_does_not_have_is_refused_with_what_is_allowed_instead() -> None:
    with pytest.raises(states.ActionRefused) as refused:
        states.next_state("triggered", "resolve")
    assert (
        str(refused.value) == "cannot resolve while the incident is triggered; allowed now: acknowledge, tick, declare"
    )
    assert refused.value.allowed == ("acknowledge", "tick", "declare")


def test_the_diagram_has_every_row_of_the_table() -> None:
    drawn = {}
    for line in states.diagram().splitlines()[1:]:
        ends, _, steps = line.strip().partition(": ")
        drawn[tuple(ends.split(" --> "))] = set(steps.split(", "))
    for (state, step), after in states.TRANSITIONS.items():
        assert step in drawn[state or "[*]", after]
