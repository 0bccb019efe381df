"""The syntax of Go's text/template: from text to a tree that remembers where everything stood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

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

_ACTION = re.compile(
    r"\{\{(- )?(/\*.*?\*/(?: -)?|(?:\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|[^\"`'])*?)\}\}", re.DOTALL
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
      | (?P<character>'(?:[^'\\\n]|\\.)+')
      | (?P<variable>\$\w*)
      | (?P<field>\.[^\W\d]\w*)
      | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
      | (?P<dot>\.)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>:=|[=|(),])""",
    re.VERBOSE,
)
_WHITE = " \t\r\n"


class TemplateError(Exception):
    """The template is not valid; the message says why."""


class Token(NamedTuple):
    """A word inside of an action, and its offset in the template."""

    kind: str
    text: str
    offset: int


class _Action(NamedTuple):
    tokens: list[Token]
    offset: int


def parse(text: str, functions: Mapping[str, object], variables: Sequence[str]) -> Syntax:
    """Parse a template; TemplateError says what is wrong. `variables` exist from the beginning, with their ``$``."""
    parser = _Parser(_pieces(text), functions)
    parts, _ = parser.parts(["$", *variables], ())
    return Syntax(parts, parser.defined)


def _pieces(text: str) -> Iterator[str | _Action]:
    """Plain text and actions in turn, white space trimmed where an action says so."""
    position, trims = 0, False
    for match in _ACTION.finditer(text):
        plain = text[position : match.start()]
        if "{{" in plain:
            break
        plain = plain.lstrip(_WHITE) if trims else plain
        plain = plain.rstrip(_WHITE) if match[1] else plain
        if plain:
            yield plain
        inside = match[2]
        trims = len(inside) > 1 and inside[-1] == "-" and inside[-2] in _WHITE
        position = match.end()
        if not inside.startswith("/*"):
            yield _Action(list(_tokens(inside[:-2] if trims else inside, match.start(2))), match.start(2))
    rest = text[position:]
    if "{{" in rest:
        raise TemplateError("unclosed action")
    rest = rest.lstrip(_WHITE) if trims else rest
    if rest:
        yield rest


def _tokens(source: str, offset: int) -> Iterator[Token]:
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise TemplateError(f"unexpected {source[position:].strip()[:20]!r} in {source.strip()!r}")
        assert match.lastgroup is not None
        yield Token(match.lastgroup, match[0], offset + position)
        position = match.end()


class _Parser:
    """Parses the pieces of a text one after the other."""

    def __init__(self, pieces: Iterator[str | _Action], functions: Mapping[str, object]) -> None:
        self._pieces = pieces
        self._functions = functions
        self._ranges = 0
        self.defined: dict[str, tuple[Part, ...]] = {}

    def parts(self, variables: list[str], until: Sequence[str]) -> tuple[tuple[Part, ...], _Words | None]:
        """Parts up to one of these keywords, and what follows it in its action; the variables grow on the way."""
        parts: list[Part] = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            words = _Words(piece, self._functions, variables)
            keyword = words.keyword()
            if keyword in until:
                return tuple(parts), words
            part = self._statement(keyword, words, variables) if keyword else words.pipeline("command")
            if part is not None:
                parts.append(part)
        if until:
            raise TemplateError("unexpected end of the template: an end is missing")
        return tuple(parts), None

    def _statement(self, keyword: str, words: _Words, variables: list[str]) -> Part | None:
        if keyword in ("if", "with", "range"):
            return self._branch(keyword, words, list(variables))
        if keyword in ("break", "continue"):
            if not self._ranges:
                raise TemplateError(f"{keyword} outside of range")
            words.end()
            return Jump(words.offset, keyword)
        if keyword == "template":
            offset, name = words.place, words.literal("template clause")
            return Include(offset, name, None if words.is_done else words.pipeline("template clause"))
        if keyword == "define":
            name = words.literal("define clause")
            words.end()
            body, _ = self.parts(["$"], ("end",))
            self.defined[name] = body
            return None
        if keyword == "block":
            offset, name = words.place, words.literal("block clause")
            include = Include(offset, name, words.pipeline("block clause"))
            body, _ = self.parts(["$"], ("end",))
            self.defined.setdefault(name, body)
            return include
        raise TemplateError(f"unexpected {{{{{keyword}}}}}")

    def _branch(self, kind: str, words: _Words, variables: list[str]) -> Branch:
        words.variables = variables
        pipeline = words.pipeline(kind)
        self._ranges += kind == "range"
        inner = list(variables)
        then, end = self.parts(inner, ("end", "else"))
        self._ranges -= kind == "range"
        assert end is not None
        otherwise: tuple[Part, ...] = ()
        if end.took == "else":
            following = end.keyword()
            if following == kind and kind in ("if", "with"):
                otherwise = (self._branch(kind, end, list(variables)),)
            else:
                end.end()
                otherwise, last = self.parts(list(variables), ("end",))
                assert last is not None
                last.end()
        else:
            end.end()
        return Branch(kind, pipeline, then, otherwise)


_KEYWORDS = frozenset(("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"))


