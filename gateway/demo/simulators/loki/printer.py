"""Prints a query in the real server's canonical form, for format_query."""

from __future__ import annotations

from gateway.demo.simulators.loki.go_values import format_float, format_go_duration, format_prometheus_duration, quote
from gateway.demo.simulators.loki.syntax import (
    BinaryOperation,
    BothOf,
    Comparison,
    ConstantVector,
    EitherOf,
    Grouping,
    KeepOrDrop,
    LabelCondition,
    LabelFilter,
    LabelFormat,
    LabelParser,
    LabelReplace,
    LineFilter,
    LineFormat,
    Literal,
    LogRange,
    LogSelector,
    Matcher,
    Query,
    RangeAggregation,
    Stage,
    Unwrap,
    VectorAggregation,
    VectorMatching,
)


def print_query(query: Query) -> str:
    """One line of LogQL that reads back as the same query."""
    if isinstance(query, LogSelector):
        return _selector(query)
    if isinstance(query, RangeAggregation):
        parameter = "" if query.parameter is None else f"{format_float(query.parameter)},"
        return f"{query.op}({parameter}{_range(query.over)}){_grouping(query.grouping, before=' ')}"
    if isinstance(query, VectorAggregation):
        parameter = "" if query.parameter is None else f"{query.parameter},"
        return f"{query.op}{_grouping(query.grouping, before=' ')}({parameter}{print_query(query.over)})"
    if isinstance(query, BinaryOperation):
        return f"({print_query(query.left)} {query.op}{_modifier(query)} {print_query(query.right)})"
    if isinstance(query, Literal):
        return format_float(query.value)
    if isinstance(query, ConstantVector):
        return f"vector({format_float(query.value)})"
    assert isinstance(query, LabelReplace)
    texts = ",".join(quote(text) for text in (query.target, query.replacement, query.source, query.regex))
    return f"label_replace({print_query(query.over)},{texts})"


def _grouping(grouping: Grouping | None, *, before: str) -> str:
    if grouping is None:
        return ""
    return f"{before}{'without' if grouping.without else 'by'} ({','.join(grouping.labels)})"


def _modifier(operation: BinaryOperation) -> str:
    matching = operation.matching
    text = " bool" if operation.returns_bool else ""
    if matching != VectorMatching():
        text += f" {'on' if matching.on else 'ignoring'} ({','.join(matching.labels)})"
    if matching.many:
        text += f" group_{matching.many} ({','.join(matching.include)})"
    return text


def _range(over: LogRange) -> str:
    text = _selector(over.selector)
    if over.unwrap is not None:
        text += _unwrap(over.unwrap)
    text += f"[{format_prometheus_duration(over.interval_ns)}]"
    return text + (f" offset {format_go_duration(over.offset_ns)}" if over.offset_ns else "")


def _unwrap(unwrap: Unwrap) -> str:
    label = f"{unwrap.conversion}({unwrap.label})" if unwrap.conversion else unwrap.label
    return f" | unwrap {label}" + "".join(f" | {_condition(stage.condition)}" for stage in unwrap.filters)


def _matcher(matcher: Matcher) -> str:
    return f"{matcher.name}{matcher.op}{quote(matcher.value)}"


def _selector(selector: LogSelector) -> str:
    matchers = "{" + ", ".join(_matcher(matcher) for matcher in selector.matchers) + "}"
    return " ".join([matchers, *(_stage(stage) for stage in selector.stages)])


def _stage(stage: Stage) -> str:
    if isinstance(stage, LineFilter):
        return f"{stage.op} " + " or ".join(quote(value) for value in stage.values)
    if isinstance(stage, LabelFilter):
        return f"| {_condition(stage.condition)}"
    if isinstance(stage, LabelParser):
        return f"| {_parser(stage)}"
    if isinstance(stage, LineFormat):
        return f"| line_format {quote(stage.template)}"
    if isinstance(stage, LabelFormat):
        pairs = (
            f"{name}={quote(source) if is_template else source}" for name, source, is_template in stage.assignments
        )
        return f"| label_format {','.join(pairs)}"
    if isinstance(stage, KeepOrDrop):
        names = (_matcher(label) if isinstance(label, Matcher) else label for label in stage.labels)
        return f"| {stage.op} {','.join(names)}"
    return "| decolorize"


def _parser(parser: LabelParser) -> str:
    words = [parser.kind, *parser.flags]
    if parser.parameter:
        words.append(quote(parser.parameter))
    if parser.wanted:
        words.append(",".join(f"{name}={quote(expression)}" for name, expression in parser.wanted))
    return " ".join(words)


def _condition(condition: LabelCondition) -> str:
    if isinstance(condition, Matcher):
        return _matcher(condition)
    if isinstance(condition, Comparison):
        return f"{condition.name}{condition.op}{_amount(condition)}"
    joint = " , " if isinstance(condition, BothOf) else " or "
    assert isinstance(condition, BothOf | EitherOf)
    return f"( {_condition(condition.left)}{joint}{_condition(condition.right)} )"


def _amount(condition: Comparison) -> str:
    if condition.unit == "duration":
        return format_go_duration(int(condition.value))
    return condition.text if condition.unit == "bytes" else format_float(condition.value)
