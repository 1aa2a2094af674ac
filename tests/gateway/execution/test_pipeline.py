"""From a request to its answer, on a tiny schema."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry

from datasources.exceptions import SourceUnavailable
from gateway.execution.caller import Caller
from gateway.execution.cost import Budgets, CostLimit
from gateway.execution.documents import Documents
from gateway.execution.limits import Limits
from gateway.execution.pipeline import Pipeline
from gateway.execution.request import GraphQLAnswer, GraphQLRequest, RequestFault, parse_request
from gateway.execution.selection import select_operation
from gateway.execution.trusted import TrustedDocuments
from tests.gateway import tiny


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def broken(self) -> str | None:
        raise SourceUnavailable("no connection", source="tempo")

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)._schema


def _pipeline(**options: Any) -> Pipeline:
    documents = Documents(SCHEMA, limits=Limits(tokens=100), size=10, **options)
    return Pipeline(SCHEMA, [TrustedDocuments(), documents, select_operation, CostLimit(SCHEMA, Budgets())])


async def _answer(query: str, seconds: float = 5.0, **request: Any) -> GraphQLAnswer:
    return await _pipeline().answer(GraphQLRequest(query=query, **request), tiny.context(seconds=seconds))


async def test_a_query_is_answered() -> None:
    answer = await _answer("query Q($n: String!) { hello(name: $n) }", variables={"n": "you"})
    assert answer.body() == {"data": {"hello": "hello you"}}


async def test_a_field_that_fails_leaves_the_others_whole() -> None:
    body = (await _answer("{ hello broken }")).body()
    assert body["data"] == {"hello": "hello world", "broken": None}
    assert body["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"


@pytest.mark.parametrize(
    ("query", "request_", "code"),
    [
        ("{ hello", {}, "PARSING_ERROR"),
        ("{ hello {} }", {}, "PARSING_ERROR"),
        ("{ " + "hello " * 200 + "}", {}, "MAX_TOKENS_LIMIT"),
        ("{ " + "hello " * 50 + "}", {}, "MAX_ROOT_FIELDS_LIMIT"),
        ("{ ...F } fragment F on Query { ...F }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", {}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ("query A { hello }", {"operation_name": "C"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ("query Q($n: String!) { hello(name: $n) }", {}, "BAD_USER_INPUT"),
        ("query Q($n: String!) { hello(name: $n) }", {"variables": {"n": 5}}, "BAD_USER_INPUT"),
    ],
)
async def test_a_request_that_cannot_be_executed_has_errors_and_no_data(
    query: str, request_: dict[str, Any], code: str
) -> None:
    body = (await _answer(query, **request_)).body()
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == code


async def test_a_subscription_is_told_which_transports_carry_it() -> None:
    with pytest.raises(RequestFault, match=r"graphql-transport-ws.*text/event-stream"):
        await _answer("subscription { ticks }")


async def test_the_cost_is_told_where_it_is_asked_for() -> None:
    caller = Caller(wants_cost=True)
    answer = await _pipeline().answer(GraphQLRequest(query="{ hello }"), tiny.context(), caller)
    assert answer.body()["extensions"] == {"cost": {"requested": 1, "limit": 1000}}


async def test_a_mutation_does_not_travel_by_get() -> None:
    with pytest.raises(RequestFault) as refused:
        await _answer("mutation { change }", read_only=True)
    assert refused.value.status == 405


async def test_past_its_deadline_a_request_is_given_up() -> None:
    body = (await _answer("{ slow }", seconds=-0.4)).body()
    assert body["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"


async def test_without_introspection_neither_the_schema_nor_a_suggestion_is_told() -> None:
    pipeline = _pipeline(introspection=False)
    for query in ("{ __schema { types { name } } }", "{ helo }"):
        body = (await pipeline.answer(GraphQLRequest(query=query), tiny.context())).body()
        assert "hello" not in str(body)
        assert "data" not in body


def test_a_document_is_read_once_and_the_least_used_goes_first() -> None:
    documents = Documents(SCHEMA, limits=Limits(), size=2)
    first = documents.get("{ hello }")
    assert documents.get("{ hello }") is first
    documents.get("{ broken }")
    documents.get("{ slow }")
    assert documents.get("{ hello }") is not first


@pytest.mark.parametrize(
    "body",
    [
        5,
        "x",
        None,
        [],
        {},
        {"query": 5},
        {"query": " "},
        {"query": "{a}", "variables": []},
        {"query": "{a}", "operationName": 1},
    ],
)
def test_a_body_that_is_no_request_is_refused(body: object) -> None:
    with pytest.raises(RequestFault) as refused:
        parse_request(body)
    assert refused.value.status == 400
