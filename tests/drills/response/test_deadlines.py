from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drills.response.deadlines import Deadlines

STEP = st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.booleans())


@given(st.lists(STEP))
def test_deadlines_come_by_time_then_in_the_order_they_were_set(steps: list[tuple[str, int, bool]]) -> None:
    deadlines, expected = Deadlines(), {}
    for ordinal, (name, at_ms, cancels) in enumerate(steps):
        if cancels:
            deadlines.cancel(name)
            expected.pop(name, None)
        else:
            deadlines.set(name, at_ms, 0, lambda: None)
            expected[name] = (at_ms, ordinal)
        assert deadlines.due_ms(name) == (None if cancels else at_ms)
        assert deadlines.next_ms() == min((at for at, _ in expected.values()), default=None)
    taken = []
    while deadlines.next_ms() is not None:
        taken.append(deadlines.take().name)
    assert taken == sorted(expected, key=lambda name: expected[name])
