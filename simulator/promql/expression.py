"""PromQL expressions, compiled once and evaluated over stretches of time."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.promql.columns import Column, Evaluation, Node, ScalarNode, is_empty
from simulator.promql.compiler import Compiler
from simulator.promql.errors import EvaluationError, PromqlError
from simulator.promql.semantics import NEWEST, Semantics
from simulator.promql.series import Selector, SeriesStore
from simulator.promql.windows import Stretch


class Expression:
    """A compiled expression; holds no state of what it was evaluated on."""

    __slots__ = ("_node", "lookback_ms", "selectors", "text")

    def __init__(self, text: str, node: Node, selectors: Sequence[Selector], lookback_ms: int) -> None:
        self.text = text
        self._node = node
        self.selectors = tuple(selectors)
        """What it reads, in the order of the text."""
        self.lookback_ms = lookback_ms
        """How far before its time an evaluation may look, offsets included."""

    def evaluate(self, store: SeriesStore, times: Sequence[int]) -> list[Column]:
        """The value at each of the times (ms, ascending): a column for each label set that appears.

        The values do not depend on how times are divided into calls. A scalar is one column without labels.
        EvaluationError at the first time at which there is no value.
        """
        columns, failures = self.attempt(Stretch(store, times))
        for number in sorted(failures):
            raise EvaluationError(times[number], failures[number])
        return columns

    def attempt(self, stretch: Stretch) -> tuple[list[Column], dict[int, str]]:
        """As `evaluate`, but also with what failed: a message by number of the time; columns mean nothing there."""
        evaluation = Evaluation(stretch)
        node = self._node
        if isinstance(node, ScalarNode):
            return [Column((), list(node.scalars(evaluation)))], evaluation.failures
        columns = [column for column in node.columns(evaluation) if not is_empty(column.values)]
        return columns, evaluation.failures


def compile_expression(text: str, *, version: str = NEWEST) -> Expression:
    """Compile PromQL with the semantics of a version of Prometheus such as ``2.42``.

    PromqlError when the text is not valid PromQL or uses what this engine does not support.
    """
    import promql_parser

    semantics = Semantics(version)
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise PromqlError(str(error)) from None
    compiler = Compiler(semantics)
    node = compiler.compile(tree)
    return Expression(text, node, compiler.selectors, compiler.lookback_ms)
