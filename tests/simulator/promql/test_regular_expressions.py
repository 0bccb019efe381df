"""Expressions that Python reads instead of RE2 mean the same to both."""

from __future__ import annotations

import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.promql.errors import PromqlError
from simulator.promql.regular_expressions import Pattern, is_shared

_PIECES = st.sampled_from(
    [
        *("a", "b", "5", "-", "_", " ", "/", ":", ".", "|", "(", "(?:", ")", "[a-c]", "[^5]", "[a_.]", "[\\w-]"),
        *("\\.", "\\d", "\\W", "\\|", "*", "+", "?", "{2}", "{1,2}", "{1,}", "{", "]", "^", "$", "é", "(?i)", "\\b"),
    ]
)
_VALUES = st.text("ab5-_ /:.|(){}[]é\n\\", max_size=6)


@settings(max_examples=3000, deadline=None)
@given(pattern=st.lists(_PIECES, max_size=8).map("".join), value=_VALUES, newline=st.booleans())
def test_python_and_re2_agree_wherever_python_is_asked(pattern: str, value: str, newline: bool) -> None:
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = newline
    try:
        expected = re2.fullmatch(pattern, value, options)
    except re2.error:
        try:
            Pattern(pattern, dot_matches_newline=newline)
        except PromqlError:
            return
        raise AssertionError(f"RE2 refuses {pattern!r}") from None
    found = Pattern(pattern, dot_matches_newline=newline).fullmatch(value)
    assert bool(found) == bool(expected), (pattern, is_shared(pattern))
    if found:
        assert found.groups() == expected.groups()


def test_what_most_rules_use_needs_no_re2() -> None:
    for pattern in ("5..", "api|web", ".+", "(a|b).*", r"\d+", "node-[0-9]{1,3}", "", "/api/v1/.*", "kube-.+"):
        assert is_shared(pattern), pattern
