"""The commands about rules alone: run their unit tests, look for rules that cannot page, say when they fire."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import click

from drills.junit import Case, Suite, junit
from drills.rules_files import read_test_file
from scenarios.documents import scan_file
from scenarios.problems import InputError, Problem, count
from simulator.promql.errors import PromqlError
from simulator.promql.semantics import DEFAULT_STEP_MS, Semantics
from simulator.rules import AlertRule, RuleGroup, scan_rules
from simulator.rules.durations import go_duration, parse_prometheus_duration
from simulator.rules.unit_tests import TestRun

FAILED = 1


def check_version(version: str) -> None:
    """UsageError when it is no version of Prometheus."""
    try:
        Semantics(version)
    except PromqlError as error:
        raise click.UsageError(str(error)) from None


def test_rules(files: Sequence[str], version: str, report: Path | None) -> int:
    """Run promtool's unit-test files and say what fails, as promtool does; 1 if anything fails."""
    check_version(version)
    suites: list[Suite] = []
    failed = False
    for file in files:
        click.echo(f"Unit Testing:  {file}")
        suites.append(Suite(file, []))
        failures = _test_file(Path(file), version, suites[-1].cases)
        failed = failed or bool(failures)
        if failures:
            click.echo("  FAILED:\n" + "\n".join(failures), err=True)
            click.echo()
        else:
            click.echo("  SUCCESS\n")
    if report is not None:
        report.write_text(junit(suites), encoding="utf-8")
    return FAILED if failed else 0


def _test_file(path: Path, version: str, cases: list[Case]) -> list[str]:
    """The failures of all groups of a file; each group is a case."""
    try:
        tests = read_test_file(path, version)
    except InputError as error:
        problems = [str(problem) for problem in error.problems]
        cases.append(Case("the file can be read", problems, 0.0))
        return problems
    for warning in tests.warnings:
        click.echo(f"  WARNING: {warning}", err=True)
    failures: list[str] = []
    for number, group in enumerate(tests.groups, start=1):
        start = perf_counter()
        found = TestRun(group, tests.rules, tests.interval_ms, version, fuzzy=tests.fuzzy).failures()
        cases.append(Case(group.name or f"test group {number}", found, perf_counter() - start))
        failures += found
    return failures


def check_rules(files: Sequence[str], alertmanager: Path | None, detect: str | None, version: str) -> int:
    """Say which alerts cannot page in time, reach nobody, or repeat and contradict each other; 1 if any."""
    from simulator.alertmanager.reading import read_alertmanager
    from simulator.rule_review import review

    check_version(version)
    detect_ms = _duration("--detect", detect) if detect is not None else None
    groups: list[RuleGroup] = []
    problems: list[Problem] = []
    for file in files:
        document, found = scan_file(Path(file), as_written=True)
        problems += found
        if document is not None:
            read, wrong = scan_rules(document, DEFAULT_STEP_MS, version)
            groups += read
            problems += wrong
    routing = None
    if alertmanager is not None:
        document, found = scan_file(alertmanager, as_written=True)
        problems += found
        if document is not None and not found:
            try:
                routing = read_alertmanager(document)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    remarks = review(groups, detect_ms, routing)
    for remark in remarks:
        click.echo(f"{remark.place}: {remark.alert}: {remark.kind}: {remark.message}")
    alerts = sum(isinstance(rule, AlertRule) for group in groups for rule in group.rules)
    wrong_alerts = len({(remark.place, remark.alert) for remark in remarks})
    click.echo(f"{count(alerts, 'alert')} checked, {wrong_alerts} with something to look at.")
    return FAILED if remarks else 0


def _duration(option: str, text: str) -> int:
    try:
        return parse_prometheus_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def show_when(reference: str, overrides: Sequence[str]) -> int:
    """For each alert the soonest and the latest page after impact under the scenario's faults, and its parts."""
    from drills.runner import prepare
    from simulator.rule_coverage import not_simulated
    from simulator.rule_timing import page_times

    prepared = prepare(reference, overrides)
    loaded, rules = prepared.loaded, prepared.rules
    times = {time.alert: time for time in page_times(loaded.organization, loaded.scenario, rules)}
    missing = not_simulated(loaded.organization, loaded.scenario, rules)
    for rule in rules.alerts:
        time = times.get(rule.name)
        if rule in missing:
            unknown = ", ".join(dict.fromkeys(map(str, missing[rule])))
            click.echo(f"{rule.name}: not simulated; nothing produces {unknown}")
        elif time is None:
            nobody = ", or it pages nobody" if rules.routing is not None else ""
            click.echo(f"{rule.name}: the scenario's faults do not set it off{nobody}")
        else:
            click.echo(f"{rule.name}: pages {_span(time.best_ms, time.worst_ms)} after impact")
            for part in time.parts:
                click.echo(f"    {part.name:<21} {_span(part.best_ms, part.worst_ms)}")
    return 0


def _span(best_ms: int, worst_ms: int) -> str:
    soonest, latest = (go_duration(round(length, -3)) for length in (best_ms, worst_ms))
    return soonest if soonest == latest else f"{soonest} to {latest}"
