"""Results as JUnit files, which every CI system shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Case(NamedTuple):
    """Something that was tried, what was wrong with it, and how long it took."""

    name: str
    failures: Sequence[str]
    took_s: float


class Suite(NamedTuple):
    """Cases that belong together."""

    name: str
    cases: list[Case]


def junit(suites: Iterable[Suite]) -> str:
    """The text of the file."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites")
    for name, cases in suites:
        failed = sum(bool(case.failures) for case in cases)
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests=str(len(cases)), failures=str(failed))
        for case in cases:
            known = {"name": case.name, "classname": name, "time": f"{case.took_s:.3f}"}
            made = ElementTree.SubElement(suite, "testcase", known)
            if case.failures:
                failure = ElementTree.SubElement(made, "failure", message=case.failures[0].strip().splitlines()[0])
                failure.text = "\n".join(case.failures)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
