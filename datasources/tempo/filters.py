"""A typed filter as TraceQL. TraceQL compares within one type only, so a value that reads as a number is asked for as one too."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..exceptions import BadInput
from ..records.logs import LabelMatcher
from ..records.traces import AttributeName, SpanStatus, TraceFilter
from ..scoping.strings import quote

_SCOPED_NAME = re.compile(r"(span|resource|event|link|instrumentation)\.(.+)", re.DOTALL)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-/:@$\[\]]*")
_QUOTED_NAME = re.compile(r'[^"\\{}()|&=~!<>^`\x00-\x1f\x7f]+')
_TEXT_INTRINSICS = ("name", "statusMessage", "event:name", "instrumentation:name", "instrumentation:version")
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}", re.ASCII)
_STATUSES = {SpanStatus.UNSET: "unset", SpanStatus.OK: "ok", SpanStatus.ERROR: "error"}
_DURATION_UNITS = (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1))


def as_filter(asked: TraceFilter) -> str | None:
    """`{ ... }`, or None where nothing is asked for.

    Raises: BadInput with the argument's path for an attribute or a range that cannot be.
    """
    low, high = asked.min_duration_ns, asked.max_duration_ns
    if low is not None and high is not None and low > high:
        raise BadInput("`minDuration` is longer than `maxDuration`", argument="filter.minDuration")
    conditions = [
        _one_of("resource.service.name", asked.services),
        _one_of("name", asked.names),
        f"status = {_STATUSES[asked.status]}" if asked.status else "",
        f"duration >= {duration_literal(low)}" if low is not None else "",
        f"duration <= {duration_literal(high)}" if high is not None else "",
        *(_matching(index, matcher) for index, matcher in enumerate(asked.attributes)),
        "nestedSetParent < 0" if asked.root_only else "",
    ]
    given = [condition for condition in conditions if condition]
    return f"{{ {' && '.join(given)} }}" if given else None


def filtered(traceql: str, asked: TraceFilter) -> str:
    """The question with the filter's conditions, as a person could have written it."""
    also = as_filter(asked)
    if not traceql.strip():
        return also or "{}"
    return f"{traceql.strip()} | {also}" if also else traceql.strip()


def duration_literal(duration_ns: int) -> str:
    """The duration in the largest unit that it is a whole number of."""
    unit, size = next((unit, size) for unit, size in _DURATION_UNITS if duration_ns % size == 0)
    return f"{duration_ns // size}{unit}"


def tag_name(attribute: AttributeName) -> str:
    """The attribute as the tag endpoints take it: with its scope, and an intrinsic as it is.

    Raises: BadInput for a name that cannot be written.
    """
    if attribute.scope == "intrinsic":
        return attribute.name
    return _attribute(0, f"{attribute.scope}.{attribute.name}")


def _one_of(name: str, values: Iterable[str]) -> str:
    alternatives = [f"{name} = {quote(value)}" for value in values]
    return f"({' || '.join(alternatives)})" if len(alternatives) > 1 else "".join(alternatives)


def _matching(index: int, matcher: LabelMatcher) -> str:
    name = _attribute(index, matcher.name)
    if name == "kind":
        return _kind(index, matcher)
    literals = [quote(matcher.value)]
    if matcher.op in ("=", "!=") and name not in _TEXT_INTRINSICS:
        literals += _other_types(matcher.value)
    # A comparison with a value of another type is false, also for `!=`: so the alternatives are joined by `||` for both.
    comparisons = [f"{name} {matcher.op} {literal}" for literal in literals]
    return f"({' || '.join(comparisons)})" if len(comparisons) > 1 else comparisons[0]


def _attribute(index: int, name: str) -> str:
    """The attribute as TraceQL writes it; one without a scope is looked for in the span, then in its resource."""
    if name in (*_TEXT_INTRINSICS, "kind"):
        return name
    found = _SCOPED_NAME.fullmatch(name)
    scope, rest = found.groups() if found else ("", name.removeprefix("."))
    if _PLAIN_NAME.fullmatch(rest):
        return f"{scope}.{rest}"
    if _QUOTED_NAME.fullmatch(rest):
        return f'{scope}."{rest}"'
    raise BadInput(f"{name[:60]!r} is no attribute's name", argument=f"filter.attributes.{index}.name")


def _kind(index: int, matcher: LabelMatcher) -> str:
    kind = matcher.value.lower()
    if kind not in _KINDS or matcher.op not in ("=", "!="):
        message = f"`kind` is compared by EQ or NEQ with one of {', '.join(_KINDS)}"
        raise BadInput(message, argument=f"filter.attributes.{index}.value")
    return f"kind {matcher.op} {kind}"


def _other_types(value: str) -> list[str]:
    if value in ("true", "false"):
        return [value]
    if _INTEGER.fullmatch(value):
        return [str(int(value)), f"{int(value)}.0"]
    return [value] if _DECIMAL.fullmatch(value) else []
