"""Templates of labels and annotations, expanded as Go's text/template does, errors included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from simulator.promql.series import Labels
from simulator.rules.template_functions import FUNCTIONS
from simulator.rules.template_syntax import TemplateError, parse
from simulator.rules.template_tree import (
    Branch,
    Command,
    Constant,
    Include,
    Jump,
    Name,
    Nested,
    Node,
    Part,
    Pipeline,
    Reference,
    Syntax,
)
from simulator.rules.values import FormatError, Sample, Value, go_type, is_true, print_value

__all__ = ["NOWHERE", "Surroundings", "Template", "TemplateError"]

_VARIABLES = ("$labels", "$externalLabels", "$externalURL", "$value")
# What Prometheus puts before every template; it counts in the columns of errors.
_PREFIX = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
_DATA_TYPE = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }"
_MISSING: Any = object()
_DEPTH_LIMIT = 1_000
_STEPS_LIMIT = 1_000_000


class Surroundings(NamedTuple):
    """What templates see beside the element: how the server is called, and the answers to queries."""

    external_labels: Mapping[str, str]
    external_url: str
    query: Callable[[str, int], Sequence[Sample]]
    """(expression, time in ms) to the elements; FormatError when it fails."""


def _no_query(_text: str, _at_ms: int) -> Sequence[Sample]:
    raise FormatError("no series can be queried here")


NOWHERE = Surroundings({}, "", _no_query)


class Template:
    """A compiled template."""

    __slots__ = ("_syntax", "is_fixed", "reads_labels_only", "text")

    def __init__(self, text: str) -> None:
        """TemplateError when the text is not a template."""
        self.text = text
        self.is_fixed = "{{" not in text
        """Whether it always expands to the same text."""
        self._syntax = Syntax((text,), {}) if self.is_fixed else parse(text, FUNCTIONS, _VARIABLES)
        self.reads_labels_only = self.is_fixed or _reads_labels_only(self._syntax)
        """Whether it expands to the same text as long as the element's labels are the same."""

    def expand(
        self,
        labels: Labels,
        value: float,
        *,
        rule: str = "",
        at_ms: int = 0,
        surroundings: Surroundings = NOWHERE,
    ) -> str:
        """The text for an element of a rule at a time; a failing template expands to its error."""
        if self.is_fixed:
            return self.text
        run = _Run(self._syntax, f"__alert_{rule}", self.text, at_ms, surroundings)
        data = _Data(dict(labels), surroundings.external_labels, surroundings.external_url, value)
        try:
            return run.text(data)
        except FormatError as error:
            return f"<error expanding template: error executing template __alert_{rule}: {error}>"


class _Data(NamedTuple):
    """The dot of a template."""

    Labels: Mapping[str, str]
    ExternalLabels: Mapping[str, str]
    ExternalURL: str
    Value: float


def _reads_labels_only(syntax: Syntax) -> bool:
    """Whether everything is plain text or a field of ``$labels``, as nearly always in labels."""
    for part in syntax.parts:
        if isinstance(part, str):
            continue
        if not isinstance(part, Pipeline) or part.variables or len(part.commands) != 1:
            return False
        (word, *more) = part.commands[0].words
        if more or not isinstance(word, Reference):
            return False
        if word.variable != "$labels" and not (word.variable == "." and word.fields[:1] == ("Labels",)):
            return False
    return True


