"""Reads promtool's unit-test files, with the rule files that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.documents import Document, Steps, scan_file
from scenarios.problems import InputError, Problem, did_you_mean
from simulator.promql.semantics import Semantics
from simulator.rules import RuleGroup, scan_rules
from simulator.rules.durations import parse_prometheus_duration
from simulator.rules.unit_tests import AlertQuestion, ExpressionQuestion, TestGroup

_DEFAULT_INTERVAL_MS = 60_000


@dataclass(frozen=True)
class TestFile:
    """A unit-test file: its groups of tests, and the rules under test in the order of their evaluation."""

    __test__ = False  # Not one of pytest's.

    interval_ms: int
    rules: tuple[RuleGroup, ...]
    groups: tuple[TestGroup, ...]
    fuzzy: bool
    warnings: tuple[str, ...]


def read_test_file(path: Path, version: str) -> TestFile:
    """Read a unit-test file; InputError says everything that is wrong with it and with its rule files."""
    document, problems = scan_file(path, as_written=True)
    if document is None or problems:
        raise InputError(problems)
    reader = _Reader(document, version)
    found = reader.read(path.parent)
    if reader.problems:
        raise InputError(reader.problems)
    return found


class _Reader:
    """Reads one file; goes on after each problem."""

    def __init__(self, document: Document, version: str) -> None:
        self._document = document
        self._version = version
        self._semantics = Semantics(version)
        self.problems: list[Problem] = []

    def read(self, folder: Path) -> TestFile:
        known = ["rule_files", "evaluation_interval", "group_eval_order", "tests"]
        known += ["fuzzy_compare"] if self._semantics.fuzzy_compare else []
        data = self._mapping((), self._document.data, known)
        interval_ms = self._duration(("evaluation_interval",), _DEFAULT_INTERVAL_MS) or _DEFAULT_INTERVAL_MS
        warnings: list[str] = []
        rules = self._rules(folder, interval_ms, warnings)
        order = [self._document.raw(place) for place in self._places(("group_eval_order",))]
        ranks = {name: rank for rank, name in enumerate(order)}
        ordered = sorted(rules, key=lambda group: ranks.get(group.name, len(ranks)))
        groups = tuple(self._group(place, interval_ms) for place in self._places(("tests",)))
        fuzzy = data.get("fuzzy_compare") == "true"
        return TestFile(interval_ms, tuple(ordered), groups, fuzzy, tuple(warnings))

    def _rules(self, folder: Path, interval_ms: int, warnings: list[str]) -> list[RuleGroup]:
        rules: list[RuleGroup] = []
        for place in self._places(("rule_files",)):
            pattern = self._document.raw(place)
            paths = [Path(pattern)] if Path(pattern).is_absolute() else sorted(folder.glob(pattern))
            if not any(path.exists() for path in paths):
                warnings.append(f"no file match pattern {pattern}")
                continue
            for path in paths:
                document, problems = scan_file(path, as_written=True)
                self.problems += problems
                if document is not None:
                    found, wrong = scan_rules(document, interval_ms, self._version)
                    rules += found
                    self.problems += wrong
        return rules

    def _group(self, path: Steps, evaluation_ms: int) -> TestGroup:
        known = ["interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url"]
        known += ["name", "start_timestamp"] if self._semantics.start_timestamp else ["name"]
        self._mapping(path, self._document.at(*path), known)
        default_ms = evaluation_ms if self._semantics.interval_defaults else 0
        return TestGroup(
            name=self._text((*path, "name")),
            interval_ms=self._duration((*path, "interval"), default_ms),
            series=[self._series(place) for place in self._places((*path, "input_series"))],
            alerts=[self._alert(place) for place in self._places((*path, "alert_rule_test"))],
            expressions=[self._expression(place) for place in self._places((*path, "promql_expr_test"))],
            external_labels=self._texts((*path, "external_labels")),
            external_url=self._text((*path, "external_url")),
            start_ms=self._start((*path, "start_timestamp")),
        )

    def _series(self, path: Steps) -> tuple[str, str]:
        self._mapping(path, self._document.at(*path), ["series", "values"])
        return self._text((*path, "series")), self._text((*path, "values"))

    def _alert(self, path: Steps) -> AlertQuestion:
        self._mapping(path, self._document.at(*path), ["eval_time", "alertname", "exp_alerts"])
        expected = []
        for place in self._places((*path, "exp_alerts")):
            self._mapping(place, self._document.at(*place), ["exp_labels", "exp_annotations"])
            expected.append((self._texts((*place, "exp_labels")), self._texts((*place, "exp_annotations"))))
        name = self._text((*path, "alertname"))
        if not name:
            self._problem((*path, "alertname"), "an item under alert_rule_test misses required attribute alertname")
        return AlertQuestion(name, self._duration((*path, "eval_time"), 0), expected)

    def _expression(self, path: Steps) -> ExpressionQuestion:
        self._mapping(path, self._document.at(*path), ["expr", "eval_time", "exp_samples"])
        expected = []
        for place in self._places((*path, "exp_samples")):
            self._mapping(place, self._document.at(*place), ["labels", "value", "histogram"])
            if self._document.at(*place, "histogram"):
                self._problem((*place, "histogram"), "native histograms are not supported")
            expected.append((self._text((*place, "labels")), self._number((*place, "value"))))
        return ExpressionQuestion(self._text((*path, "expr")), self._duration((*path, "eval_time"), 0), expected)

    def _start(self, path: Steps) -> int:
        value = self._document.at(*path)
        if value is None:
            return 0
        from datetime import datetime

        try:
            return round(float(value) * 1000)
        except (TypeError, ValueError):
            pass
        try:
            return round(datetime.fromisoformat(str(value)).timestamp() * 1000)
        except ValueError:
            self._problem(path, "not a time", value, "Unix seconds, or a date and time such as 2024-01-01T00:00:00Z")
            return 0

    def _number(self, path: Steps) -> float:
        text = self._document.raw(path).replace("_", "")
        try:
            return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".nan", "nan") or 0)
        except ValueError:
            self._problem(path, "not a number", text, "a number")
            return 0.0

    def _duration(self, path: Steps, default_ms: int) -> int:
        if self._document.at(*path) is None:
            return default_ms
        try:
            return parse_prometheus_duration(self._document.raw(path))
        except ValueError as error:
            self._problem(path, "not a duration", self._document.raw(path), str(error).removeprefix("expected "))
            return default_ms

    def _text(self, path: Steps) -> str:
        value = self._document.at(*path)
        if isinstance(value, dict | list):
            self._problem(path, "wrong type", value, "text")
            return ""
        return self._document.raw(path)

    def _texts(self, path: Steps) -> dict[str, str]:
        value = self._document.at(*path)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._problem(path, "wrong type", value, "a mapping of names to text")
            return {}
        return {name: self._text((*path, name)) for name in value}

    def _places(self, path: Steps) -> Iterable[Steps]:
        value = self._document.at(*path)
        if value is None:
            return []
        if not isinstance(value, list):
            self._problem(path, "wrong type", value, "a list")
            return []
        return [(*path, index) for index in range(len(value))]

    def _mapping(self, path: Steps, value: Any, known: list[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._problem(path, "wrong type", value, "a mapping")
            return {}
        for key in value:
            if key not in known:
                self._problem((*path, key), f'unknown key "{key}"{did_you_mean(key, known)}')
        return value

    def _problem(self, path: Steps, message: str, got: Any = None, expected: str = "") -> None:
        shown = {} if got is None else {"got": got}
        self.problems.append(self._document.problem(path, message, expected=expected, **shown))
