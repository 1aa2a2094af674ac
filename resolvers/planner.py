"""The gateway's own question for many projects becomes one upstream request, grouped by the scopes' labels and split again.

A person's own expressions do not come here: an expression of theirs may mean something else when it is grouped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from msgspec.structs import replace

from datasources.exceptions import GatewayError, SourceRefused, SourceUnavailable
from datasources.scope import Rule, Scope, Signal

from .concurrency import together

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

MAX_MERGED = 50
"""Scopes in one request: the expression stays far below every source's limit of length."""


class Labelled(Protocol):
    """A record that the source gave with labels: a series, or a series' exemplars."""

    @property
    def labels(self) -> dict[str, str]:
        """What it is told apart by."""


R = TypeVar("R", bound=Labelled)
Ask = Callable[[Scope, tuple[str, ...]], Awaitable[Sequence[R]]]
"""Asks one question for a scope; the answer is grouped by these labels, too, so that it can be split by them."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[K]):
    """One upstream request. `labels` are those that tell the keys' parts apart, none where one scope stands alone."""

    scope: Scope
    labels: tuple[str, ...]
    keys: dict[tuple[str, ...], list[K]]
    """The values of `labels`, and who asked for what bears them."""

    def split(self, found: Sequence[R], keep: Sequence[str] = ()) -> dict[K, list[R]]:
        """Each key's own series, without the labels that were only there to tell them apart.

        A series that bears other values is nobody's: where scopes have several labels, a merged request covers
        combinations that belong to no project.
        """
        if not self.labels:
            return {key: list(found) for keys in self.keys.values() for key in keys}
        parts: dict[K, list[R]] = {key: [] for keys in self.keys.values() for key in keys}
        drop = set(self.labels).difference(keep)
        for series in found:
            for key in self.keys.get(tuple(series.labels.get(label, "") for label in self.labels), ()):
                labels = {name: value for name, value in series.labels.items() if name not in drop}
                parts[key].append(replace(series, labels=labels))  # type: ignore[type-var]  # records are structs
        return parts


def plan(scopes: Sequence[tuple[K, Scope]], signal: Signal) -> list[Plan[K]]:
    """As few requests as the scopes allow: those with the same tenant and labels, each of one value, are asked at once."""
    alike: dict[object, dict[tuple[str, ...], list[tuple[K, Scope]]]] = defaultdict(lambda: defaultdict(list))
    for key, scope in scopes:
        rules = scope.rules_for(signal)
        if all(len(rule.values) == 1 for rule in rules):
            values = tuple(rule.values[0] for rule in rules)
            alike[scope.tenant, tuple(rule.label for rule in rules)][values].append((key, scope))
        else:
            alike[scope.tenant, rules][()].append((key, scope))
    return [_plan(part, signal) for found in alike.values() for part in _chunks(list(found.items()))]


async def ask_merged(
    scopes: Sequence[tuple[K, Scope]], signal: Signal, ask: Ask[R], *, keep: Sequence[str] = ()
) -> dict[K, list[R] | Exception]:
    """The answer to one question for every key, or what went wrong with the request that it was part of.

    `keep` names labels that stay in the answer even where they tell the keys apart.
    """
    plans = plan(scopes, signal)
    answers: dict[K, list[R] | Exception] = {}
    for part in await together(*(_outcome(each, ask, keep) for each in plans)):
        answers.update(part)
    return answers


async def _outcome(each: Plan[K], ask: Ask[R], keep: Sequence[str]) -> dict[K, list[R] | Exception]:
    try:
        found = await ask(each.scope, each.labels)
    except GatewayError as error:
        fault = _for_all(error) if each.labels else error
        return {key: fault for keys in each.keys.values() for key in keys}
    return dict(each.split(found, keep))


def _for_all(error: GatewayError) -> GatewayError:
    """A source's own words about a merged request may speak of several projects: nobody is shown them."""
    if not isinstance(error, SourceRefused):
        return error
    return SourceUnavailable(f"{error.source}: it refused the gateway's own question", source=error.source)


def _plan(part: list[tuple[tuple[str, ...], list[tuple[K, Scope]]]], signal: Signal) -> Plan[K]:
    keys = {values: [key for key, _ in asked] for values, asked in part}
    first = part[0][1][0][1]
    if len(part) == 1:
        return Plan(first, (), keys)
    labels = tuple(rule.label for rule in first.rules_for(signal))
    rules = tuple(Rule(label, tuple(dict.fromkeys(values[at] for values in keys))) for at, label in enumerate(labels))
    projects = frozenset[str]().union(*(scope.projects for _, asked in part for _, scope in asked))
    return Plan(Scope(projects, rules, first.tenant), labels, keys)


def _chunks(found: list[T]) -> list[list[T]]:
    return [found[at : at + MAX_MERGED] for at in range(0, len(found), MAX_MERGED)]
