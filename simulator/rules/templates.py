"""Templates of labels and annotations: the part of Go's text/template that rule files use.

An action holds a pipeline: ``{{ $labels.instance }}``, ``{{ $value | humanize }}``, ``{{ printf "%.2f" $value }}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from simulator.promql.series import Labels
from simulator.rules.formatting import FUNCTIONS, FormatError, Value, print_value

_ACTION = re.compile(r"\{\{(- )?(.*?)( -)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    | (?P<data>(?:\$[a-zA-Z_]\w*)?(?:\.\w+)+|\$[a-zA-Z_]\w*)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[a-zA-Z_]\w*)
    | (?P<sign>[|()])
    )""",
    re.VERBOSE,
)
_STATEMENTS = frozenset(("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"))


class TemplateError(Exception):
    """The template is not valid, or uses something that is not supported; the message names it."""


class _Data(NamedTuple):
    """What a template is expanded with."""

    labels: Mapping[str, str]
    value: float


Part = Callable[[_Data], Value]


class Template:
    """A compiled template."""

    __slots__ = ("_parts", "is_fixed", "text")

    def __init__(self, text: str) -> None:
        """TemplateError when the text is not a template that this engine expands."""
        self.text = text
        self._parts: list[Part | str] = []
        position, trims = 0, False
        for action in _ACTION.finditer(text):
            plain = text[position : action.start()]
            plain = plain.lstrip() if trims else plain
            self._append(plain.rstrip() if action[1] else plain)
            trims, position = bool(action[3]), action.end()
            if not re.fullmatch(r"\s*/\*.*\*/\s*", action[2], re.DOTALL):
                self._parts.append(_Parser(action[2]).parse())
        rest = text[position:]
        if "{{" in rest:
            raise TemplateError("unclosed action")
        self._append(rest.lstrip() if trims else rest)
        self.is_fixed = all(isinstance(part, str) for part in self._parts)
        """Whether it always expands to the same text."""

    def expand(self, labels: Labels, value: float) -> str:
        """The text for an element with these labels and this value; a failing template expands to its error."""
        data = _Data(dict(labels), value)
        try:
            return "".join(part if isinstance(part, str) else print_value(part(data)) for part in self._parts)
        except FormatError as error:
            return f"<error expanding template: {error}>"

    def _append(self, plain: str) -> None:
        if plain:
            self._parts.append(plain)


class _Parser:
    """Parses the inside of one action: commands separated by ``|``, each handing its value to the next."""

    def __init__(self, source: str) -> None:
        self._source = source.strip()
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(self._source):
            match = _TOKEN.match(self._source, position)
            if match is None:
                raise TemplateError(f"unexpected {self._source[position:].strip()[:20]!r} in {self._source!r}")
            assert match.lastgroup is not None
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self._at = 0

    def parse(self) -> Part:
        part = self._pipeline()
        if self._at < len(self._tokens):
            raise TemplateError(f"unexpected {self._tokens[self._at][1]!r} in {self._source!r}")
        return part

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _pipeline(self) -> Part:
        part = self._command(None)
        while self._peek() == ("sign", "|"):
            self._at += 1
            part = self._command(part)
        return part

    def _command(self, piped: Part | None) -> Part:
        kind, text = self._peek()
        if kind == "name" and text not in ("true", "false"):
            self._at += 1
            return self._call(text, piped)
        if piped is not None:
            raise TemplateError(f"{text or 'nothing'!r} is not a function in {self._source!r}")
        operand = self._operand()
        if self._peek()[0] not in ("end", "sign"):
            raise TemplateError(f"{text!r} takes no arguments in {self._source!r}")
        return operand

    def _call(self, name: str, piped: Part | None) -> Part:
        if name in _STATEMENTS:
            raise TemplateError(f"{name} is not supported")
        function = FUNCTIONS.get(name)
        if function is None:
            raise TemplateError(f"the function {name} is not supported")
        arguments = []
        while self._peek()[0] != "end" and self._peek()[1] not in ("|", ")"):
            arguments.append(self._operand())
        if piped is not None:
            arguments.append(piped)
        if not (len(arguments) >= 1 if name == "printf" else len(arguments) == 1):
            raise TemplateError(f"wrong number of arguments for {name} in {self._source!r}")
        return lambda data: function(*[argument(data) for argument in arguments])

    def _operand(self) -> Part:
        kind, text = self._peek()
        self._at += 1
        if kind == "text":
            constant = _unquote(text)
            return lambda _: constant
        if kind == "number":
            number = float(text)
            return lambda _: number
        if kind == "data":
            return _data(text)
        if (kind, text) == ("sign", "("):
            part = self._pipeline()
            if self._peek() != ("sign", ")"):
                raise TemplateError(f"unclosed parenthesis in {self._source!r}")
            self._at += 1
            return part
        if kind == "name":
            raise TemplateError(f"{text} as an argument is not supported")
        raise TemplateError(f"missing value in {self._source!r}" if kind == "end" else f"unexpected {text!r}")


def _data(text: str) -> Part:
    """A reference to what the template is expanded with."""
    first, *steps = text.replace(".Labels", "$labels", 1).replace(".Value", "$value", 1).split(".")
    if first == "$value" and not steps:
        return lambda data: data.value
    if first == "$labels" and not steps:
        return lambda data: data.labels
    if first == "$labels" and len(steps) == 1:
        return lambda data: data.labels.get(steps[0], "")
    raise TemplateError(f"{text} is not supported")


def _unquote(text: str) -> str:
    if text[0] == "`":
        return text[1:-1]
    try:
        unquoted: str = json.loads(text)
    except ValueError:
        raise TemplateError(f"text {text} is not supported") from None
    return unquoted
