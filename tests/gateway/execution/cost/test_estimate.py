"""The cost follows what telemetry costs: points, lines, lookback, traces, and lists within lists."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from uuid import uuid4

import pytest
from graphql import is_object_type

from datasources.records.users import Role
from gateway.execution.cost import Budgets, CostLimit
from gateway.execution.cost.weights import SIZES, WEIGHTS
from gateway.execution.documents import Documents
from gateway.execution.limits import Limits
from gateway.execution.operation import Operation
from gateway.execution.request import GraphQLRequest, Refused
from gateway.execution.selection import select_operation
from resolvers.access import ANONYMOUS, Principal
from schema.roots import schema
from tests.architecture.project import ROOT

SCHEMA = schema._schema
HOUR_NS = 3_600_000_000_000
DOCUMENTS = Documents(SCHEMA, limits=Limits(), size=100)
EXAMPLES = sorted((ROOT / "web/graphiql/examples").glob("*.graphql"))


async def _operation(text, variables=None, principal=ANONYMOUS):
    context = SimpleNamespace(principal=principal, now_ns=1_700_000_000_000_000_000)
    operation = Operation(GraphQLRequest(query=text, variables=variables), context, text=text)
    await DOCUMENTS(operation)
    await select_operation(operation)
    return operation


async def _cost(text, variables=None):
    operation = await _operation(text, variables)
    await CostLimit(SCHEMA, Budgets(anonymous=10**12))(operation)
    return operation.cost.requested


def _in_project(selection):
    given = [f"{name}: {kind}" for name, kind in (("$n", "Int"), ("$r", "TimeRange")) if name in selection]
    variables = f"({', '.join(given)})" if given else ""
    return f'query Q{variables} {{ project(slug: "shop") {{ {selection} }} }}'


@pytest.mark.parametrize(
    ("less", "more", "times"),
    [
        ("logs(first: 100) { nodes { line } }", "logs(first: 5000) { nodes { line } }", 10),
        ('logs(range: {last: "1h"}) { nodes { line } }', 'logs(range: {last: "30d"}) { nodes { line } }', 20),
        (
            'metrics(step: "1m") { series(promql: "up") { series { values } } }',
            'metrics(step: "1s") { series(promql: "up") { series { values } } }',
            30,
        ),
        (
            'metrics { series(promql: "up", limit: 10) { series { values } } }',
            'metrics { series(promql: "up", limit: 1000) { series { values } } }',
            40,
        ),
        ("traces(first: 10) { nodes { id } }", "traces(first: 10) { nodes { trace { durationMs } } }", 4),
        (
            "errors(first: 10) { nodes { title } }",
            "errors(first: 10) { nodes { events(first: 10) { nodes { trace { id } } } } }",
            30,
        ),
        ("dashboard { health }", "dashboard { health metrics { services { name } } }", 3),
    ],
    ids=["lines", "lookback", "points", "series", "traces", "nested lists", "services"],
)
async def test_what_is_more_work_costs_more(less, more, times):
    assert await _cost(_in_project(more)) > times * await _cost(_in_project(less))


async def test_a_variable_costs_as_the_value_would():
    given = await _cost(_in_project("logs(first: $n, range: $r) { nodes { line } }"), {"n": 700, "r": {"last": "6h"}})
    assert given == await _cost(_in_project('logs(first: 700, range: {last: "6h"}) { nodes { line } }'))


async def test_a_default_costs_as_the_value_would():
    assert await _cost(_in_project("logs { nodes { line } }")) == await _cost(
        _in_project('logs(first: 100, range: {last: "1h"}) { nodes { line } }')
    )


async def test_a_range_without_an_end_reaches_to_now():
    open_end = '{from: "2023-11-13T22:13:20Z"}'
    assert await _cost(_in_project(f"logs(range: {open_end}) {{ nodes {{ line }} }}")) == await _cost(
        _in_project('logs(range: {last: "1d"}) { nodes { line } }')
    )


async def test_a_fragment_costs_each_time_it_is_spread():
    once = await _cost("{ a: viewer { id } ...F } fragment F on Query { projects { nodes { name } } }")
    twice = await _cost(
        "{ a: viewer { id } ...F b: viewer { ... on User { id } } c: projects { nodes { name } } }"
        " fragment F on Query { projects { nodes { name } } }"
    )
    assert twice > 1.5 * once


async def test_what_is_skipped_costs_nothing():
    text = 'query Q($all: Boolean!) { project(slug: "a") { name logs @include(if: $all) { nodes { line } } } }'
    assert await _cost(text, {"all": False}) < await _cost(text, {"all": True})


async def test_a_page_of_nothing_costs_its_question():
    assert 0 < await _cost(_in_project("logs(first: -5) { nodes { line } }")) < 30


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_costs_less_than_a_tenth_of_what_anybody_signed_in_may_spend(example):
    assert await _cost(example.read_text("utf-8")) <= Budgets().signed_in / 10


async def test_variables_that_are_wrong_are_left_to_the_execution():
    assert await _cost(_in_project("logs(first: $n) { nodes { line } }"), {"n": "many"}) == 1


async def test_above_its_budget_an_operation_is_refused_with_both_numbers():
    operation = await _operation(_in_project("logs(first: 5000) { nodes { line } }"))
    with pytest.raises(Refused) as refused:
        await CostLimit(SCHEMA, Budgets(anonymous=50))(operation)
    extensions = refused.value.errors[0]["extensions"]
    assert extensions == {"code": "COST_LIMIT", "requested": operation.cost.requested, "limit": 50}


def _principal(*roles, user=True):
    return Principal(uuid4() if user else None, {uuid4(): role for role in roles})


@pytest.mark.parametrize(
    ("principal", "budget"),
    [
        (ANONYMOUS, 1),
        (_principal(Role.VIEWER), 2),
        (_principal(Role.VIEWER, user=False), 3),
        (_principal(Role.VIEWER, Role.ADMIN), 40),
        (_principal(Role.ADMIN, Role.OWNER), 50),
        (_principal(Role.OWNER, user=False), 50),
    ],
    ids=["anonymous", "signed in", "machine", "best role", "better role", "machine with a role"],
)
def test_a_budget_is_that_of_the_best_role(principal, budget):
    by_role = {Role.ADMIN: 40, Role.OWNER: 50}
    assert Budgets(anonymous=1, signed_in=2, machine=3, by_role=by_role).of(principal) == budget


async def test_the_same_variables_are_added_up_once():
    operation = await _operation(_in_project("logs(first: $n) { nodes { line } }"), {"n": 3})
    phase = CostLimit(SCHEMA, Budgets())
    await phase(operation)
    kept = dict(operation.document.costs)
    await phase(dataclasses.replace(operation))
    assert operation.document.costs == kept


def test_every_row_of_the_table_names_a_field_that_is_served():
    served = {f"{name}.{field}" for name, kind in _objects() for field in kind.fields}
    planned = {"Mutation.signUp"}
    assert WEIGHTS.keys() - served <= planned


def test_every_size_that_a_client_may_ask_for_is_one_that_counts():
    sizes = {
        argument
        for _, kind in _objects()
        for field in kind.fields.values()
        for argument, definition in field.args.items()
        if str(definition.type).rstrip("!") == "Int"
    }
    assert sizes <= {*SIZES, "before", "after", "maxPoints"}


def _objects():
    return [(name, kind) for name, kind in SCHEMA.type_map.items() if is_object_type(kind) and name[:2] != "__"]
