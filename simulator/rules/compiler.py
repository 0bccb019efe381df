"""From a Prometheus rule file to compiled groups, or all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scenarios.problems import InputError, Problem, did_you_mean
from simulator.promql.errors import PromqlError
from simulator.promql.expression import Expression, compile_expression
from simulator.promql.semantics import NEWEST, Semantics
from simulator.rules.alerting import AlertRule
from simulator.rules.durations import parse_prometheus_duration
from simulator.rules.groups import Rule, RuleGroup
from simulator.rules.recording import RecordingRule
from simulator.rules.templates import Template, TemplateError

if TYPE_CHECKING:
    from scenarios.documents import Document, Steps

_FILE_KEYS = ("groups",)
_GROUP_KEYS = ("name", "interval", "limit", "query_offset", "labels", "rules")
_RULE_KEYS = ("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")
_ALERT_ONLY = ("for", "keep_firing_for", "annotations")
_MANIFEST_GROUP_KEYS = (*_GROUP_KEYS, "partial_response_strategy")
_MANIFEST_KEYS = ("apiVersion", "kind", "metadata", "spec", "status")

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

_NOTHING: Any = object()


def compile_rules(document: Document, default_interval_ms: int, version: str = NEWEST) -> tuple[RuleGroup, ...]:
    """The groups of a rule file, or of a Kubernetes `PrometheusRule` manifest, in the file's order.

    `default_interval_ms` is for groups that do not set an interval, and for subqueries that give no step; `version` is
    the Prometheus whose semantics apply. InputError with every problem of the file.
    """
    groups, problems = scan_rules(document, default_interval_ms, version)
    if problems:
        raise InputError(problems)
    return groups


def scan_rules(
    document: Document, default_interval_ms: int, version: str = NEWEST
) -> tuple[tuple[RuleGroup, ...], list[Problem]]:
    """The groups that can be made of a rule file, and what is wrong with it."""
    reader = _Reader(document, default_interval_ms, version)
    return tuple(reader.read()), reader.problems


class _Reader:
    """Reads one file; goes on after each problem."""

    def __init__(self, document: Document, default_interval_ms: int, version: str) -> None:
        self._document = document
        self._default_interval_ms = default_interval_ms
        self._version = version
        self._semantics = Semantics(version)
        self.problems: list[Problem] = []

    def read(self) -> list[RuleGroup]:
        data = self._document.data
        if data is None:
            return []
        if isinstance(data, dict) and "kind" in data:
            return self._manifest((), data)
        return self._groups((), data, _GROUP_KEYS)

    def _manifest(self, path: Steps, data: Any) -> list[RuleGroup]:
        """The groups of a manifest, or of a list of manifests."""
        if isinstance(data, dict) and str(data.get("kind")).endswith("List"):
            items = self._items((*path, "items"), data.get("items"))
            return [group for place, item in items for group in self._manifest(place, item)]
        if not self._is_mapping(path, data, _MANIFEST_KEYS):
            return []
        if data.get("kind") != "PrometheusRule":
            self._problem((*path, "kind"), "not a kind that holds rules", data.get("kind"), "PrometheusRule")
            return []
        return self._groups((*path, "spec"), data.get("spec"), _MANIFEST_GROUP_KEYS)

    def _groups(self, path: Steps, data: Any, known: tuple[str, ...]) -> list[RuleGroup]:
        if data is None or not self._is_mapping(path, data, _FILE_KEYS):
            return []
        groups: list[RuleGroup] = []
        names: set[str] = set()
        for place, group in self._items((*path, "groups"), data.get("groups")):
            compiled = self._group(place, group, known)
            if compiled is not None:
                if compiled.name in names:
                    self._problem((*place, "name"), "a group of this name exists already", compiled.name)
                names.add(compiled.name)
                groups.append(compiled)
        return groups

    def _group(self, path: Steps, data: Any, known: tuple[str, ...]) -> RuleGroup | None:
        if not self._is_mapping(path, data, known):
            return None
        for key, is_known in (("labels", self._semantics.group_labels), ("query_offset", self._semantics.query_offset)):
            if key in data and not is_known:
                message = f"Prometheus {self._version} knows no {key} of a group"
                self._problem((*path, key), message, at_key=True)
        name = self._text((*path, "name"), data.get("name"), "the name of the group")
        interval_ms = self._duration((*path, "interval"), data.get("interval")) or self._default_interval_ms
        offset_ms = self._duration((*path, "query_offset"), data.get("query_offset"))
        shared = self._labels((*path, "labels"), data.get("labels"))
        limit = self._whole((*path, "limit"), data.get("limit"))
        rules = []
        for rule_path, rule in self._items((*path, "rules"), data.get("rules")):
            compiled = self._rule(rule_path, rule, shared)
            if compiled is not None:
                rules.append(compiled)
        # A negative limit is as good as none.
        return RuleGroup(name, interval_ms, rules, limit=max(0, limit), offset_ms=offset_ms) if name else None

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
            place=self._place(path),
        )

    def _recording_rule(
        self, path: Steps, data: dict[str, Any], name: str, expression: Expression | None, labels: dict[str, str]
    ) -> RecordingRule | None:
        for key in _ALERT_ONLY:
            if data.get(key):
                self._problem((*path, key), f"a recording rule has no {key}", at_key=True)
        if name and not (self._semantics.utf8_names or _METRIC_NAME.fullmatch(name)):
            self._problem((*path, "record"), "not a valid metric name", name)
        if not name or expression is None:
            return None
        return RecordingRule(name, expression, labels=labels, place=self._place(path))

    def _expression(self, path: Steps, data: Any) -> Expression | None:
        text = self._text(path, data, "a PromQL expression")
        if not text:
            return None
        try:
            return compile_expression(text, version=self._version, default_step_ms=self._default_interval_ms)
        except PromqlError as error:
            self._problem(path, f"bad expression: {error}", text, offset=error.offset)
            return None

    def _place(self, path: Steps) -> str:
        file, line, _ = self._document.place(path)
        return f"{file}:{line}"

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
            if name == "__name__" or not name or not (self._semantics.utf8_names or _LABEL_NAME.fullmatch(name)):
                self._problem((*path, name), "not a valid label name", name, at_key=True)
            elif isinstance(value, dict | list):
                self._problem((*path, name), "wrong type", value, "text")
            else:
                texts[name] = self._document.raw((*path, name))
        return texts

    def _duration(self, path: Steps, data: Any) -> int:
        if data is None:
            return 0
        try:
            return parse_prometheus_duration(self._document.raw(path))
        except ValueError as error:
            self._problem(path, "not a duration", data, str(error).removeprefix("expected "))
            return 0

    def _whole(self, path: Steps, data: Any) -> int:
        if data is None:
            return 0
        try:
            return int(self._document.raw(path))
        except ValueError:
            self._problem(path, "wrong type", data, "a whole number")
            return 0

    def _text(self, path: Steps, data: Any, what: str) -> str:
        """The text at a path, "" after a problem."""
        if data is None or data == "":
            self._problem(path, f"{path[-1]} is missing", expected=what)
            return ""
        if isinstance(data, dict | list):
            self._problem(path, "wrong type", data, what)
            return ""
        return self._document.raw(path)

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
