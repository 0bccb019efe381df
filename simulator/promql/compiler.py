"""From the parser's tree to nodes that evaluate."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, cast

from simulator.promql.aggregations import (
    AGGREGATIONS,
    Aggregation,
    CountValues,
    Extremes,
    Grouping,
    Quantile,
    reduction,
)
from simulator.promql.columns import Node, ScalarNode, VectorNode
from simulator.promql.dates import DATE_PARTS
from simulator.promql.elementwise import ONE_NUMBER, WITH_SCALARS, negate
from simulator.promql.errors import PromqlError
from simulator.promql.functions import (
    Absent,
    ElementFunction,
    Number,
    Relabelled,
    ScalarAsVector,
    ScalarNegation,
    Sorted,
    Time,
    Timestamp,
    VectorAsScalar,
    label_join,
    label_replace,
)
from simulator.promql.histograms import HistogramFraction, HistogramQuantile
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
from simulator.promql.range_functions import RANGE_FUNCTIONS, AbsentOverTime, RangeCall
from simulator.promql.regular_expressions import Pattern
from simulator.promql.scanner import Scan
from simulator.promql.selectors import InstantSelector, RangeNode, RangeSelector
from simulator.promql.semantics import LOOKBACK_MS, Semantics
from simulator.promql.series import NAME, Matcher, Selector
from simulator.promql.subqueries import STEPS_LIMIT, Subquery
from simulator.promql.windows import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

_MATCHERS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}

_NATIVE = frozenset(("histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum"))

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Compiler:
    """Compiles one expression, and collects what it reads on the way."""

    def __init__(self, scan: Scan, semantics: Semantics, default_step_ms: int) -> None:
        self._scan = scan
        self._semantics = semantics
        self._default_step_ms = default_step_ms
        self._reach_ms = 0
        self.selectors: list[Selector] = []
        self.lookback_ms = 0
        self.names_edges = False
        """Whether ``start()`` or ``end()`` occur."""
        self.looks_ahead = False

    def compile_text(self) -> Node:
        """The node of the whole text."""
        import promql_parser

        self._check_words()
        try:
            tree = promql_parser.parse(self._scan.prepared)
        except ValueError as error:
            raise PromqlError(str(error), self._locate(str(error))) from None
        return self.compile(tree)

    def compile(self, tree: Any) -> Node:
        """The node of a tree of ``promql_parser``; PromqlError names what is not supported."""
        kind = type(tree).__name__
        method = getattr(self, f"_{kind.lower()}", None)
        if method is None:
            raise PromqlError(f"{_DESCRIPTIONS.get(kind, kind)} not supported", self._place_of(tree))
        return cast(Node, method(tree))

    def _check_words(self) -> None:
        """What the parser lets pass although this version of Prometheus does not."""
        if self._semantics.durations_are_numbers:
            return
        depth, before, earlier = 0, "", ""
        for word in self._scan.words:
            depth += (word.text == "[") - (word.text == "]")
            if word.kind == "number":
                is_duration = word.text[-1] in "smhdwy"
                wanted = depth > 0 or before == "offset" or (before == "-" and earlier == "offset")
                if is_duration != wanted:
                    message = "missing unit in duration" if wanted else f"unexpected duration {word.text}"
                    raise PromqlError(message, word.offset)
            before, earlier = word.text.lower(), before

    def _locate(self, message: str) -> int | None:
        """Where what a message of the parser quotes stands."""
        for quoted in re.findall(r"'([^']+)'", message):
            offset = self._scan.find(quoted)
            if offset is not None:
                return offset
        return None

    def _unsupported(self, what: str, name: str) -> PromqlError:
        return PromqlError(f"{what} is not supported", self._scan.find(name))

    def _place_of(self, tree: Any) -> int | None:
        return self._scan.find_text(tree.val) if type(tree).__name__ == "StringLiteral" else None

    def _parenexpr(self, tree: Any) -> Node:
        return self.compile(tree.expr)

    def _numberliteral(self, tree: Any) -> Node:
        return Number(tree.val)

    def _vectorselector(self, tree: Any) -> InstantSelector:
        selector, placement = self._selector(tree, LOOKBACK_MS)
        return InstantSelector(selector, placement, self._semantics.left_open)

    def _range(self, tree: Any) -> RangeNode:
        tree = _inside(tree)
        if type(tree).__name__ == "SubqueryExpr":
            return self._subquery(tree)
        range_ms = _milliseconds(tree.range)
        selector, placement = self._selector(tree.vector_selector, range_ms)
        return RangeSelector(selector, range_ms, placement, self._semantics.left_open)

    def _subquery(self, tree: Any) -> Subquery:
        range_ms = _milliseconds(tree.range)
        step_ms = _milliseconds(tree.step) if tree.step is not None else self._default_step_ms
        if range_ms // step_ms > STEPS_LIMIT:
            raise PromqlError(f"a subquery has more than {STEPS_LIMIT} steps", self._scan.find(":"))
        placement = self._placement(tree)
        before = self._reach_ms
        self._reach_ms += range_ms + max(0, placement.offset_ms)
        node = self.compile(tree.expr)
        self._reach_ms = before
        return Subquery(node, range_ms, step_ms, placement, self._semantics.left_open)

    def _selector(self, tree: Any, reach_ms: int) -> tuple[Selector, Placement]:
        if tree.matchers.or_matchers:
            raise PromqlError('matchers joined by "or" are not supported', self._scan.find("or"))
        matchers = [Matcher(NAME, "=", tree.name)] if tree.name else []
        for matcher in tree.matchers.matchers:
            operator = _MATCHERS[str(matcher.op).rpartition(".")[2]]
            value = self._scan.patterns[matcher.value] if "~" in operator else matcher.value
            newline = self._semantics.dot_matches_newline
            try:
                matchers.append(Matcher(matcher.name, operator, value, dot_matches_newline=newline))
            except PromqlError as error:
                raise PromqlError(str(error), self._scan.find_text(value)) from None
        if all(matcher.matches("") for matcher in matchers):
            raise PromqlError("vector selector must contain at least one non-empty matcher", self._scan.find("{"))
        selector = Selector(matchers)
        self.selectors.append(selector)
        placement = self._placement(tree)
        self.lookback_ms = max(self.lookback_ms, self._reach_ms + reach_ms + placement.offset_ms)
        return selector, placement

    def _placement(self, tree: Any) -> Placement:
        offset_ms = _milliseconds(tree.offset) if tree.offset is not None else 0
        self.looks_ahead = self.looks_ahead or offset_ms < 0 or tree.at is not None
        if tree.at is None:
            return Placement(offset_ms)
        kind = str(tree.at.type).rpartition(".")[2]
        if kind in ("Start", "End"):
            self.names_edges = True
            return Placement(offset_ms, "start" if kind == "Start" else "end")
        instant = self._scan.instants[round(tree.at.at.timestamp())]
        return Placement(offset_ms, round(instant * 1000))

    def _unaryexpr(self, tree: Any) -> Node:
        of = self.compile(tree.expr)
        return ScalarNegation(of) if isinstance(of, ScalarNode) else ElementFunction(negate, of)

    def _aggregateexpr(self, tree: Any) -> Node:
        name, modifier = str(tree.op), tree.modifier
        names = list(modifier.labels) if modifier is not None else []
        by = modifier is None or str(modifier.type).endswith("By")
        of = self._vector(tree.expr)
        if name in AGGREGATIONS:
            return Aggregation(reduction(name, self._semantics), of, Grouping(names, by=by))
        if name == "quantile":
            return Quantile(self._scalar(tree.param), of, Grouping(names, by=by))
        if name in ("topk", "bottomk"):
            return Extremes(name, self._scalar(tree.param), of, Grouping(names, by=by))
        if name == "count_values":
            label = _inside(tree.param).val
            self._check_label(label)
            return CountValues(label, of, Grouping([*names, label] if by else names, by=by))
        raise self._unsupported(f"the experimental aggregation {name}", name)

    def _call(self, tree: Any) -> Node:
        name, arguments = tree.func.name, tree.args
        if name in RANGE_FUNCTIONS:
            scalars = [self._scalar(one) for one in arguments if not _is_range(one)]
            (of,) = (self._range(one) for one in arguments if _is_range(one))
            return RangeCall(name, of, self._semantics, scalars)
        if name in ONE_NUMBER:
            return ElementFunction(ONE_NUMBER[name], self._vector(arguments[0]))
        if name in WITH_SCALARS:
            scalars = [self._scalar(one) for one in arguments[1:]]
            return ElementFunction(WITH_SCALARS[name], self._vector(arguments[0]), scalars)
        if name in DATE_PARTS:
            dates = self._vector(arguments[0]) if arguments else ScalarAsVector(Time())
            return ElementFunction(DATE_PARTS[name], dates)
        method = getattr(self, f"_call_{name}", None)
        if method is None:
            raise self._unsupported(f"the {_kind_of(name)} {name}", name)
        return cast(Node, method(arguments))

    def _call_histogram_quantile(self, arguments: Sequence[Any]) -> Node:
        return HistogramQuantile(self._scalar(arguments[0]), self._vector(arguments[1]), self._semantics)

    def _call_histogram_fraction(self, arguments: Sequence[Any]) -> Node:
        if not self._semantics.histogram_fractions:
            raise self._unsupported("the native histogram function histogram_fraction", "histogram_fraction")
        low, high = (self._scalar(one) for one in arguments[:2])
        return HistogramFraction(low, high, self._vector(arguments[2]))

    def _call_absent(self, arguments: Sequence[Any]) -> Node:
        of = self._vector(arguments[0])
        return Absent(of, of.selector if isinstance(of, InstantSelector) else None)

    def _call_absent_over_time(self, arguments: Sequence[Any]) -> Node:
        return AbsentOverTime(self._range(arguments[0]))

    def _call_vector(self, arguments: Sequence[Any]) -> Node:
        return ScalarAsVector(self._scalar(arguments[0]))

    def _call_scalar(self, arguments: Sequence[Any]) -> Node:
        return VectorAsScalar(self._vector(arguments[0]))

    def _call_time(self, _: Sequence[Any]) -> Node:
        return Time()

    def _call_pi(self, _: Sequence[Any]) -> Node:
        return Number(math.pi)

    def _call_timestamp(self, arguments: Sequence[Any]) -> Node:
        return Timestamp(self._vector(arguments[0]))

    def _call_sort(self, arguments: Sequence[Any]) -> Node:
        return Sorted(self._vector(arguments[0]), descending=False)

    def _call_sort_desc(self, arguments: Sequence[Any]) -> Node:
        return Sorted(self._vector(arguments[0]), descending=True)

    def _call_label_replace(self, arguments: Sequence[Any]) -> Node:
        target, replacement, source, pattern = (_inside(one).val for one in arguments[1:])
        self._check_label(target)
        try:
            compiled = Pattern(pattern, dot_matches_newline=self._semantics.dot_matches_newline)
        except PromqlError as error:
            raise PromqlError(str(error), self._scan.find_text(pattern)) from None
        return Relabelled(self._vector(arguments[0]), label_replace(target, replacement, source, compiled))

    def _call_label_join(self, arguments: Sequence[Any]) -> Node:
        target, separator, *sources = (_inside(one).val for one in arguments[1:])
        for name in (target, *sources):
            self._check_label(name)
        return Relabelled(self._vector(arguments[0]), label_join(target, separator, sources))

    def _check_label(self, name: str) -> None:
        if not name or not (self._semantics.utf8_names or _LABEL_NAME.fullmatch(name)):
            raise PromqlError(f'not a label name: "{name}"', self._scan.find_text(name))

    def _binaryexpr(self, tree: Any) -> Node:
        name, modifier = str(tree.op), tree.modifier
        left, right = self.compile(tree.lhs), self.compile(tree.rhs)
        if name in SET_OPERATORS:
            assert isinstance(left, VectorNode) and isinstance(right, VectorNode)
            return SetOperation(name, left, right, self._matching(modifier))
        if name not in ARITHMETIC and name not in COMPARISONS:
            raise self._unsupported(f"the operator {name}", name)
        return_bool = modifier is not None and modifier.return_bool
        operation = Operation(name, self._semantics, return_bool=return_bool)
        if isinstance(left, ScalarNode):
            if isinstance(right, ScalarNode):
                return ScalarOperation(operation, left, right)
            return VectorScalarOperation(operation, right, left, "right")
        if isinstance(right, ScalarNode):
            return VectorScalarOperation(operation, left, right, "left")
        return VectorOperation(operation, left, right, self._matching(modifier), semantics=self._semantics)

    def _matching(self, modifier: Any) -> Matching:
        if modifier is None:
            return Matching()
        for fill in ("fill", "fill_left", "fill_right"):
            if self._scan.find(fill) is not None and modifier.fill_values is not None:
                values = modifier.fill_values
                if values.lhs is not None or values.rhs is not None:
                    raise self._unsupported(f"the modifier {fill}", fill)
        card = str(modifier.card).rpartition(".")[2]
        many: Side | None = "left" if card == "ManyToOne" else "right" if card == "OneToMany" else None
        listed = modifier.matching
        names = list(listed.labels) if listed is not None else []
        on = listed is not None and str(listed.type).endswith("Include")
        return Matching(names, on=on, many=many, include=modifier.group_labels or ())

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
    "SubqueryExpr": "a subquery outside of a function is",
    "StringLiteral": "a string as a value is",
    "Extension": "an extension is",
}


def _inside(tree: Any) -> Any:
    """A part of the tree without the parentheses around it."""
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    return tree


def _is_range(tree: Any) -> bool:
    return type(_inside(tree)).__name__ in ("MatrixSelector", "SubqueryExpr")


def _kind_of(function: str) -> str:
    return "native histogram function" if function in _NATIVE else "experimental function"


def _milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)
