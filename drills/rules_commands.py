"""The commands about rules alone: run their unit tests, look for rules that cannot page, say when they fire."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

import click

from drills.rules_files import read_test_file
from scenarios.problems import InputError
from simulator.promql.errors import PromqlError
from simulator.promql.semantics import Semantics
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
    suites = ElementTree.Element("testsuites")
    failed = False
    for file in files:
        click.echo(f"Unit Testing:  {file}")
        suite = ElementTree.SubElement(suites, "testsuite", name=file)
        failures = _test_file(Path(file), version, suite)
        failed = failed or bool(failures)
        if failures:
            click.echo("  FAILED:\n" + "\n".join(failures), err=True)
            click.echo()
        else:
            click.echo("  SUCCESS\n")
    if report is not None:
        ElementTree.indent(suites)
        report.write_text(ElementTree.tostring(suites, encoding="unicode") + "\n", encoding="utf-8")
    return FAILED if failed else 0


def _test_file(path: Path, version: str, suite: ElementTree.Element) -> list[str]:
    """The failures of all groups of a file; each group is a case of the suite."""
    try:
        tests = read_test_file(path, version)
    except InputError as error:
        problems = [str(problem) for problem in error.problems]
        _add_case(suite, "the file can be read", problems, 0.0)
        return problems
    for warning in tests.warnings:
        click.echo(f"  WARNING: {warning}", err=True)
    failures: list[str] = []
    for number, group in enumerate(tests.groups, start=1):
        start = perf_counter()
        found = TestRun(group, tests.rules, tests.interval_ms, version, fuzzy=tests.fuzzy).failures()
        _add_case(suite, group.name or f"test group {number}", found, perf_counter() - start)
        failures += found
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(len(case) > 0 for case in suite)))
    return failures


def _add_case(suite: ElementTree.Element, name: str, failures: Sequence[str], took_s: float) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=name, classname=suite.get("name", ""), time=f"{took_s:.3f}")
    if failures:
        failure = ElementTree.SubElement(case, "failure", message=failures[0].strip().splitlines()[0])
        failure.text = "\n".join(failures)