class _Stop(Exception):  # noqa: N818 - a jump, no error
    """``break`` or ``continue`` of the innermost range."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class _Run:
    """One expansion."""

    def __init__(self, syntax: Syntax, name: str, source: str, at_ms: int, surroundings: Surroundings) -> None:
        self._syntax, self._name, self._source = syntax, name, source
        self._at_ms, self._surroundings = at_ms, surroundings
        self._template = name
        self._written: list[str] = []
        self._depth = self._steps = 0

    def text(self, data: _Data) -> str:
        variables = [("$", data), *zip(_VARIABLES, data, strict=True)]
        self._walk(self._syntax.parts, data, variables)
        return "".join(self._written)

    def _fail(self, node: Node, message: str) -> FormatError:
        before = (_PREFIX + self._source)[: len(_PREFIX) + node.offset]
        line, column = before.count("\n") + 1, len(before[before.rfind("\n") + 1 :].encode())
        place = f"{self._name}:{line}:{column}"
        return FormatError(f'template: {place}: executing "{self._template}" at <{node.text}>: {message}')

    def _walk(self, parts: Sequence[Part], dot: Value, variables: list[tuple[str, Value]]) -> None:
        for part in parts:
            self._steps += 1
            if self._steps > _STEPS_LIMIT:
                raise FormatError(f"template: {self._name}: more than {_STEPS_LIMIT} steps")
            if isinstance(part, str):
                self._written.append(part)
            elif isinstance(part, Pipeline):
                value = self._pipeline(part, dot, variables)
                if not part.variables:
                    self._written.append(_printed(value))
            elif isinstance(part, Branch):
                self._branch(part, dot, list(variables))
            elif isinstance(part, Jump):
                raise _Stop(part.text)
            else:
                self._include(part, dot, variables)

    def _branch(self, part: Branch, dot: Value, variables: list[tuple[str, Value]]) -> None:
        if part.kind == "range":
            self._range(part, dot, variables)
            return
        value = self._pipeline(part.pipeline, dot, variables)
        if is_true(value):
            self._walk(part.then, value if part.kind == "with" else dot, variables)
        else:
            self._walk(part.otherwise, dot, variables)

    def _range(self, part: Branch, dot: Value, variables: list[tuple[str, Value]]) -> None:
        pipeline = part.pipeline
        value = self._pipeline(pipeline, dot, variables, declares=False)
        if isinstance(value, Mapping):
            items: list[tuple[Value, Value]] = sorted(value.items())
        elif isinstance(value, list):
            items = list(enumerate(value))
        elif value is None:
            items = []
        else:
            raise self._fail(pipeline, f"range can't iterate over {_printed(value)}")
        if not items:
            self._walk(part.otherwise, dot, variables)
        for key, element in items:
            named = zip(
                pipeline.variables, (element,) if len(pipeline.variables) == 1 else (key, element), strict=False
            )
            try:
                self._walk(part.then, element, [*variables, *named])
            except _Stop as stop:
                if stop.kind == "break":
                    break

    def _include(self, part: Include, dot: Value, variables: list[tuple[str, Value]]) -> None:
        body = self._syntax.defined.get(part.name)
        if body is None:
            raise self._fail(part, f'template "{part.name}" not defined')
        if self._depth == _DEPTH_LIMIT // 20:
            raise self._fail(part, "exceeded maximum template depth (100000)")
        value = self._pipeline(part.pipeline, dot, variables) if part.pipeline is not None else None
        outer, self._template = self._template, part.name
        self._depth += 1
        self._walk(body, value, [("$", value)])
        self._depth -= 1
        self._template = outer

    def _pipeline(
        self, pipeline: Pipeline, dot: Value, variables: list[tuple[str, Value]], *, declares: bool = True
    ) -> Value:
        value: Value = _MISSING
        for command in pipeline.commands:
            value = self._command(command, dot, variables, value)
        if declares and pipeline.assigns:
            for name in pipeline.variables:
                place = max(place for place, (known, _) in enumerate(variables) if known == name)
                variables[place] = (name, value)
        elif declares:
            variables += ((name, value) for name in pipeline.variables)
        return value

    def _command(self, command: Command, dot: Value, variables: list[tuple[str, Value]], final: Value) -> Value:
        first, *arguments = command.words
        if isinstance(first, Name):
            return self._call(first, command, arguments, dot, variables, final)
        if arguments or final is not _MISSING:
            if isinstance(first, Reference) and first.fields:
                raise self._fail(first, f"{first.fields[-1]} is not a method but has arguments")
            raise self._fail(first, f"can't give argument to non-function {first.text}")
        if isinstance(first, Constant) and first.value is None:
            raise self._fail(first, "nil is not a command")
        return self._operand(first, dot, variables)

    def _operand(self, node: Node, dot: Value, variables: list[tuple[str, Value]]) -> Value:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Reference):
            value = dot
            if node.variable != ".":
                value = next(known for name, known in reversed(variables) if name == node.variable)
            return self._fields(node, value, node.fields)
        if isinstance(node, Nested):
            return self._fields(node, self._pipeline(node.pipeline, dot, variables), node.fields)
        assert isinstance(node, Name)
        return self._call(node, node, [], dot, variables, _MISSING)

    def _fields(self, node: Node, value: Value, names: Sequence[str]) -> Value:
        for name in names:
            if isinstance(value, Mapping):
                value = value.get(name, "")
            elif isinstance(value, Sample) and name in ("Labels", "Value"):
                value = value.labels if name == "Labels" else value.value
            elif isinstance(value, _Data) and name in _Data._fields:
                value = getattr(value, name)
            elif value is not None:
                kind = _DATA_TYPE if isinstance(value, _Data) else go_type(value)
                raise self._fail(node, f"can't evaluate field {name} in type {kind}")
        return value

    def _call(  # noqa: PLR0917 - as they come from a command
        self,
        name: Node,
        command: Node,
        arguments: Sequence[Node],
        dot: Value,
        variables: list[tuple[str, Value]],
        final: Value,
    ) -> Value:
        function = FUNCTIONS[name.text]
        given = len(arguments) + (final is not _MISSING)
        fixed = len(function.takes) - function.more
        if given < fixed or (given > fixed and not function.more):
            wanted = f"at least {fixed}" if function.more else fixed
            raise self._fail(name, f"wrong number of args for {name.text}: want {wanted} got {given}")
        values: list[Value] = []
        for place, argument in enumerate(arguments):
            value = self._operand(argument, dot, variables)
            if name.text in ("and", "or") and is_true(value) == (name.text == "or"):
                return value
            values.append(self._checked(argument, value, function.takes[min(place, len(function.takes) - 1)]))
        if final is not _MISSING:
            values.append(self._checked(name, final, function.takes[min(given, len(function.takes)) - 1]))
        try:
            if name.text == "query":
                return list(self._surroundings.query(values[0], self._at_ms))
            if not function.takes:
                return function.call(self._surroundings.external_url)
            return function.call(*values)
        except FormatError as error:
            raise self._fail(command, f"error calling {name.text}: {error}") from None

    def _checked(self, node: Node, value: Value, wanted: str) -> Value:
        is_right = {
            "any": True,
            "string": isinstance(value, str),
            "sample": isinstance(value, Sample),
            "samples": isinstance(value, list),
        }[wanted]
        if is_right:
            return value
        kind = {"sample": "*template.sample", "samples": "template.queryResult"}.get(wanted, wanted)
        if isinstance(node, Constant):
            raise self._fail(node, f"expected {kind}; found {node.text}")
        raise self._fail(node, f"wrong type for value; expected {kind}; got {go_type(value)}")


def _printed(value: Value) -> str:
    if isinstance(value, _Data):
        return f"{{{' '.join(map(print_value, value))}}}"
    return print_value(value)