class _Words:
    """The words of one action, taken one by one."""

    def __init__(self, action: _Action, functions: Mapping[str, object], variables: list[str]) -> None:
        self._tokens = action.tokens
        self._functions = functions
        self._at = 0
        self.variables = variables
        self.offset = action.offset
        self.took = ""
        """The keyword that was taken last."""
        self._skip()

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._tokens)

    @property
    def place(self) -> int:
        """Where the next word stands."""
        return self._peek().offset

    def keyword(self) -> str:
        """Take a keyword if there is one."""
        token = self._peek()
        if token.kind != "name" or token.text not in _KEYWORDS:
            return ""
        self.took = token.text
        self._at += 1
        self._skip()
        return self.took

    def end(self) -> None:
        """Nothing may be left."""
        if not self.is_done:
            raise TemplateError(f"unexpected {self._peek().text!r} in {self.took or 'action'}")

    def literal(self, context: str) -> str:
        token = self._peek()
        if token.kind != "text":
            raise TemplateError(f"unexpected {token.text!r} in {context}")
        self._at += 1
        self._skip()
        return unquote(token.text)

    def _peek(self, ahead: int = 0) -> Token:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else Token("end", "", self.offset)

    def _skip(self) -> bool:
        """Skip white space; whether there was any."""
        if self._peek().kind == "space":
            self._at += 1
            return True
        return False

    def pipeline(self, context: str, closing: str = "") -> Pipeline:
        """Take a pipeline up to the end of the action, or up to a closing parenthesis."""
        start = self._peek().offset
        variables, assigns = self._declarations(context)
        commands: list[Command] = []
        while True:
            command = self._command(context)
            if command is None:
                raise TemplateError(f"missing value for {context}")
            if commands and not isinstance(command.words[0], Name | Reference | Nested):
                raise TemplateError(f"non executable command in pipeline stage {len(commands) + 1}")
            commands.append(command)
            if self._peek().text == "|":
                self._at += 1
                self._skip()
                continue
            break
        if self._peek().text == closing and closing:
            self._at += 1
        elif not self.is_done:
            raise TemplateError(f"unexpected {self._peek().text!r} in {context}")
        elif closing:
            raise TemplateError("unclosed left parenthesis")
        if not assigns:
            self.variables += variables
        return Pipeline(start, variables, assigns, commands)

    def _declarations(self, context: str) -> tuple[list[str], bool]:
        """The variables that a pipeline sets, if it sets any, and whether they exist already."""
        names: list[str] = []
        at = self._at
        while self._peek().kind == "variable":
            names.append(self._peek().text)
            self._at += 1
            self._skip()
            sign = self._peek().text
            if sign in (":=", "="):
                self._at += 1
                self._skip()
                if sign == "=":
                    for name in names:
                        self._check_variable(name)
                return names, sign == "="
            if sign != "," or context != "range" or len(names) > 1:
                break
            self._at += 1
            self._skip()
        self._at = at
        return [], False

    def _command(self, context: str) -> Command | None:
        words: list[Node] = []
        while not self.is_done and self._peek().text not in ("|", ")"):
            words.append(self._operand(context))
            if not self._skip() and not self.is_done and self._peek().text not in ("|", ")"):
                raise TemplateError(f"unexpected {self._peek().text!r} in operand")
        return Command(words) if words else None

    def _operand(self, context: str) -> Node:
        token = self._peek()
        self._at += 1
        kind, text, offset = token
        if kind == "text":
            return Constant(offset, text, unquote(text))
        if kind == "character":
            return Constant(offset, text, ord(unquote(f'"{text[1:-1]}"')))
        if kind == "number":
            return Constant(offset, text, _number(text))
        if kind == "variable":
            self._check_variable(text)
            # Go says that a chain stands where its first further field does.
            offset = self._peek().offset if self._peek().kind == "field" else offset
            fields = self._fields()
            return Reference(offset, "".join([text, *(f".{field}" for field in fields)]), text, fields)
        if kind in ("field", "dot"):
            offset = self._peek().offset if self._peek().kind == "field" else offset
            fields = [text[1:], *self._fields()] if kind == "field" else []
            return Reference(offset, "".join(f".{field}" for field in fields) or ".", ".", fields)
        if text == "(":
            self._skip()
            pipeline = self.pipeline(context, ")")
            return Nested(offset, f"({pipeline.text})", pipeline, self._fields())
        if kind == "name":
            if text in ("true", "false"):
                return Constant(offset, text, text == "true")
            if text == "nil":
                return Constant(offset, text, None)
            if text in _KEYWORDS or text not in self._functions:
                raise TemplateError(f"unexpected {text}" if text in _KEYWORDS else f'function "{text}" not defined')
            return Name(offset, text)
        raise TemplateError(f"unexpected {text!r} in {context}" if text else f"missing value for {context}")

    def _fields(self) -> list[str]:
        fields = []
        while self._peek().kind == "field":
            fields.append(self._peek().text[1:])
            self._at += 1
        return fields

    def _check_variable(self, name: str) -> None:
        if name not in self.variables:
            raise TemplateError(f'undefined variable "{name}"')


_ESCAPES = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE = {**dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)), "\\": "\\", '"': '"', "'": "'"}


def unquote(text: str) -> str:
    """The value of a string literal."""
    if text[0] == "`":
        return text[1:-1]

    def value(match: re.Match[str]) -> str:
        code = next(filter(None, match.groups()[:3]), None)
        if code or match[4]:
            return chr(int(code, 16) if code else int(match[4], 8))
        if match[5] not in _SIMPLE:
            raise TemplateError(f"invalid syntax in {text}")
        return _SIMPLE[match[5]]

    try:
        return _ESCAPES.sub(value, text[1:-1])
    except (OverflowError, ValueError):
        raise TemplateError(f"invalid syntax in {text}") from None


def _number(text: str) -> float | int:
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise TemplateError(f"bad number syntax: {text!r}") from None
