"""Walks an expression's tree and evaluates it for a whole grid of instants at once."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from gateway.demo.simulators.prometheus.engine import aggregations, pairing
from gateway.demo.simulators.prometheus.engine.arithmetic import COMPARISON, operation
from gateway.demo.simulators.prometheus.engine.calls import call_vector
from gateway.demo.simulators.prometheus.engine.columns import Column, RangeVector, Values, nameless
from gateway.demo.simulators.prometheus.engine.faults import EvaluationTimeout, Notes
from gateway.demo.simulators.prometheus.engine.reading import Reader
from gateway.demo.simulators.prometheus.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    String,
    Subquery,
    Unary,
)
from gateway.demo.simulators.prometheus.promql.types import type_of
from gateway.demo.simulators.prometheus.storage.protocol import Storage

LOOKBACK_MS = 300_000


class Evaluator:
    """Units: milliseconds; `deadline` is an instant of time.monotonic()."""

    def __init__(
        self,
        storage: Storage,
        instants: Sequence[int],
        *,
        notes: Notes | None = None,
        lookback_ms: int = LOOKBACK_MS,
        deadline: float = math.inf,
    ) -> None:
        self.storage = storage
        self.instants = list(instants)
        self.notes = notes or Notes()
        self.lookback_ms = lookback_ms
        self.deadline = deadline
        self.start_end = (self.instants[0], self.instants[-1])
        self.reader = Reader(self)

    def vector(self, node: Node) -> list[Column]:
        """An instant vector at each instant. Raises: ExecutionFault, EvaluationTimeout."""
        self.check_time()
        if isinstance(node, Paren):
            return self.vector(node.expression)
        if isinstance(node, Selector):
            return self.reader.instant(node)
        if isinstance(node, Call):
            return call_vector(self, node)
        if isinstance(node, Aggregation):
            return self._aggregation(node)
        if isinstance(node, Binary):
            return self._binary(node)
        assert isinstance(node, Unary)
        return self._unary(node)

    def scalar(self, node: Node) -> list[float]:
        """A number at each instant."""
        if isinstance(node, Number):
            return [node.value] * len(self.instants)
        if isinstance(node, Paren):
            return self.scalar(node.expression)
        if isinstance(node, Unary):
            return [-value if node.op == "-" else value for value in self.scalar(node.expression)]
        if isinstance(node, Binary):
            compute = operation(node.op)
            return [
                compute(left, right)
                for left, right in zip(self.scalar(node.left), self.scalar(node.right), strict=True)
            ]
        assert isinstance(node, Call)
        return self._scalar_call(node)

    def ranges(self, node: Node) -> RangeVector:
        """The window before each instant."""
        while isinstance(node, Paren):
            node = node.expression
        if isinstance(node, Subquery):
            return self.reader.subquery(node)
        assert isinstance(node, Selector)
        return self.reader.range(node)

    def text(self, node: Node) -> str:
        while isinstance(node, Paren):
            node = node.expression
        assert isinstance(node, String)
        return node.value

    def _scalar_call(self, node: Call) -> list[float]:
        if node.name == "time":
            return [instant / 1000 for instant in self.instants]
        if node.name == "pi":
            return [math.pi] * len(self.instants)
        columns = self.vector(node.arguments[0])
        rows = [
            [column.values[place] for column in columns if column.values[place] is not None]
            for place in range(len(self.instants))
        ]
        return [row[0] if len(row) == 1 and row[0] is not None else math.nan for row in rows]

    def _aggregation(self, node: Aggregation) -> list[Column]:
        columns = self.vector(node.expression)
        if not columns:
            return []
        if node.parameter is None:
            return aggregations.aggregate(node, columns)
        if node.op == "count_values":
            return aggregations.count_values(node, columns, self.text(node.parameter))
        numbers = self.scalar(node.parameter)
        if node.op == "quantile":
            self.check_quantiles(numbers, node.parameter.position)
        return aggregations.WITH_NUMBER[node.op](node, columns, numbers)

    def check_time(self) -> None:
        """Raises: EvaluationTimeout."""
        if time.monotonic() > self.deadline:
            raise EvaluationTimeout

    def check_quantiles(self, shares: Sequence[float], position: int) -> None:
        for share in set(shares):
            if not 0 <= share <= 1:
                self.notes.warn(f"quantile value should be between 0 and 1, got {share:g}", position)

    def _unary(self, node: Unary) -> list[Column]:
        columns = self.vector(node.expression)
        if node.op == "+":
            return columns
        return nameless(
            [
                Column(column.labels, [None if value is None else -value for value in column.values])
                for column in columns
            ]
        )

    def _binary(self, node: Binary) -> list[Column]:
        kinds = type_of(node.left), type_of(node.right)
        if kinds[1] == "scalar":
            return self._with_scalar(node, self.vector(node.left), self.scalar(node.right), flipped=False)
        if kinds[0] == "scalar":
            return self._with_scalar(node, self.vector(node.right), self.scalar(node.left), flipped=True)
        return pairing.combine(node, self.vector(node.left), self.vector(node.right))

    def _with_scalar(self, node: Binary, columns: list[Column], numbers: list[float], *, flipped: bool) -> list[Column]:
        if node.op in COMPARISON and not node.returns_bool:
            return [
                Column(column.labels, _filtered(node.op, column.values, numbers, flipped=flipped)) for column in columns
            ]
        compute = operation(node.op)
        return nameless(
            [
                Column(
                    column.labels,
                    [
                        None if value is None else compute(number, value) if flipped else compute(value, number)
                        for value, number in zip(column.values, numbers, strict=True)
                    ],
                )
                for column in columns
            ]
        )


def _filtered(symbol: str, values: Values, numbers: list[float], *, flipped: bool) -> Values:
    compare = COMPARISON[symbol]
    if flipped:
        return [
            value if value is not None and compare(number, value) else None
            for value, number in zip(values, numbers, strict=True)
        ]
    return [
        value if value is not None and compare(value, number) else None
        for value, number in zip(values, numbers, strict=True)
    ]
