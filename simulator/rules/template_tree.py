"""The parts of a parsed template; each remembers where it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Node:
    """A part of the tree; `text` is how Go writes it in errors."""

    __slots__ = ("offset", "text")

    def __init__(self, offset: int, text: str) -> None:
        self.offset = offset
        self.text = text


class Constant(Node):
    """A literal: text, number, truth value or nil."""

    __slots__ = ("value",)

    def __init__(self, offset: int, text: str, value: str | float | int | bool | None) -> None:
        super().__init__(offset, text)
        self.value = value


class Reference(Node):
    """The dot (`variable` is "."), or a variable, and the fields taken from it in turn."""

    __slots__ = ("fields", "variable")

    def __init__(self, offset: int, text: str, variable: str, fields: Sequence[str]) -> None:
        super().__init__(offset, text)
        self.variable = variable
        self.fields = tuple(fields)


class Name(Node):
    """A function."""

    __slots__ = ()


class Nested(Node):
    """A pipeline in parentheses, and the fields taken from its value."""

    __slots__ = ("fields", "pipeline")

    def __init__(self, offset: int, text: str, pipeline: Pipeline, fields: Sequence[str]) -> None:
        super().__init__(offset, text)
        self.pipeline = pipeline
        self.fields = tuple(fields)


class Command(Node):
    """A function or value and its arguments."""

    __slots__ = ("words",)

    def __init__(self, words: Sequence[Node]) -> None:
        super().__init__(words[0].offset, " ".join(word.text for word in words))
        self.words = tuple(words)


class Pipeline(Node):
    """Commands, each handing its value to the next, and the variables that get the last one."""

    __slots__ = ("assigns", "commands", "variables")

    def __init__(self, offset: int, variables: Sequence[str], assigns: bool, commands: Sequence[Command]) -> None:
        declared = f"{', '.join(variables)} {'=' if assigns else ':='} " if variables else ""
        super().__init__(offset, declared + " | ".join(command.text for command in commands))
        self.variables = tuple(variables)
        self.assigns = assigns
        self.commands = tuple(commands)


class Branch(Node):
    """``if``, ``with`` or ``range`` (`kind`) over a pipeline."""

    __slots__ = ("kind", "otherwise", "pipeline", "then")

    def __init__(self, kind: str, pipeline: Pipeline, then: Sequence[Part], otherwise: Sequence[Part]) -> None:
        super().__init__(pipeline.offset, f"{kind} {pipeline.text}")
        self.kind = kind
        self.pipeline = pipeline
        self.then = tuple(then)
        self.otherwise = tuple(otherwise)


class Jump(Node):
    """``break`` or ``continue``."""

    __slots__ = ()


class Include(Node):
    """``template``: another one of the text's templates, given a value."""

    __slots__ = ("name", "pipeline")

    def __init__(self, offset: int, name: str, pipeline: Pipeline | None) -> None:
        argument = f" {pipeline.text}" if pipeline is not None else ""
        super().__init__(offset, f"{{{{template {json.dumps(name)}{argument}}}}}")
        self.name = name
        self.pipeline = pipeline


Part = str | Pipeline | Branch | Jump | Include


class Syntax(NamedTuple):
    """A parsed text, and the templates that it defines by name."""

    parts: tuple[Part, ...]
    defined: Mapping[str, tuple[Part, ...]]
