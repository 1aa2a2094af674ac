"""Reads what looks like a function call: aggregates, grouping, metrics, ranks; and the hints."""

from __future__ import annotations

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.cursor import Cursor
from gateway.demo.simulators.tempo.traceql.fields import parse_attribute, parse_field_expression, parse_static
from gateway.demo.simulators.tempo.traceql.nodes import (
    Aggregate,
    CoalesceOperation,
    GroupOperation,
    MetricsAggregate,
    RankStage,
    SelectOperation,
)
from gateway.demo.simulators.tempo.traceql.values import Value

AGGREGATES = frozenset({"count", "avg", "max", "min", "sum"})
METRICS_FUNCTIONS = frozenset(
    "rate count_over_time min_over_time max_over_time avg_over_time sum_over_time quantile_over_time histogram_over_time".split()
)


def parse_aggregate(cursor: Cursor) -> Aggregate:
    function = cursor.take().kind
    cursor.expect("(")
    operand = None if function == "count" else parse_field_expression(cursor)
    _close(cursor, forced=function == "count")
    return Aggregate(function, operand)


def parse_stage(cursor: Cursor) -> GroupOperation | SelectOperation | CoalesceOperation | RankStage:
    kind = cursor.kind
    if kind not in {"by", "select", "coalesce", "topk", "bottomk"}:
        raise cursor.unexpected()
    cursor.take()
    cursor.expect("(")
    element: GroupOperation | SelectOperation | CoalesceOperation | RankStage
    if kind == "by":
        element = GroupOperation(parse_field_expression(cursor))
    elif kind == "select":
        element = SelectOperation(_attributes(cursor))
    elif kind == "coalesce":
        element = CoalesceOperation()
    else:
        element = RankStage(kind, int(cursor.expect("INTEGER").value))  # type: ignore[arg-type] # as its token says
    _close(cursor, forced=kind != "by")
    return element


def parse_metrics_aggregate(cursor: Cursor) -> MetricsAggregate:
    function = cursor.take().kind
    cursor.expect("(")
    attribute = None if function in {"rate", "count_over_time"} else parse_attribute(cursor)
    quantiles: list[float] = []
    if function == "quantile_over_time":
        cursor.expect(",")
        quantiles.append(_quantile(cursor))
        while cursor.accept(","):
            quantiles.append(_quantile(cursor))
    _close(cursor, forced=function != "quantile_over_time")
    by: tuple[Attribute, ...] = ()
    if cursor.accept("by"):
        cursor.expect("(")
        by = _attributes(cursor)
        _close(cursor, forced=False)
    return MetricsAggregate(function, attribute, tuple(quantiles), by)


def _quantile(cursor: Cursor) -> float:
    if cursor.kind not in {"FLOAT", "INTEGER"}:
        raise cursor.unexpected(", expecting INTEGER or FLOAT")
    return float(cursor.take().value)  # type: ignore[arg-type] # as its token says


def _attributes(cursor: Cursor) -> tuple[Attribute, ...]:
    attributes = [parse_attribute(cursor)]
    while cursor.accept(","):
        attributes.append(parse_attribute(cursor))
    return tuple(attributes)


def _close(cursor: Cursor, *, forced: bool) -> None:
    if forced:
        cursor.expect(")")
    elif not cursor.accept(")"):
        raise cursor.unexpected()


def parse_hints(cursor: Cursor) -> dict[str, Value]:
    cursor.expect("(")
    hints: dict[str, Value] = {}
    while True:
        name = str(cursor.expect("IDENTIFIER").value)
        cursor.expect("=")
        hints[name] = parse_static(cursor)
        if not cursor.accept(","):
            break
    if cursor.kind != ")":
        raise cursor.unexpected(", expecting ) or ,")
    cursor.take()
    return hints
