"""The texts of messages: Jinja2 templates in a sandbox, one file a template, each of which an organisation may replace.

A template sees the fields of its row in `FIELDS`, all of them text, and nothing else. What it may consist of is a list
(`_ALLOWED`), so whatever would reach for files, for the insides of values or for chance is refused before a drill
begins, with the line on which it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scenarios.problems import InputError, Problem, alternatives, did_you_mean

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment


class Source(NamedTuple):
    """A template as its file holds it."""

    file: str
    text: str


CHAT_ALERT, CHAT_UPDATE, CHAT_RESOLVED = "chat_alert.j2", "chat_update.j2", "chat_resolved.j2"
CUSTOMER_NOTICE, CUSTOMER_EMAIL, IN_APP = "customer_notice.html.j2", "customer_email.html.j2", "in_app.j2"

_FIELDS = {
    CHAT_ALERT: "incident_id severity title impact_description current_status incident_commander meeting_link "
    "war_room_link update_cadence declared_by requests",
    CHAT_UPDATE: "incident_id severity title status impact progress next_steps eta need_help next_update posted_by",
    CHAT_RESOLVED: "incident_id severity title resolved_by",
    "status_investigating.j2": "timestamp issue_description next_update",
    "status_identified.j2": "timestamp component eta next_update",
    "status_monitoring.j2": "timestamp next_update",
    "status_resolved.j2": "timestamp report_within",
    CUSTOMER_NOTICE: "organization date status text status_url",
    CUSTOMER_EMAIL: "organization date start_time end_time non_technical_explanation customer_impact_description "
    "resolution_summary prevention_measure_1 prevention_measure_2 prevention_measure_3",
    IN_APP: "organization status text status_url",
}
FIELDS: dict[str, tuple[str, ...]] = {name: tuple(fields.split()) for name, fields in _FIELDS.items()}
"""What each template may use, by the name of its file. All are text."""

MAY_BE_EMPTY = ("next_update", "requests")
"""Fields that a message may lack; every other always says something."""

HTML = ".html.j2"
"""How the names of templates end in whose fields markup is escaped."""

FOLDER = Path(__file__).parent.parent / "templates"
"""The program's own templates."""

_ALLOWED = frozenset(
    {"Template", "Output", "TemplateData", "Name", "Const", "If", "For", "CondExpr", "Compare", "Operand", "Not", "And"}
    | {"Or", "Concat", "Filter", "Test", "Tuple", "List", "Keyword"}
)
_FILTERS = (
    *("capitalize", "d", "default", "e", "escape", "join", "length", "lower", "replace", "title", "trim", "truncate"),
    *("upper", "wordwrap"),
)
_FILES = ("Include", "Import", "FromImport", "Extends")
_INSIDES = ("Getattr", "Getitem", "Call")


class Templates:
    """The templates of an organisation, its own before the program's."""

    def __init__(self, own: Mapping[str, Source] | None = None) -> None:
        self._sources = {**_defaults(), **(own or {})}
        self._environment = _environment({name: source.text for name, source in self._sources.items()})
        self._compiled = cache(self._environment.get_template)

    def render(self, name: str, fields: Mapping[str, str]) -> str:
        """The text of a message, without white space around it; `fields` are those of the template's row. InputError if
        the template fails.
        """
        from jinja2 import TemplateError

        assert fields.keys() == set(FIELDS[name]), f"{name}: not the fields of its row: {sorted(fields)}"
        try:
            return self._compiled(name).render(fields).strip()
        except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
            raise InputError([Problem(self._sources[name].file, 0, 0, "", f"cannot be filled in: {error}")]) from error


def compile_templates(own: Mapping[str, tuple[str, str]]) -> Templates:
    """The program's templates with an organisation's own (name of the file to its path and text) in their place.

    InputError says everything that is wrong with them.
    """
    return _compile(tuple((name, Source(*source)) for name, source in own.items()))


@lru_cache(maxsize=8)
def _compile(own: tuple[tuple[str, Source], ...]) -> Templates:
    problems = [problem for name, source in own for problem in _problems(name, source)]
    templates = Templates(dict(own))
    if not problems:
        problems = [problem for name, source in own for problem in _trial(templates, name, source)]
    if problems:
        raise InputError(problems)
    return templates


def subject(html: str) -> str:
    """A letter's subject: what stands in its `<title>`, as text; empty if it has none."""
    from html import unescape

    _, opened, rest = html.partition("<title>")
    inside, closed, _ = rest.partition("</title>")
    return " ".join(unescape(inside).split()) if opened and closed else ""


@cache
def _defaults() -> dict[str, Source]:
    return {name: Source(name, (FOLDER / name).read_text(encoding="utf-8")) for name in FIELDS}


def _environment(texts: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(texts),
        autoescape=lambda name: name is not None and name.endswith(HTML),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


# What is wrong with a template.


def _problems(name: str, source: Source) -> Iterator[Problem]:
    from jinja2 import TemplateSyntaxError

    if name not in FIELDS:
        message = f'no message has a template "{name}"{did_you_mean(name, FIELDS)}'
        yield Problem(source.file, 0, 0, "", f"{message} (expected {alternatives(FIELDS)})")
        return
    environment = _environment({})
    try:
        tree = environment.parse(source.text)
        refused = [Problem(source.file, line, 1, "", message) for line, message in _refused(tree, FIELDS[name])]
        yield from refused
        if not refused:
            environment.compile(source.text)
    except TemplateSyntaxError as error:
        yield Problem(source.file, error.lineno, 1, "", f"not a template: {error.message}")


def _refused(tree: nodes.Template, fields: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Lines with what a template must not use, and why."""
    from jinja2 import nodes

    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for node in _all(tree):
        kind = type(node).__name__
        if kind in _FILES:
            yield node.lineno, f"the sandbox refuses {kind.lower()}: a template cannot read files"
        elif kind in _INSIDES:
            yield node.lineno, f"the sandbox refuses {_inside(node)}: a template sees the texts of its fields only"
        elif kind not in _ALLOWED:
            yield node.lineno, f"the sandbox refuses {kind.lower()} (expected text, fields, if, for and filters)"
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield node.lineno, f"the sandbox refuses the filter {node.name} (expected {alternatives(_FILTERS)})"
        elif isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in {*fields, *own}:
            hint = did_you_mean(node.name, fields)
            yield node.lineno, f'unknown field "{node.name}"{hint} (expected {alternatives(fields)})'


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and everything in it, but nothing in what is refused as a whole."""
    yield node
    if type(node).__name__ in _ALLOWED:
        for child in node.iter_child_nodes():
            yield from _all(child)


def _inside(node: nodes.Node) -> str:
    """What a template reaches for, as it might have been written."""
    from jinja2 import nodes

    if isinstance(node, nodes.Call):
        return "a call"
    if isinstance(node, nodes.Getattr):
        return f"the attribute {node.attr}"
    return "an item of a value"


def _trial(templates: Templates, name: str, source: Source) -> Iterator[Problem]:
    """Fill a template in, with everything and with as little as there may be."""
    full = dict.fromkeys(FIELDS[name], "x")
    for fields in (full, {**full, **{field: "" for field in MAY_BE_EMPTY if field in full}}):
        try:
            text = templates.render(name, fields)
        except InputError as error:
            yield from error.problems
            return
        if not text:
            yield Problem(source.file, 0, 0, "", "says nothing (expected a text)")
            return
        if name.endswith(HTML) and not subject(text):
            yield Problem(source.file, 0, 0, "", "has no <title> (expected one: it is the letter's subject)")
            return
