"""What can go wrong with an expression: it cannot be compiled, or it cannot be evaluated at some instant."""

from __future__ import annotations


class PromqlError(Exception):
    """The expression is not PromQL, or uses something that this engine does not evaluate; the message names it."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        self.offset = offset
        """Where in the expression's text, in characters, if that is known."""
        super().__init__(message)


class EvaluationError(Exception):
    """The expression has no value at an instant, such as when a match is ambiguous."""

    def __init__(self, at_ms: int, message: str) -> None:
        self.at_ms = at_ms
        self.message = message
        super().__init__(f"at {at_ms} ms: {message}")
