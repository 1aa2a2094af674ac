"""Stages compiled into one function that takes a line through them, or stops it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from gateway.demo.simulators.loki.conditions import Test, compile_condition, compile_line_filter
from gateway.demo.simulators.loki.extraction import compile_parser
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.store import Row, matches
from gateway.demo.simulators.loki.syntax import (
    Decolorize,
    KeepOrDrop,
    LabelFilter,
    LabelFormat,
    LabelParser,
    LineFilter,
    LineFormat,
    Matcher,
    Stage,
)
from gateway.demo.simulators.loki.templates import Lookup, compile_template

Pipeline: TypeAlias = Callable[[Row], LineState | None]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def compile_pipeline(stages: tuple[Stage, ...]) -> Pipeline:
    """A function from a row to its state behind the last stage, or None where a stage stopped it."""
    steps = [_compile_stage(stage) for stage in stages]

    def run(row: Row) -> LineState | None:
        state = LineState(row)
        for step in steps:
            if not step(state):
                return None
        return state

    return run


def _compile_stage(stage: Stage) -> Test:
    if isinstance(stage, LineFilter):
        return compile_line_filter(stage)
    if isinstance(stage, LabelFilter):
        return compile_condition(stage.condition)
    if isinstance(stage, LabelParser):
        return _always(compile_parser(stage))
    if isinstance(stage, LineFormat):
        return _always(_line_format(stage))
    if isinstance(stage, LabelFormat):
        return _always(_label_format(stage))
    if isinstance(stage, KeepOrDrop):
        return _always(_keep(stage) if stage.op == "keep" else _drop(stage))
    assert isinstance(stage, Decolorize)
    return _always(_decolorize)


def _always(change: Callable[[LineState], None]) -> Test:
    def step(state: LineState) -> bool:
        change(state)
        return True

    return step


def _lookup(state: LineState) -> Lookup:
    def lookup(name: str) -> str:
        if name == "__line__":
            return state.line
        if name == "__timestamp__":
            return str(state.row.timestamp_ns)
        return state.get(name)

    return lookup


def _line_format(stage: LineFormat) -> Callable[[LineState], None]:
    fill = compile_template(stage.template)

    def change(state: LineState) -> None:
        state.line = fill(_lookup(state))

    return change


def _label_format(stage: LabelFormat) -> Callable[[LineState], None]:
    templates = {name: compile_template(source) for name, source, is_template in stage.assignments if is_template}

    def change(state: LineState) -> None:
        for name, source, is_template in stage.assignments:
            if is_template:
                state.set(name, templates[name](_lookup(state)))
            elif value := state.get(source):
                state.drop(source)
                state.set(name, value)

    return change


def _tests(stage: KeepOrDrop) -> list[tuple[str, Callable[[str], bool]]]:
    return [
        (label.name, matches(label)) if isinstance(label, Matcher) else (label, lambda _value: True)
        for label in stage.labels
    ]


def _drop(stage: KeepOrDrop) -> Callable[[LineState], None]:
    tests = _tests(stage)

    def change(state: LineState) -> None:
        for name, test in tests:
            if test(state.get(name)):
                state.drop(name)

    return change


def _keep(stage: KeepOrDrop) -> Callable[[LineState], None]:
    tests = _tests(stage)

    def change(state: LineState) -> None:
        for name, value in state.labels().items():
            if not any(name == kept and test(value) for kept, test in tests):
                state.drop(name)

    return change


def _decolorize(state: LineState) -> None:
    state.line = _COLOUR.sub("", state.line)
