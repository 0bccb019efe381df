"""The functions of templates: Go's own and those that Prometheus adds."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from simulator.promql.errors import PromqlError
from simulator.promql.regular_expressions import Pattern
from simulator.rules.durations import parse_prometheus_duration
from simulator.rules.formatting import (
    humanize,
    humanize1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    printf,
)
from simulator.rules.values import FormatError, Sample, Value, go_type, is_true, print_value


class Function(NamedTuple):
    """A function: the types of its arguments (any, string, sample, samples), the last one repeated if `more`."""

    call: Callable[..., Value]
    takes: tuple[str, ...]
    more: bool = False


def _first(samples: Sequence[Sample]) -> Sample:
    if not samples:
        raise FormatError("first() called on vector with no elements")
    return samples[0]


def _expression(pattern: str) -> Pattern:
    try:
        return Pattern(pattern, dot_matches_newline=False)
    except PromqlError as error:
        message = str(error).removeprefix(f'regular expression "{pattern}": ')
        what, _, where = message.replace("missing )", "missing closing )").rpartition(": ")
        raise FormatError(f"regexp: Compile(`{pattern}`): error parsing regexp: {what}: `{where}`") from None


def _strip_port(host: str) -> str:
    match = re.fullmatch(r"\[([^\]]*)\]:\d*|([^:\[\]]*):[^:]*", host)
    return host if match is None else match[1] if match[1] is not None else match[2]


def _strip_domain(host: str) -> str:
    name, colon, port = host.partition(":")
    if re.fullmatch(r"[\d.]+", name) or ":" in port:
        return host
    return name.split(".")[0] + colon + port


def _title(text: str) -> str:
    return re.sub(r"(?<![\w])[^\W\d_]", lambda match: match[0].upper(), text)


def _parse_duration(text: str) -> float:
    try:
        return parse_prometheus_duration(text) / 1000
    except ValueError:
        raise FormatError(f'not a valid duration string: "{text}"') from None


def _index(of: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(of, Mapping):
            if not isinstance(key, str):
                raise FormatError(f"value has type {go_type(key)}; should be string")
            of = of.get(key, "")
        elif isinstance(of, list | str):
            if not isinstance(key, int):
                raise FormatError(f"cannot index slice/array with type {go_type(key)}")
            if not 0 <= key < len(of):
                raise FormatError(f"index out of range: {key}")
            of = ord(of[key]) if isinstance(of, str) else of[key]
        else:
            raise FormatError("index of untyped nil" if of is None else f"can't index item of type {go_type(of)}")
    return of


def _slice(of: Value, *bounds: Value) -> Value:
    if not isinstance(of, list | str) or any(not isinstance(bound, int) for bound in bounds):
        raise FormatError(f"can't slice item of type {go_type(of)}")
    low, high = (*bounds, *(0, len(of))[len(bounds) :])[:2]
    if not 0 <= low <= high <= len(of):
        raise FormatError(f"index out of range: {high}")
    return of[low:high]


def _length(of: Value) -> int:
    if not isinstance(of, Mapping | list | str) or isinstance(of, Sample):
        raise FormatError("len of nil pointer" if of is None else f"len of type {go_type(of)}")
    return len(of.encode()) if isinstance(of, str) else len(of)


def _kind(value: Value) -> str:
    kind = go_type(value)
    if kind not in ("bool", "int", "float64", "string"):
        raise FormatError("invalid type for comparison")
    return kind


def _equal(first: Value, *others: Value) -> bool:
    if not others:
        raise FormatError("missing argument for comparison")
    for other in others:
        if _kind(first) != _kind(other):
            raise FormatError("incompatible types for comparison")
        if first == other:
            return True
    return False


def _comparison(compare: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    def apply(first: Value, second: Value) -> bool:
        if _kind(first) != _kind(second):
            raise FormatError("incompatible types for comparison")
        if isinstance(first, bool):
            raise FormatError("invalid type for comparison")
        return compare(first, second)

    return apply


def _print(*values: Value) -> str:
    """Spaces stand between neighbours of which neither is text."""
    text = ""
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            text += " "
        text += "<nil>" if value is None else print_value(value)
    return text


def _println(*values: Value) -> str:
    return " ".join("<nil>" if value is None else print_value(value) for value in values) + "\n"


_HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SCRIPT = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def _html(*values: Value) -> str:
    return "".join(_HTML.get(sign, sign) for sign in _print(*values))


def _script(*values: Value) -> str:
    return "".join(_SCRIPT.get(sign, f"\\u{ord(sign):04X}" if ord(sign) < 32 else sign) for sign in _print(*values))


def _arguments(*values: Value) -> dict[str, Value]:
    return {f"arg{place}": value for place, value in enumerate(values)}


def _link(expression: str, tab: int) -> str:
    return f"/graph?g0.expr={quote_plus(expression)}&g0.tab={tab}"


def _path(url: str) -> str:
    return urlsplit(url).path


_ANY, _TEXT, _SAMPLE, _SAMPLES = "any", "string", "sample", "samples"

FUNCTIONS: dict[str, Function] = {
    # Go's own; `and` and `or` look at no more arguments than they need, so the executor knows them too.
    "and": Function(lambda *values: values[-1], (_ANY, _ANY), more=True),
    "or": Function(lambda *values: values[-1], (_ANY, _ANY), more=True),
    "not": Function(lambda value: not is_true(value), (_ANY,)),
    "len": Function(_length, (_ANY,)),
    "index": Function(_index, (_ANY, _ANY), more=True),
    "slice": Function(_slice, (_ANY, _ANY), more=True),
    "print": Function(_print, (_ANY,), more=True),
    "printf": Function(printf, (_TEXT, _ANY), more=True),
    "println": Function(_println, (_ANY,), more=True),
    "html": Function(_html, (_ANY,), more=True),
    "js": Function(_script, (_ANY,), more=True),
    "urlquery": Function(lambda *values: quote_plus(_print(*values)), (_ANY,), more=True),
    "eq": Function(_equal, (_ANY, _ANY), more=True),
    "ne": Function(lambda first, second: not _equal(first, second), (_ANY, _ANY)),
    "lt": Function(_comparison(operator.lt), (_ANY, _ANY)),
    "le": Function(_comparison(operator.le), (_ANY, _ANY)),
    "gt": Function(_comparison(operator.gt), (_ANY, _ANY)),
    "ge": Function(_comparison(operator.ge), (_ANY, _ANY)),
    # Prometheus's. Those that need the rule's surroundings are methods of them.
    "args": Function(_arguments, (_ANY,), more=True),
    "externalURL": Function(lambda url: url, ()),
    "first": Function(_first, (_SAMPLES,)),
    "graphLink": Function(lambda text: _link(text, 0), (_TEXT,)),
    "humanize": Function(humanize, (_ANY,)),
    "humanize1024": Function(humanize1024, (_ANY,)),
    "humanizeDuration": Function(humanize_duration, (_ANY,)),
    "humanizePercentage": Function(humanize_percentage, (_ANY,)),
    "humanizeTimestamp": Function(humanize_timestamp, (_ANY,)),
    "label": Function(lambda name, sample: sample.labels.get(name, ""), (_TEXT, _SAMPLE)),
    "match": Function(lambda pattern, text: _expression(pattern).search(text), (_TEXT, _TEXT)),
    "parseDuration": Function(_parse_duration, (_TEXT,)),
    "pathPrefix": Function(_path, ()),
    "query": Function(lambda text: text, (_TEXT,)),
    "reReplaceAll": Function(
        lambda pattern, replacement, text: _expression(pattern).replace_all(replacement, text), (_TEXT, _TEXT, _TEXT)
    ),
    "safeHtml": Function(lambda text: text, (_TEXT,)),
    "sortByLabel": Function(
        lambda name, samples: sorted(samples, key=lambda sample: sample.labels.get(name, "")), (_TEXT, _SAMPLES)
    ),
    "stripDomain": Function(_strip_domain, (_TEXT,)),
    "stripPort": Function(_strip_port, (_TEXT,)),
    "strvalue": Function(lambda sample: sample.labels.get("__value__", ""), (_SAMPLE,)),
    "tableLink": Function(lambda text: _link(text, 1), (_TEXT,)),
    "title": Function(_title, (_TEXT,)),
    "toLower": Function(str.lower, (_TEXT,)),
    "toTime": Function(humanize_timestamp, (_ANY,)),
    "toUpper": Function(str.upper, (_TEXT,)),
    "urlQueryEscape": Function(lambda text: quote(text, safe="").replace("%20", "+"), (_TEXT,)),
    "value": Function(lambda sample: sample.value, (_SAMPLE,)),
}
