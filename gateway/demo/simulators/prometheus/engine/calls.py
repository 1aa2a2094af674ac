"""Function calls that give vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.demo.simulators.prometheus.engine.columns import Column, RangeColumn, RangeVector, Values, nameless
from gateway.demo.simulators.prometheus.engine.elementwise import DATES, ELEMENTWISE, NumberFunction, round_to
from gateway.demo.simulators.prometheus.engine.histograms import histogram_quantile
from gateway.demo.simulators.prometheus.engine.labelling import absent, absent_labels, label_join, label_replace
from gateway.demo.simulators.prometheus.engine.rates import ROLLING, predict
from gateway.demo.simulators.prometheus.engine.statistics import KEEP_NAME, OVER_TIME, quantile
from gateway.demo.simulators.prometheus.engine.windows import WindowTable
from gateway.demo.simulators.prometheus.promql.nodes import Call, Node, Paren, Selector

if TYPE_CHECKING:
    from gateway.demo.simulators.prometheus.engine.evaluator import Evaluator

_COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


def call_vector(evaluator: Evaluator, node: Call) -> list[Column]:
    if node.name in ROLLING:
        return _rolling(evaluator, node)
    if node.name in OVER_TIME:
        reduce = OVER_TIME[node.name]
        columns = _over_windows(evaluator, node.arguments[0], lambda values, _: reduce(values))
        return columns if node.name in KEEP_NAME else nameless(columns)
    if node.name in ELEMENTWISE:
        return nameless(_each(evaluator.vector(node.arguments[0]), ELEMENTWISE[node.name]))
    if node.name in DATES:
        columns = evaluator.vector(node.arguments[0]) if node.arguments else _time_vector(evaluator)
        return nameless(_each(columns, DATES[node.name]))
    return _OTHERS[node.name](evaluator, node)


def _each(columns: list[Column], function: NumberFunction) -> list[Column]:
    return [
        Column(column.labels, [None if value is None else function(value) for value in column.values])
        for column in columns
    ]


def _time_vector(evaluator: Evaluator) -> list[Column]:
    return [Column({}, [instant / 1000 for instant in evaluator.instants])]


def _present(columns: list[Column]) -> list[Column]:
    return [column for column in columns if any(value is not None for value in column.values)]


def _rolling(evaluator: Evaluator, node: Call) -> list[Column]:
    vector = evaluator.ranges(node.arguments[0])
    if node.name in ("rate", "increase"):
        _remark_gauges(evaluator, node, vector)
    table, function = WindowTable(vector), ROLLING[node.name]
    columns = []
    for column in vector.columns:
        evaluator.check_time()
        columns.append(Column(column.labels, function(column, vector, table)))
    return nameless(_present(columns))


def _remark_gauges(evaluator: Evaluator, node: Call, vector: RangeVector) -> None:
    for name in {column.labels.get("__name__", "") for column in vector.columns}:
        if name and not name.endswith(_COUNTER_SUFFIXES):
            text = f'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "{name}"'
            evaluator.notes.inform(text, node.arguments[0].position)


def _over_windows(evaluator: Evaluator, argument: Node, reduce: Callable[[list[float], int], float]) -> list[Column]:
    """`reduce` takes the window's values and the instant's place on the grid."""
    vector = evaluator.ranges(argument)
    table = WindowTable(vector)

    def reduced(column: RangeColumn) -> Values:
        evaluator.check_time()
        bounds = enumerate(table.bounds(column.times))
        return [reduce(column.values[low:high], place) if high > low else None for place, (low, high) in bounds]

    return _present([Column(column.labels, reduced(column)) for column in vector.columns])


def _quantile_over_time(evaluator: Evaluator, node: Call) -> list[Column]:
    shares = evaluator.scalar(node.arguments[0])
    evaluator.check_quantiles(shares, node.arguments[0].position)
    return nameless(_over_windows(evaluator, node.arguments[1], lambda values, place: quantile(shares[place], values)))


def _predict_linear(evaluator: Evaluator, node: Call) -> list[Column]:
    vector, ahead = evaluator.ranges(node.arguments[0]), evaluator.scalar(node.arguments[1])
    table = WindowTable(vector)
    return nameless(
        _present([Column(column.labels, predict(column, vector, table, ahead)) for column in vector.columns])
    )


def _absent_over_time(evaluator: Evaluator, node: Call) -> list[Column]:
    columns = _over_windows(evaluator, node.arguments[0], lambda values, place: 1.0)
    return absent(columns, absent_labels(node.arguments[0]), len(evaluator.instants))


def _absent(evaluator: Evaluator, node: Call) -> list[Column]:
    return absent(evaluator.vector(node.arguments[0]), absent_labels(node.arguments[0]), len(evaluator.instants))


def _clamp(evaluator: Evaluator, node: Call) -> list[Column]:
    size = len(evaluator.instants)
    lows, highs = [-math.inf] * size, [math.inf] * size
    if node.name != "clamp_max":
        lows = evaluator.scalar(node.arguments[1])
    if node.name != "clamp_min":
        highs = evaluator.scalar(node.arguments[-1])
    columns = evaluator.vector(node.arguments[0])
    if node.name == "clamp" and all(low > high for low, high in zip(lows, highs, strict=True)):
        return []
    return nameless(
        [
            Column(column.labels, [_clamped(*bounded) for bounded in zip(column.values, lows, highs, strict=True)])
            for column in columns
        ]
    )


def _clamped(value: float | None, low: float, high: float) -> float | None:
    if value is None or low > high:
        return None
    if low != low or high != high:
        return math.nan
    return value if value != value else max(low, min(high, value))


def _round(evaluator: Evaluator, node: Call) -> list[Column]:
    nearest = evaluator.scalar(node.arguments[1])[0] if len(node.arguments) > 1 else 1.0
    return nameless(_each(evaluator.vector(node.arguments[0]), lambda value: round_to(value, nearest)))


def _histogram_quantile(evaluator: Evaluator, node: Call) -> list[Column]:
    shares = evaluator.scalar(node.arguments[0])
    evaluator.check_quantiles(shares, node.arguments[0].position)
    return histogram_quantile(shares, evaluator.vector(node.arguments[1]), evaluator.notes, node.arguments[1].position)


def _label_replace(evaluator: Evaluator, node: Call) -> list[Column]:
    target, replacement, source, pattern = (evaluator.text(argument) for argument in node.arguments[1:])
    return label_replace(evaluator.vector(node.arguments[0]), target, replacement, source, pattern)


def _label_join(evaluator: Evaluator, node: Call) -> list[Column]:
    target, separator, *sources = (evaluator.text(argument) for argument in node.arguments[1:])
    return label_join(evaluator.vector(node.arguments[0]), target, separator, sources)


def _sort(evaluator: Evaluator, node: Call) -> list[Column]:
    """Only an instant query shows the order; NaN stands last."""
    falls = node.name == "sort_desc"

    def order(column: Column) -> tuple[bool, float]:
        value = column.values[-1]
        return (True, 0.0) if value is None or value != value else (False, -value if falls else value)

    return sorted(evaluator.vector(node.arguments[0]), key=order)


def _vector(evaluator: Evaluator, node: Call) -> list[Column]:
    return [Column({}, list(evaluator.scalar(node.arguments[0])))]


def _timestamp(evaluator: Evaluator, node: Call) -> list[Column]:
    argument = node.arguments[0]
    while isinstance(argument, Paren):
        argument = argument.expression
    if isinstance(argument, Selector):
        return nameless(evaluator.reader.sample_times(argument))
    instants = [instant / 1000 for instant in evaluator.instants]
    return nameless(
        [
            Column(
                column.labels,
                [None if value is None else at for value, at in zip(column.values, instants, strict=True)],
            )
            for column in evaluator.vector(argument)
        ]
    )


_OTHERS: dict[str, Callable[[Evaluator, Call], list[Column]]] = {
    "quantile_over_time": _quantile_over_time,
    "predict_linear": _predict_linear,
    "absent_over_time": _absent_over_time,
    "absent": _absent,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
    "round": _round,
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "label_join": _label_join,
    "sort": _sort,
    "sort_desc": _sort,
    "vector": _vector,
    "timestamp": _timestamp,
}
