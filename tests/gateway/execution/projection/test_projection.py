"""What is projected, what is not, and what a second request finds."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from graphql import execute_sync, parse

from gateway.execution.projection import generator
from gateway.execution.projection.executor import ProjectingExecutor

from .corpus import SCHEMA, Corpus


def _completed_by_core(query: str, **variables: Any) -> list[str]:
    """The types of the values that graphql-core completed."""
    seen: list[str] = []
    parent: Any = ProjectingExecutor.__mro__[1]
    stock = parent.complete_value

    def spy(self: Any, return_type: Any, *rest: Any) -> Any:
        seen.append(str(return_type))
        return stock(self, return_type, *rest)

    with patch.object(parent, "complete_value", spy):
        items = Corpus(1).items(0)
        result = execute_sync(SCHEMA, parse(query), items, variable_values=variables, executor_class=ProjectingExecutor)
    assert result.errors is None
    return seen


@pytest.mark.parametrize(
    "query",
    [
        "{ items { id n s } }",
        "{ items { ...F labels { name } } } fragment F on Item { leaf { x } c d j tags nums matrix }",
        "query ($t: Boolean! = true) { items { a: n @include(if: $t) b @skip(if: $t) __typename } }",
    ],
)
def test_a_list_of_plain_records_never_reaches_graphql_core(query: str) -> None:
    assert _completed_by_core(query) == []


def test_plain_fields_beside_a_resolver_are_projected_all_the_same() -> None:
    completed = _completed_by_core("{ one { id n s res } }")
    assert completed == ["Item", "Int!", "Int"]


def test_a_selection_is_compiled_once_and_found_again() -> None:
    tree = parse("{ items { id labels { name value } } }")
    with patch.object(generator, "compile", wraps=compile, create=True) as compiled:
        for _ in range(3):
            execute_sync(SCHEMA, tree, Corpus(2).items(0), executor_class=ProjectingExecutor)
    assert compiled.call_count == 1


def test_each_choice_of_included_fields_has_a_function_of_its_own() -> None:
    tree = parse("query ($t: Boolean!) { items { id n @include(if: $t) } }")
    items = Corpus(3).items(0)
    for wanted in (True, False, True):
        result = execute_sync(SCHEMA, tree, items, variable_values={"t": wanted}, executor_class=ProjectingExecutor)
        assert result.data is not None
        assert all(("n" in item) is wanted for item in result.data["items"])
