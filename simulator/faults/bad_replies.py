"""Replies with a good status that nobody can read."""

from __future__ import annotations

from typing import Literal

from scenarios.fields import Ratio, model
from simulator.faults.change import Change, Steady

SAYS = {
    "empty": "unexpected end of JSON input",
    "malformed": "invalid character '}' looking for beginning of value",
    "truncated": "unexpected EOF",
    "garbage": "invalid UTF-8 in the reply",
}


@model
class BadReplies(Steady):
    """A share of the replies has status 200 and a body that callers cannot use: they fail, while the service's own
    metrics and health page are green.
    """

    body: Literal["empty", "malformed", "truncated", "garbage"] = "malformed"
    """What is wrong with it."""
    ratio: Ratio = 1.0
    """Share of replies."""

    def worst(self) -> Change:
        return Change(unusable_ratio=self.ratio, says=SAYS[self.body])
