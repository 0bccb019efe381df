"""From a Prometheus rule file to compiled groups, or all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scenarios.problems import InputError, Problem, did_you_mean
from simulator.promql.errors import PromqlError
from simulator.promql.expression import Expression, compile_expression
from simulator.promql.semantics import NEWEST
from simulator.rules.alerting import AlertRule
from simulator.rules.groups import Rule, RuleGroup
from simulator.rules.recording import RecordingRule
from simulator.rules.templates import Template, TemplateError

if TYPE_CHECKING:
    from scenarios.documents import Document, Steps

_FILE_KEYS = ("groups",)
_GROUP_KEYS = ("name", "interval", "labels", "rules")
_RULE_KEYS = ("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")
_ALERT_ONLY = ("for", "keep_firing_for", "annotations")
_UNSUPPORTED_GROUP_KEYS = ("limit", "query_offset", "partial_response_strategy")

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

# Series that Prometheus writes about alerts themselves; this engine does not.
_ALERT_SERIES = ("ALERTS", "ALERTS_FOR_STATE")

_NOTHING: Any = object()

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_DURATION_UNITS_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)


def compile_rules(document: Document, default_interval_ms: int, version: str = NEWEST) -> tuple[RuleGroup, ...]:
    """The groups of a rule file, ordered so that a group comes after those whose recorded series it reads.

    `default_interval_ms` is for groups that do not set an interval; `version` is the Prometheus whose semantics apply.
    InputError with every problem of the file.
    """
    reader = _Reader(document, default_interval_ms, version)
    groups = reader.read()
    if reader.problems:
        raise InputError(reader.problems)
    return tuple(group for _, group in groups)


def parse_prometheus_duration(text: str) -> int:
    """Milliseconds of a duration as Prometheus writes it: ``1h30m``, ``5m``, ``1d``, ``0``; units large to small."""
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError("expected a duration such as 30s, 5m or 1h30m")
    return sum(int(count) * unit for count, unit in zip(match.groups("0"), _DURATION_UNITS_MS, strict=True))


class _Reader:
    """Reads one file; goes on after each problem."""

    def __init__(self, document: Document, default_interval_ms: int, version: str) -> None:
        self._document = document
        self._default_interval_ms = default_interval_ms
        self._version = version
        self.problems: list[Problem] = []

    def read(self) -> list[tuple[Steps, RuleGroup]]:
        data = self._document.data
        if data is None:
            return []
        groups: list[tuple[Steps, RuleGroup]] = []
        if not self._is_mapping((), data, _FILE_KEYS):
            return groups
        names: set[str] = set()
        for path, group in self._items(("groups",), data.get("groups")):
            compiled = self._group(path, group)
            if compiled is not None:
                if compiled.name in names:
                    self._problem((*path, "name"), "a group of this name exists already", compiled.name)
                names.add(compiled.name)
                groups.append((path, compiled))
        return groups if self.problems else self._in_order(groups)

    def _in_order(self, groups: list[tuple[Steps, RuleGroup]]) -> list[tuple[Steps, RuleGroup]]:
        """Groups after those that they read, otherwise as in the file; a problem where groups read each other."""
        ordered: list[tuple[Steps, RuleGroup]] = []
        waiting = list(groups)
        while waiting:
            for place, (_, group) in enumerate(waiting):
                if not any(group.reads(other) for _, other in waiting if other is not group):
                    ordered.append(waiting.pop(place))
                    break
            else:
                for path, group in waiting:
                    self._problem(path, "groups that read each other's recorded series are not supported", group.name)
                break
        return ordered

    def _group(self, path: Steps, data: Any) -> RuleGroup | None:
        if isinstance(data, dict):
            for key in _UNSUPPORTED_GROUP_KEYS:
                if data.get(key):
                    self._problem((*path, key), f"{key} is not supported", data[key])
        if not self._is_mapping(path, data, _GROUP_KEYS + _UNSUPPORTED_GROUP_KEYS):
            return None
        name = self._text((*path, "name"), data.get("name"), "the name of the group")
        interval_ms = self._duration((*path, "interval"), data.get("interval")) or self._default_interval_ms
        shared = self._labels((*path, "labels"), data.get("labels"))
        rules = []
        for rule_path, rule in self._items((*path, "rules"), data.get("rules")):
            compiled = self._rule(rule_path, rule, shared)
            if compiled is not None:
                rules.append(compiled)
        return RuleGroup(name, interval_ms, rules) if name else None

    def _rule(self, path: Steps, data: Any, shared: dict[str, str]) -> Rule | None:
        if not self._is_mapping(path, data, _RULE_KEYS):
            return None
        if ("alert" in data) == ("record" in data):
            self._problem(path, "a rule is either an alert or a record", expected='one of "alert" and "record"')
            return None
        kind = "alert" if "alert" in data else "record"
        name = self._text((*path, kind), data[kind], "the name of the rule")
        expression = self._expression((*path, "expr"), data.get("expr"))
        labels = {**shared, **self._labels((*path, "labels"), data.get("labels"))}
        if kind == "record":
            return self._recording_rule(path, data, name, expression, labels)
        for_ms = self._duration((*path, "for"), data.get("for"))
        keep_ms = self._duration((*path, "keep_firing_for"), data.get("keep_firing_for"))
        annotations = self._labels((*path, "annotations"), data.get("annotations"))
        label_templates = self._templates((*path, "labels"), labels)
        templates = self._templates((*path, "annotations"), annotations)
        if not name or expression is None:
            return None
        return AlertRule(
            name,
            expression,
            for_ms=for_ms,
            keep_firing_for_ms=keep_ms,
            labels=label_templates,
            annotations=templates,
        )

    def _recording_rule(
        self, path: Steps, data: dict[str, Any], name: str, expression: Expression | None, labels: dict[str, str]
    ) -> RecordingRule | None:
        for key in _ALERT_ONLY:
            if data.get(key):
                self._problem((*path, key), f"a recording rule has no {key}", at_key=True)
        if name and not _METRIC_NAME.fullmatch(name):
            self._problem((*path, "record"), "not a valid metric name", name)
        return RecordingRule(name, expression, labels=labels) if name and expression is not None else None

    def _expression(self, path: Steps, data: Any) -> Expression | None:
        text = self._text(path, data, "a PromQL expression")
        if not text:
            return None
        try:
            expression = compile_expression(text, version=self._version)
        except PromqlError as error:
            self._problem(path, f"bad expression: {error}", text, offset=error.offset)
            return None
        for name in _ALERT_SERIES:
            if any(selector.name == name for selector in expression.selectors):
                self._problem(path, f"reading {name} is not supported", text)
        return expression

    def _templates(self, path: Steps, texts: dict[str, str]) -> dict[str, Template]:
        templates = {}
        for name, text in texts.items():
            try:
                templates[name] = Template(text)
            except TemplateError as error:
                self._problem((*path, name), f"bad template: {error}", text)
        return templates

    def _labels(self, path: Steps, data: Any) -> dict[str, str]:
        """Names and texts of labels or annotations; figures and truth values count as the text that they are."""
        if data is None:
            return {}
        if not isinstance(data, dict):
            self._problem(path, "wrong type", data, "a mapping of names to text")
            return {}
        texts = {}
        for name, value in data.items():
            if not _LABEL_NAME.fullmatch(name) or name == "__name__":
                self._problem((*path, name), "not a valid label name", name, at_key=True)
            elif isinstance(value, dict | list):
                self._problem((*path, name), "wrong type", value, "text")
            else:
                texts[name] = _as_text(value)
        return texts

    def _duration(self, path: Steps, data: Any) -> int:
        if data is None:
            return 0
        try:
            return parse_prometheus_duration(_as_text(data))
        except ValueError as error:
            self._problem(path, "not a duration", data, str(error).removeprefix("expected "))
            return 0

    def _text(self, path: Steps, data: Any, what: str) -> str:
        """The text at a path, "" after a problem."""
        if data is None or data == "":
            self._problem(path, f"{path[-1]} is missing", expected=what)
            return ""
        if isinstance(data, dict | list):
            self._problem(path, "wrong type", data, what)
            return ""
        return _as_text(data)

    def _items(self, path: Steps, data: Any) -> Iterable[tuple[Steps, Any]]:
        if data is None:
            return []
        if not isinstance(data, list):
            self._problem(path, "wrong type", data, "a list")
            return []
        return [((*path, index), item) for index, item in enumerate(data)]

    def _is_mapping(self, path: Steps, data: Any, known: tuple[str, ...]) -> bool:
        if not isinstance(data, dict):
            self._problem(path, "wrong type", data, "a mapping")
            return False
        for key in data:
            if key not in known:
                self._problem((*path, key), f'unknown key "{key}"{did_you_mean(key, known)}', at_key=True)
        return True

    def _problem(
        self,
        path: Steps,
        message: str,
        got: Any = _NOTHING,
        expected: str = "",
        *,
        at_key: bool = False,
        offset: int | None = None,
    ) -> None:
        shown = {} if got is _NOTHING else {"got": got}
        self.problems.append(
            self._document.problem(path, message, expected=expected, at_key=at_key, offset=offset, **shown)
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
