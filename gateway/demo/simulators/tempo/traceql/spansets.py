"""Runs a pipeline over one trace: from all its spans to the spansets that the query asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.demo.simulators.tempo.traceql.evaluation import compile_field, related
from gateway.demo.simulators.tempo.traceql.getters import Getter
from gateway.demo.simulators.tempo.traceql.nodes import (
    Aggregate,
    CoalesceOperation,
    GroupOperation,
    Pipeline,
    ScalarFilter,
    SelectOperation,
    SpansetFilter,
    SpansetOperation,
    Stage,
    Static,
)
from gateway.demo.simulators.tempo.traceql.structure import STRUCTURAL
from gateway.demo.simulators.tempo.traceql.values import Duration, Value, type_of
from gateway.demo.simulators.tempo.traceql.views import SpanView, TraceView, Undetermined


@dataclass(slots=True)
class Spanset:
    """Some spans of one trace, and what the pipeline has found out about them together."""

    views: list[SpanView]
    attributes: list[tuple[str, Value]] = field(default_factory=list)


Step: TypeAlias = Callable[[list[Spanset]], list[Spanset]]
Matcher: TypeAlias = Callable[[TraceView], list[Spanset]]


def compile_pipeline(pipeline: Pipeline) -> Matcher:
    """Shape: no spanset where the trace does not match. Raises, when called on a template: Undetermined."""
    run = _step(pipeline)
    return lambda trace: run([Spanset(list(trace.views))])


def _step(stage: Stage) -> Step:
    match stage:
        case SpansetFilter(expression):
            return _filter(compile_field(expression))
        case SpansetOperation():
            return _operation(stage)
        case Pipeline(stages):
            return _chain([_step(inner) for inner in stages])
        case GroupOperation(expression):
            return _group(str(stage), compile_field(expression))
        case CoalesceOperation():
            return lambda sets: [Spanset([view for spanset in sets for view in spanset.views])] if sets else []
        case SelectOperation():
            return lambda sets: sets
        case ScalarFilter(operator, Aggregate() as aggregate, Static(threshold)):
            return _scalar_filter(operator, aggregate, threshold)
    raise AssertionError(f"validation lets no {type(stage).__name__} through")


def _chain(steps: list[Step]) -> Step:
    def run(sets: list[Spanset]) -> list[Spanset]:
        for step in steps:
            sets = step(sets)
            if not sets:
                break
        return sets

    return run


def _filter(test: Getter) -> Step:
    def run(sets: list[Spanset]) -> list[Spanset]:
        found = []
        for spanset in sets:
            views = _passing(test, spanset.views)
            if views:
                found.append(Spanset(views, spanset.attributes))
        return found

    return run


def _passing(test: Getter, views: list[SpanView]) -> list[SpanView]:
    """Knows that nothing passes even if it cannot tell what would."""
    passing, doubt = [], None
    for view in views:
        try:
            if test(view) is True:
                passing.append(view)
        except Undetermined as error:
            doubt = error
    if doubt is not None:
        raise doubt
    return passing


def _operation(stage: SpansetOperation) -> Step:
    left, right, operator = _step(stage.left), _step(stage.right), stage.operator
    relate = STRUCTURAL.get(operator)
    needs_left = operator != "||" and not operator.startswith("!")

    def run(sets: list[Spanset]) -> list[Spanset]:
        found = []
        for spanset in sets:
            lhs, rhs = _sides(left, right, spanset, needs_left=needs_left, needs_right=operator != "||")
            if relate is not None:
                views = relate(_united(lhs), _united(rhs)) if rhs else []
            elif operator == "&&" and not (lhs and rhs):
                views = []
            else:
                views = _united(lhs + rhs)
            if views:
                found.append(Spanset(views, spanset.attributes))
        return found

    return run


def _sides(
    left: Step, right: Step, spanset: Spanset, *, needs_left: bool, needs_right: bool
) -> tuple[list[Spanset], list[Spanset]]:
    """Both sides; an empty one that is needed settles the matter even if the other cannot be told."""
    try:
        lhs = left([spanset])
    except Undetermined:
        if needs_right and not right([spanset]):
            return [], []
        raise
    if needs_left and not lhs:
        return [], []
    return lhs, right([spanset])


def _united(sets: list[Spanset]) -> list[SpanView]:
    views = {view.position: view for spanset in sets for view in spanset.views}
    return [views[position] for position in sorted(views)]


def _group(label: str, expression: Getter) -> Step:
    def run(sets: list[Spanset]) -> list[Spanset]:
        found: list[Spanset] = []
        for spanset in sets:
            groups: dict[tuple[str, str], Spanset] = {}
            for view in spanset.views:
                value = expression(view)
                key = (type_of(value), str(value))
                if key not in groups:
                    groups[key] = Spanset([], [*spanset.attributes, (label, value)])
                groups[key].views.append(view)
            found += groups.values()
        return found

    return run


def _scalar_filter(operator: str, aggregate: Aggregate, threshold: Value) -> Step:
    label = str(aggregate)
    compute = _aggregate(aggregate)

    def run(sets: list[Spanset]) -> list[Spanset]:
        found = []
        for spanset in sets:
            value = compute(spanset.views)
            if related(operator, value, threshold):
                found.append(Spanset(spanset.views, [*spanset.attributes, (label, value)]))
        return found

    return run


def _aggregate(aggregate: Aggregate) -> Callable[[list[SpanView]], Value]:
    if aggregate.operand is None:
        return len
    operand, function = compile_field(aggregate.operand), aggregate.function

    def run(views: list[SpanView]) -> Value:
        values = [value for view in views if isinstance(value := operand(view), (int, float)) and value is not True]
        if not values:
            return None
        match function:
            case "max":
                return max(values)
            case "min":
                return min(values)
            case "sum":
                return _like(values[0], sum(values))
            case _:
                return (
                    Duration(sum(values) // len(values)) if type(values[0]) is Duration else sum(values) / len(values)
                )

    return run


def _like(first: float, total: float) -> Value:
    return Duration(total) if type(first) is Duration else total
