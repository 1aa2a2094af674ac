"""The projection's data and errors are graphql-core's, whatever the query and whatever the values."""

from __future__ import annotations

import asyncio
import os
import re
from inspect import isawaitable
from typing import Any

import pytest
from graphql import ExecutionResult, execute, parse, specified_rules, validate
from graphql.validation import NoUnusedFragmentsRule, NoUnusedVariablesRule
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.projection.executor import ProjectingExecutor

from .corpus import SCHEMA, Corpus

RULES = [rule for rule in specified_rules if rule not in (NoUnusedFragmentsRule, NoUnusedVariablesRule)]
QUERIES = int(os.environ.get("PROJECTION_QUERIES", "1500"))
SEEDS = range(4)
ADDRESS = re.compile(r"0x[0-9a-f]+")


def _told(result: ExecutionResult) -> tuple[str, list[str]]:
    errors = [
        ADDRESS.sub("0x", repr((error.message, error.path, [(at.line, at.column) for at in error.locations or ()])))
        for error in result.errors or ()
    ]
    return repr(result.data), sorted(errors)


async def _run(executor: Any, tree: Any, items: list[Any], variables: dict[str, Any]) -> tuple[str, list[str]]:
    result = execute(SCHEMA, tree, items, variable_values=variables, executor_class=executor)
    return _told(await result if isawaitable(result) else result)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_any_query_over_any_values_gives_what_graphql_core_gives(seed: int) -> None:
    corpus = Corpus(seed)
    documents = [
        tree for tree in (parse(corpus.query()) for _ in range(QUERIES // 6)) if not validate(SCHEMA, tree, RULES)
    ]
    failed = 0
    for turn in range(QUERIES):
        tree, variables = corpus.random.choice(documents), corpus.variables()
        faults = corpus.random.choice([0, 0, 0.02, 0.1, 0.3])
        told = []
        for executor in (StrawberryGraphQLCoreExecutionContext, ProjectingExecutor):
            items = Corpus(seed * QUERIES + turn).items(faults)
            told.append(await _run(executor, tree, items, variables))
        assert told[1] == told[0]
        failed += bool(told[0][1])
        await asyncio.sleep(0)
    assert failed > QUERIES // 10, "the values were too good to say anything of errors"
