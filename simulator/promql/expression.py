"""PromQL expressions, compiled once and evaluated over stretches of time."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.promql.columns import Column, Evaluation, Node, ScalarNode, is_empty
from simulator.promql.compiler import Compiler
from simulator.promql.errors import EvaluationError
from simulator.promql.scanner import Scan
from simulator.promql.selectors import InstantSelector
from simulator.promql.semantics import DEFAULT_STEP_MS, NEWEST, Semantics
from simulator.promql.series import Labels, SeriesStore
from simulator.promql.windows import Stretch


class Expression:
    """A compiled expression; holds no state of what it was evaluated on."""

    __slots__ = ("_names_edges", "_node", "lookback_ms", "looks_ahead", "selectors", "text")

    def __init__(self, text: str, node: Node, compiler: Compiler) -> None:
        self.text = text
        self._node = node
        self._names_edges = compiler.names_edges
        self.selectors = tuple(compiler.selectors)
        """What it reads, in the order of the text."""
        self.looks_ahead = compiler.looks_ahead
        """Whether an evaluation may look at moments after its time."""
        self.lookback_ms = compiler.lookback_ms
        """How far before its time an evaluation may look, offsets included."""

    @property
    def is_selector(self) -> bool:
        """Whether it is a selector and nothing more."""
        return isinstance(self._node, InstantSelector)

    @property
    def is_scalar(self) -> bool:
        """Whether the value is a number, not a vector."""
        return isinstance(self._node, ScalarNode)

    def evaluate(self, store: SeriesStore, times: Sequence[int], bounds: tuple[int, int] | None = None) -> list[Column]:
        """The value at each of the times (ms, ascending): a column for each label set that appears.

        The values do not depend on how times are divided into calls. A scalar is one column without labels. `bounds`
        are what ``start()`` and ``end()`` mean; each evaluation's own time if they are not given. EvaluationError at
        the first time at which there is no value.
        """
        columns, failures = self.attempt(Stretch(store, times, bounds))
        for number in sorted(failures):
            raise EvaluationError(times[number], failures[number])
        return columns

    def attempt(self, stretch: Stretch) -> tuple[list[Column], dict[int, str]]:
        """As `evaluate`, but also with what failed: a message by number of the time; columns mean nothing there."""
        if self._names_edges and stretch.bounds is None:
            return self._one_by_one(stretch)
        evaluation = Evaluation(stretch)
        node = self._node
        if isinstance(node, ScalarNode):
            return [Column((), list(node.scalars(evaluation)))], evaluation.failures
        columns = [column for column in node.columns(evaluation) if not is_empty(column.values)]
        return columns, evaluation.failures

    def _one_by_one(self, stretch: Stretch) -> tuple[list[Column], dict[int, str]]:
        found: dict[Labels, Column] = {}
        failures: dict[int, str] = {}
        for number, time in enumerate(stretch.times):
            columns, failed = self.attempt(Stretch(stretch.store, [time], (time, time)))
            failures.update(dict.fromkeys([number] if failed else (), failed.get(0, "")))
            for column in columns:
                whole = found.setdefault(column.labels, Column(column.labels, [None] * len(stretch.times)))
                whole.values[number] = column.values[0]
        return list(found.values()), failures


def compile_expression(text: str, *, version: str = NEWEST, default_step_ms: int = DEFAULT_STEP_MS) -> Expression:
    """Compile PromQL with the semantics of a version of Prometheus such as ``2.42``.

    `default_step_ms` is that of subqueries which give none: Prometheus's global evaluation interval. PromqlError when
    the text is not valid PromQL or uses what this engine does not support.
    """
    compiler = Compiler(Scan(text), Semantics(version), default_step_ms)
    return Expression(text, compiler.compile_text(), compiler)
