"""From the parser's tree to nodes that evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from simulator.promql.aggregations import AGGREGATIONS, Aggregation, Grouping
from simulator.promql.columns import Node, ScalarNode, VectorNode
from simulator.promql.errors import PromqlError
from simulator.promql.functions import (
    Absent,
    ElementFunction,
    Number,
    ScalarAsVector,
    ScalarNegation,
    Time,
    VectorAsScalar,
    clamp_max,
    clamp_min,
    negate,
)
from simulator.promql.histograms import HistogramQuantile
from simulator.promql.operators import (
    ARITHMETIC,
    COMPARISONS,
    SET_OPERATORS,
    Matching,
    Operation,
    ScalarOperation,
    SetOperation,
    Side,
    VectorOperation,
    VectorScalarOperation,
)
from simulator.promql.range_functions import RANGE_FUNCTIONS, RangeCall
from simulator.promql.selectors import InstantSelector, RangeSelector
from simulator.promql.semantics import LOOKBACK_MS, Semantics
from simulator.promql.series import NAME, Matcher, Selector

if TYPE_CHECKING:
    from datetime import timedelta

_MATCHERS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}

_CLAMPS = {"clamp_min": clamp_min, "clamp_max": clamp_max}


class Compiler:
    """Compiles one expression, and collects what it reads on the way."""

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics
        self.selectors: list[Selector] = []
        self.lookback_ms = 0

    def compile(self, tree: Any) -> Node:
        """The node of a tree of ``promql_parser``; PromqlError names what is not supported."""
        kind = type(tree).__name__
        method = getattr(self, f"_{kind.lower()}", None)
        if method is None:
            raise PromqlError(f"{_DESCRIPTIONS.get(kind, kind)} not supported")
        return cast(Node, method(tree))

    def _parenexpr(self, tree: Any) -> Node:
        return self.compile(tree.expr)

    def _numberliteral(self, tree: Any) -> Node:
        return Number(tree.val)

    def _vectorselector(self, tree: Any) -> InstantSelector:
        selector, offset_ms = self._selector(tree, LOOKBACK_MS)
        return InstantSelector(selector, offset_ms, self._semantics.left_open)

    def _range(self, tree: Any) -> RangeSelector:
        kind = type(tree).__name__
        if kind != "MatrixSelector":
            raise PromqlError(f"{_DESCRIPTIONS.get(kind, kind)} not supported")
        range_ms = _milliseconds(tree.range)
        selector, offset_ms = self._selector(tree.vector_selector, range_ms)
        return RangeSelector(selector, range_ms, offset_ms, self._semantics.left_open)

    def _selector(self, tree: Any, reach_ms: int) -> tuple[Selector, int]:
        if tree.at is not None:
            raise PromqlError("the @ modifier is not supported")
        if tree.matchers.or_matchers:
            raise PromqlError('matchers joined by "or" are not supported')
        offset_ms = _milliseconds(tree.offset) if tree.offset is not None else 0
        matchers = [Matcher(NAME, "=", tree.name)] if tree.name else []
        for matcher in tree.matchers.matchers:
            operator = _MATCHERS[str(matcher.op).rpartition(".")[2]]
            newline = self._semantics.dot_matches_newline
            matchers.append(Matcher(matcher.name, operator, matcher.value, dot_matches_newline=newline))
        selector = Selector(matchers)
        self.selectors.append(selector)
        self.lookback_ms = max(self.lookback_ms, reach_ms + offset_ms)
        return selector, offset_ms

    def _unaryexpr(self, tree: Any) -> Node:
        of = self.compile(tree.expr)
        return ScalarNegation(of) if isinstance(of, ScalarNode) else ElementFunction(negate, of)

    def _aggregateexpr(self, tree: Any) -> Node:
        name = str(tree.op)
        if name not in AGGREGATIONS:
            raise PromqlError(f"the aggregation {name} is not supported")
        modifier = tree.modifier
        names = list(modifier.labels) if modifier is not None else []
        by = modifier is None or str(modifier.type).endswith("By")
        return Aggregation(name, self._vector(tree.expr), Grouping(names, by=by))

    def _call(self, tree: Any) -> Node:
        name, arguments = tree.func.name, tree.args
        if name in RANGE_FUNCTIONS:
            return RangeCall(name, self._range(arguments[0]), self._semantics)
        if name == "histogram_quantile":
            return HistogramQuantile(self._scalar(arguments[0]), self._vector(arguments[1]), self._semantics)
        if name in _CLAMPS:
            return ElementFunction(_CLAMPS[name], self._vector(arguments[0]), (self._scalar(arguments[1]),))
        if name == "absent":
            of = self._vector(arguments[0])
            return Absent(of, of.selector if isinstance(of, InstantSelector) else None)
        if name == "vector":
            return ScalarAsVector(self._scalar(arguments[0]))
        if name == "scalar":
            return VectorAsScalar(self._vector(arguments[0]))
        if name == "time":
            return Time()
        raise PromqlError(f"the function {name} is not supported")

    def _binaryexpr(self, tree: Any) -> Node:
        name, modifier = str(tree.op), tree.modifier
        left, right = self.compile(tree.lhs), self.compile(tree.rhs)
        if name in SET_OPERATORS:
            assert isinstance(left, VectorNode) and isinstance(right, VectorNode)
            return SetOperation(name, left, right, _matching(modifier))
        if name not in ARITHMETIC and name not in COMPARISONS:
            raise PromqlError(f"the operator {name} is not supported")
        operation = Operation(name, return_bool=modifier is not None and modifier.return_bool)
        if isinstance(left, ScalarNode):
            if isinstance(right, ScalarNode):
                return ScalarOperation(operation, left, right)
            return VectorScalarOperation(operation, right, left, "right")
        if isinstance(right, ScalarNode):
            return VectorScalarOperation(operation, left, right, "left")
        return VectorOperation(operation, left, right, _matching(modifier), semantics=self._semantics)

    def _vector(self, tree: Any) -> VectorNode:
        node = self.compile(tree)
        assert isinstance(node, VectorNode), "the parser checks types"
        return node

    def _scalar(self, tree: Any) -> ScalarNode:
        node = self.compile(tree)
        assert isinstance(node, ScalarNode), "the parser checks types"
        return node


_DESCRIPTIONS = {
    "MatrixSelector": "a range vector outside of a function is",
    "StringLiteral": "a string as a value is",
    "SubqueryExpr": "a subquery is",
    "Extension": "an extension is",
}


def _milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise PromqlError("fill modifiers are not supported")
    card = str(modifier.card).rpartition(".")[2]
    many: Side | None = "left" if card == "ManyToOne" else "right" if card == "OneToMany" else None
    listed = modifier.matching
    names = list(listed.labels) if listed is not None else []
    on = listed is not None and str(listed.type).endswith("Include")
    return Matching(names, on=on, many=many, include=modifier.group_labels or ())
