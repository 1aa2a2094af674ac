"""TraceQL narrowed to a scope: every spanset filter gets the scope's condition, and every pipeline starts with a filter.

    { A } >> { B || C }   becomes   { (S) && ( A ) } >> { (S) && ( B || C ) }

What this rests on (pkg/traceql, Tempo 2 and 3): an opening brace begins a spanset filter and nothing else; `&&` and `||`
have the same precedence within one, so the parentheses are needed; a pipeline that does not start with a filter reads
all spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..scope import Refused, Scope, ScopedTraceQL, Signal
from ..scoping.limits import check_text
from ..scoping.rules import check_pattern
from ..scoping.strings import quote
from .attributes import resource_attribute
from .lexer import Token, read_tokens
from .scope_check import check_scoped
from .scope_writer import METRICS, Writer, has_nested_pipeline

MAX_SENT_CHARS = 48 * 1024
"""A GET carries it, and the sender takes no more than 64 KiB of a URL."""

_SELECTED = read_tokens("| select(name, kind, status, nestedSetParent, resource.service.name)", own=True)
_MOST_RECENT = read_tokens("with (most_recent=true)", own=True)
_NO_EXEMPLARS = read_tokens("with (exemplars=false)", own=True)


def condition(scope: Scope) -> str:
    """The scope as a condition on a span's resource. Values are compared, an operator's pattern is matched, anchored.

    Raises: ValueError for a rule that would be no wall.
    """
    parts = []
    for rule in scope.rules_for(Signal.TRACES):
        name = f"resource.{resource_attribute(rule.label)}"
        if rule.pattern is not None:
            check_pattern(rule.pattern)
            parts.append(f"{name} =~ {quote(rule.pattern)}")
        else:
            parts.append(" || ".join(f"{name} = {quote(value)}" for value in rule.values))
    return " && ".join(f"({part})" for part in parts)


def narrow(traceql: str, scope: Scope) -> ScopedTraceQL:
    """Any TraceQL, as a person wrote it.

    Raises: Refused, with the offset in `traceql`.
    """
    return _scoped(read_tokens(check_text(traceql)), scope)


def narrow_search(traceql: str, scope: Scope, *, also: str | None = None) -> ScopedTraceQL:
    """A question for spans, newest traces first, with what a list shows of each span.

    Spans also meet `also`, a filter `{ ... }`, if it is given. An empty text asks for all.

    Raises: Refused, with the offset in `traceql`, also for a question that asks for numbers.
    """
    tokens = _spans_asked_for(traceql)
    if has_nested_pipeline(tokens):
        # Such an expression takes no further stage: it stays as it is, and its spans come without their names.
        _refuse_stages(also)
        return _scoped([*tokens, *_MOST_RECENT], scope)
    return _scoped([*tokens, *_stages(also), *_SELECTED, *_MOST_RECENT], scope)


def narrow_metrics(traceql: str, scope: Scope, *, function: str, also: str | None = None) -> ScopedTraceQL:
    """What `function`, such as `rate()`, gives of the spans that a question asks for.

    Raises: Refused, with the offset in `traceql`, also for a question that asks for numbers itself.
    """
    tokens = _spans_asked_for(traceql)
    if has_nested_pipeline(tokens):
        _refuse_stages(function)
    return _scoped([*tokens, *_stages(also, function), *_NO_EXEMPLARS], scope)


def narrow_traces(trace_ids: Sequence[str], scope: Scope) -> ScopedTraceQL:
    """The scope's spans of these traces, with what a list shows of each. Tempo compares ids without their leading zeros."""
    wanted = " || ".join(f"trace:id = {quote(trace_id.lstrip('0'))}" for trace_id in trace_ids)
    return _scoped([*_own(f"{{ {wanted} }}"), *_SELECTED], scope)


def fixed_filters(scope: Scope) -> list[str]:
    """Filters that the tag endpoints honour: plain equalities joined by `&&`, one filter per combination of values.

    These endpoints drop a filter that they find too hard, in silence, and answer with everybody's values.
    """
    filters = [""]
    for rule in scope.rules_for(Signal.TRACES):
        name = f"resource.{resource_attribute(rule.label)}"
        if rule.pattern is not None:
            check_pattern(rule.pattern)
            equalities = [f"{name} =~ {quote(rule.pattern)}"]
        else:
            equalities = [f"{name} = {quote(value)}" for value in rule.values]
        filters = [f"{before} && {equality}" if before else equality for before in filters for equality in equalities]
    return [f"{{ {text} }}" for text in filters]


def _scoped(tokens: Sequence[Token], scope: Scope) -> ScopedTraceQL:
    prefix = "{ " + condition(scope)
    writer = Writer(tokens, prefix)
    text = writer.write()
    check_scoped(text, prefix, writer.filters)
    if len(text) > MAX_SENT_CHARS:
        raise Refused("the query is too long with the project's scope in it")
    return ScopedTraceQL(text, scope)


def _spans_asked_for(traceql: str) -> list[Token]:
    """The tokens without hints, for which the gateway has its own. Raises: Refused for a metrics query."""
    tokens = read_tokens(check_text(traceql)) or _own("{}")
    for token, following in pairwise(tokens):
        if token.kind == "word" and following.text == "(" and token.text in METRICS:
            raise Refused(f"{token.text}() asks for numbers; a list of traces wants a filter", position=token.at)
    Writer(tokens, "{ true").write()  # alone first, so that a refusal speaks of nothing that the gateway adds
    hints = next((index for index, token in enumerate(tokens) if token[:2] == ("word", "with")), len(tokens))
    return tokens[:hints]


def _stages(*stages: str | None) -> list[Token]:
    return [token for stage in stages if stage for token in (Token("sign", "|", None), *_own(stage))]


def _own(text: str) -> list[Token]:
    return read_tokens(text, own=True)


def _refuse_stages(stage: str | None) -> None:
    if stage:
        raise Refused("pipelines in parentheses cannot be combined with a filter, a rate or a latency")
