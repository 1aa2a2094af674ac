"""With sections that come later, too, the projection's data and errors are graphql-core's."""

from __future__ import annotations

import os
from inspect import isawaitable
from typing import Any

import pytest
from graphql import ExecutionResult, experimental_execute_incrementally, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.projection.executor import PLANS, ProjectingExecutor

from .corpus import INCREMENTAL, Corpus
from .test_equality import ADDRESS, RULES

QUERIES = int(os.environ.get("PROJECTION_QUERIES", "1500")) // 5


class Told:
    """What a client knows in the end: which section a value came in does not depend on how fast it was made."""

    def __init__(self) -> None:
        self.first: Any = None
        self.pending: dict[str, tuple[Any, ...]] = {}
        self.data: dict[Any, list[Any]] = {}
        self.completed: list[Any] = []

    def initial(self, result: Any) -> None:
        self.first = (repr(result.data), _errors(result.errors))
        self._announce(getattr(result, "pending", None))

    def subsequent(self, result: Any) -> None:
        self._announce(result.pending)
        for part in result.incremental or ():
            label, path = self.pending[part.id]
            if hasattr(part, "items"):
                self.data.setdefault((label, path), []).append((repr(part.items)[1:-1], _errors(part.errors)))
            else:
                at = repr([*path, *(part.sub_path or ())])
                self.data.setdefault(at, []).append((repr(part.data), _errors(part.errors)))
        for done in result.completed or ():
            self.completed.append((*self.pending[done.id], _errors(done.errors)))

    def _announce(self, pending: Any) -> None:
        for each in pending or ():
            self.pending[each.id] = (each.label, tuple(each.path))

    def all(self) -> Any:
        def joined(parts: list[Any], ordered: bool) -> Any:
            return (
                (
                    ", ".join(items for items, _ in parts if items),
                    [error for _, errors in parts for error in errors],
                )
                if ordered
                else sorted(parts, key=repr)
            )

        data = sorted((repr(key), repr(joined(parts, isinstance(key, tuple)))) for key, parts in self.data.items())
        return self.first, data, sorted(self.completed, key=repr)


def _errors(errors: Any) -> list[str]:
    return sorted(
        ADDRESS.sub("0x", repr((error.message, error.path, [(at.line, at.column) for at in error.locations or ()])))
        for error in errors or ()
    )


async def _run(executor: Any, tree: Any, items: list[Any], variables: dict[str, Any]) -> Any:
    told = Told()
    result: Any = experimental_execute_incrementally(
        INCREMENTAL, tree, items, variable_values=variables, executor_class=executor
    )
    if isawaitable(result):
        result = await result
    if isinstance(result, ExecutionResult):
        told.initial(result)
    else:
        told.initial(result.initial_result)
        async for part in result.subsequent_results:
            told.subsequent(part)
    return told.all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_any_sections_of_any_query_are_what_graphql_core_makes_of_them(seed: int) -> None:
    corpus = Corpus(seed)
    documents = [
        tree
        for tree in (parse(corpus.incremental_query()) for _ in range(QUERIES // 3))
        if not validate(INCREMENTAL, tree, RULES)
    ]
    deferred = failed = 0
    for turn in range(QUERIES):
        tree, variables = corpus.random.choice(documents), corpus.variables()
        faults = corpus.random.choice([0, 0, 0.02, 0.1])
        told = []
        for executor in (StrawberryGraphQLCoreExecutionContext, ProjectingExecutor):
            items = Corpus(seed * QUERIES + turn).items(faults)
            told.append(await _run(executor, tree, items, variables))
        assert told[1] == told[0]
        deferred += bool(told[0][1])
        failed += bool(told[0][0][1])
    assert deferred > QUERIES // 3
    assert failed > QUERIES // 20


async def test_a_deferred_section_is_compiled_once_and_found_again() -> None:
    tree = parse("{ items { id ... @defer { n labels { name } } } ... @defer { one { id leaf { x } } } }")
    items = Corpus(1).items(0)
    for _ in range(2):
        await _run(ProjectingExecutor, tree, items, {})
    plan = PLANS.get(tree.definitions[0], {})
    variant = plan.variant({})
    known = len(variant.kept), len(variant.functions), len(variant.partials)
    for _ in range(5):
        await _run(ProjectingExecutor, tree, items, {})
    assert (len(variant.kept), len(variant.functions), len(variant.partials)) == known
    assert any(function for function, _ in variant.partials.values())
