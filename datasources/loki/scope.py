"""The LogQL scoper: a project's rules in every stream selector, the result read a second time, refusal on any doubt."""

from __future__ import annotations

import re

from ..scope import Refused, Rule, Scope, ScopedLogQL, Signal
from ..scoping.rules import is_conflict, matcher_for
from ..scoping.strings import quote
from .logql import FUNCTIONS, Selector, Tokens, read_logql

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
_MATCHER = r'[A-Za-z_][A-Za-z0-9_]*+(?:=~|!~|!=|=)"(?:[^"\\\n]|\\.)*+"'
_SELECTOR = re.compile(rf"\{{{_MATCHER}(?:, {_MATCHER})*+\}}")
_SELECTOR_OR_STRING = re.compile(rf"{_SELECTOR.pattern}|{_STRING.pattern}")
_CALL = re.compile(r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*+) *+\(")


def narrow(logql: str, scope: Scope) -> ScopedLogQL:
    """The query in which every selector begins with the scope's matchers. What a person wrote is ANDed, never dropped.

    Raises: Refused, with the offset in `logql`.
    """
    tokens = read_logql(logql)
    if not tokens:
        raise Refused("the query is empty", position=0)
    return _scoped(tokens, scope)


def narrow_selector(logql: str, scope: Scope) -> ScopedLogQL:
    """The first selector of a query, alone: for labels, series, statistics and patterns. The whole scope for an empty text.

    Raises: Refused, with the offset in `logql`.
    """
    tokens = read_logql(logql)
    found = next((token for token in tokens if isinstance(token, Selector)), None)
    if tokens and found is None:
        raise Refused("there is no stream selector in the query", position=0)
    return _scoped([found or Selector((), 0)], scope)


def _scoped(tokens: Tokens, scope: Scope) -> ScopedLogQL:
    rules = scope.rules_for(Signal.LOGS)
    first = scope_matchers(rules)
    selectors = [token for token in tokens if isinstance(token, Selector)]
    for selector in selectors:
        _refuse_contradiction(selector, rules)
    text = "".join(token.render(first) if isinstance(token, Selector) else token for token in tokens)
    read_again(text, "{" + ", ".join(first), len(selectors))
    return ScopedLogQL(text, scope)


def scope_matchers(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """The rules as LogQL writes them."""
    return tuple(f"{label}{op}{quote(value)}" for label, op, value in map(matcher_for, rules))


def read_again(text: str, prefix: str, selectors: int) -> None:
    """Another way of reading, on the text that will be sent: whatever has a brace is a selector that begins with the scope.

    Raises: Refused. The first reading should have let nothing come to this.
    """
    bare = _STRING.sub('""', text)
    found = _SELECTOR.findall(_SELECTOR_OR_STRING.sub(_without_string, text))
    if (bare.count("{"), bare.count("}"), len(found)) != (selectors, selectors, selectors):
        raise Refused("the query could not be narrowed safely: its selectors cannot be told apart")
    if any(not selector.startswith((f"{prefix},", f"{prefix}}}")) for selector in found):
        raise Refused("the query could not be narrowed safely: a selector is not the project's")
    if any(name.lower() not in FUNCTIONS for name in _CALL.findall(bare)):
        raise Refused("the query could not be narrowed safely: it calls a function that is not known")
    if not bare.isascii() or not bare.isprintable() or re.search(r"['`#\\]|//|/\*", bare):
        raise Refused("the query could not be narrowed safely: it is not in the canonical form")


def _refuse_contradiction(selector: Selector, rules: tuple[Rule, ...]) -> None:
    for matcher in selector.matchers:
        if is_conflict(rules, matcher.name, matcher.op, matcher.value):
            raise Refused(f"{matcher} is outside of the project's scope", position=matcher.position)


def _without_string(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("{") else '""'
