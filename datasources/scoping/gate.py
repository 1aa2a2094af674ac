"""Which endpoints of a source were seen to answer beyond the scope that they were asked under."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from msgspec.structs import replace as replace_fields

from ..exceptions import SourceRefused
from ..records.sources import Source, SourceState
from ..scope import Rule, Scope, Signal

Shape = tuple[str | None, tuple[tuple[str, bool, int, frozenset[Signal]], ...]]


def shape_of(scope: Scope) -> Shape:
    """What makes two scopes the same question but for their values: tenant, labels, patterns, one value or several."""
    return scope.tenant, tuple(
        (rule.label, rule.pattern is not None, min(len(rule.values), 2), rule.signals) for rule in scope.rules
    )


class EndpointGate:
    """A closed endpoint is not asked any more: what it gives is not only the project's."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._closed: dict[str, set[Shape]] = {}

    @property
    def closed(self) -> tuple[str, ...]:
        """The names of the closed ones."""
        return tuple(sorted(endpoint for endpoint, shapes in self._closed.items() if shapes))

    def judge(self, endpoint: str, asked: Scope, found: Sequence[object]) -> None:
        """Closes an endpoint that found something where there is nothing to find, until the same question finds nothing."""
        shapes = self._closed.setdefault(endpoint, set())
        if found:
            shapes.add(shape_of(asked))
        else:
            shapes.discard(shape_of(asked))

    def require(self, endpoint: str) -> None:
        """Raises: SourceRefused where the endpoint is closed: only the operator can mend it."""
        if self._closed.get(endpoint):
            raise SourceRefused(
                f"{self._source}: {endpoint} is switched off, since it answers beyond a project's scope",
                source=self._source,
            )

    def told(self, status: Source) -> Source:
        """The source's status, which says so where something is closed."""
        if not self.closed:
            return status
        state = SourceState.DEGRADED if status.state is SourceState.UP else status.state
        reason = f"switched off, since it answers beyond a project's scope: {', '.join(self.closed)}"
        return replace_fields(status, state=state, last_error=reason)


def nobodys(scope: Scope) -> Scope:
    """A scope of the same shape that nothing lies within: values that nobody has, made up now."""
    return replace(scope, projects=frozenset(), rules=tuple(map(_nobodys, scope.rules)))


def _nobodys(rule: Rule) -> Rule:
    values = tuple(f"probe-{secrets.token_hex(8)}" for _ in range(max(1, min(len(rule.values), 2))))
    return replace(rule, values=(), pattern=values[0]) if rule.pattern is not None else replace(rule, values=values)
