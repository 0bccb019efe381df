"""Regular expressions as Prometheus reads them: RE2's dialect, always matching a whole value.

Most of what rules use reads the same in Python, which is quicker to start: literal text, alternatives, dots, simple
classes and groups, with few repetitions. Everything else is RE2's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simulator.promql.errors import PromqlError

# Nothing here means something else in RE2, nor backtracks more than a few times over a value.
_SHARED = re.compile(
    r"""(?: [\w\-:/\ ,=@%#~!"'<>;&]   # itself
          | \\[.\-/|()+*?\[\]{}^$\\]  # an escaped sign
          | \\[dDwW]
          | \.
          | \[\^?(?:[A-Za-z0-9_./:@%,\ ]-[A-Za-z0-9]|[A-Za-z0-9_./:@%,\ ]|\\[.dw\-])+-?\]
          | (?<=[\w.\]])[*+?](?![*+?])
          | (?<=[\w.\]])\{\d{1,2}(?:,\d{0,2})?\}(?![*+?{])
          | \|
          | \((?:\?:)?(?![*+?{)]) | \)(?![*+?{])
        )*""",
    re.VERBOSE | re.ASCII,
)
_REPETITION = re.compile(r"[*+?{]")
_SHARED_REPETITIONS = 4


class Pattern:
    """A compiled regular expression."""

    __slots__ = ("_pattern", "fullmatch", "text")

    def __init__(self, text: str, *, dot_matches_newline: bool = True) -> None:
        """PromqlError for what is not a regular expression of RE2."""
        self.text = text
        self._pattern = _compile(text, dot_matches_newline)
        self.fullmatch: Callable[[str], Any] = self._pattern.fullmatch

    def expand(self, template: str, value: str) -> str | None:
        """`template` with ``$1`` and ``${name}`` replaced by what the groups match; None where the value does not."""
        match = self.fullmatch(value)
        return None if match is None else self._fill(template, match)

    def replace_all(self, template: str, value: str) -> str:
        """The value with the filled template in place of every match, as Go's ``ReplaceAllString`` does it."""
        parts: list[str] = []
        end = 0
        for match in self._pattern.finditer(value):
            parts += (value[end : match.start()], self._fill(template, match))
            end = match.end()
        return "".join([*parts, value[end:]])

    def search(self, value: str) -> bool:
        """Whether there is a match anywhere in the value."""
        return self._pattern.search(value) is not None

    def _fill(self, template: str, match: Any) -> str:
        def group(reference: re.Match[str]) -> str:
            if reference[0] == "$$":
                return "$"
            name = reference[1] or reference[2]
            if name.isdigit():
                return (match.group(int(name)) or "") if int(name) <= self._pattern.groups else ""
            return (match.group(name) or "") if name in self._pattern.groupindex else ""

        return _REFERENCE.sub(group, template)


_REFERENCE = re.compile(r"\$\$|\$\{(\w+)\}|\$(\w+)", re.ASCII)


def is_shared(text: str) -> bool:
    """Whether Python reads this expression as RE2 does."""
    return _SHARED.fullmatch(text) is not None and len(_REPETITION.findall(text)) <= _SHARED_REPETITIONS


def _compile(text: str, dot_matches_newline: bool) -> Any:
    if is_shared(text):
        flags = re.ASCII | (re.DOTALL if dot_matches_newline else 0)
        try:
            return re.compile(text, flags)
        except re.error:
            pass  # RE2 says what is wrong.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = dot_matches_newline
    try:
        return re2.compile(text, options)
    except re2.error as error:
        message = error.args[0]
        message = message.decode() if isinstance(message, bytes) else message
        raise PromqlError(f'regular expression "{text}": {message}') from None
