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
    settled = _Settled(test)

    def run(sets: list[Spanset]) -> list[Spanset]:
        found = []
        for spanset in sets:
            views = _passing(test, spanset.views, settled)
            if views:
                found.append(Spanset(views, spanset.attributes))
        return found

    return run


class _Settled:
    """What a filter says of the spans of a variant, whichever request it is: yes, no, or None where it depends."""

    def __init__(self, test: Getter) -> None:
        self._test = test
        self._by_pattern: dict[TraceView, list[bool | None]] = {}

    def of(self, pattern: TraceView) -> list[bool | None]:
        known = self._by_pattern.get(pattern)
        if known is None:
            known = self._by_pattern[pattern] = [self._ask(view) for view in pattern.views]
        return known

    def _ask(self, view: SpanView) -> bool | None:
        try:
            return self._test(view) is True
        except Undetermined:
            return None


def _passing(test: Getter, views: list[SpanView], settled: _Settled) -> list[SpanView]:
    """Raises: Undetermined, on a template, unless nothing passes whatever is not known."""
    if not views:
        return []
    trace = views[0].trace
    known = settled.of(trace.pattern or trace)
    if trace.pattern is not None:
        return [view for view in views if known[view.position] or (known[view.position] is None and test(view) is True)]
    if any(known[view.position] is None for view in views):
        raise Undetermined
    return [view for view in views if known[view.position]]


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
