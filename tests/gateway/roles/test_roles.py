"""Every field of the entry points and of Project is asked by everybody, and each gets exactly what the table says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from schema.roots import schema
from tests.gateway.roles.table import COLUMNS, EMPTY, PAGE, YES, Row, page, rows
from tests.gateway.roles.things import KINDS, make_things
from tests.gateway.world import Answer, open_gateway
from tests.store_rows import new_call

ROWS = rows()
REFUSALS = ("UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND")


def test_every_field_has_a_row_and_every_row_a_field() -> None:
    types = schema._schema.type_map
    served = {
        f"{kind}.{field}"
        for kind in ("Query", "Mutation", "Subscription", "Project")
        if isinstance(found := types.get(kind), GraphQLObjectType)
        for field in found.fields
    }
    assert {row.name for row in ROWS} == served


def test_the_page_is_the_tables() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.gateway.roles.table > docs/roles.md"


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind != "Subscription"], ids=lambda row: row.name)
async def test_everybody_gets_what_the_table_says(database_url: str, tmp_path: Path, row: Row) -> None:
    found = []
    async with open_gateway(database_url, tmp_path, sign_up="open") as gateway:
        for column in COLUMNS:
            variables, credentials = await make_things(gateway, f"p-{column.lower().replace(' ', '-')}")
            document, used = question(row, variables)
            answer = await gateway.ask(document, used, token=credentials[column])
            found.append(outcome(answer, row))
            await gateway.resources.database.execute("DELETE FROM users", call=new_call())
            await gateway.resources.database.execute("DELETE FROM projects", call=new_call())
    assert dict(zip(COLUMNS, found, strict=True)) == dict(zip(COLUMNS, row.may, strict=True))


def question(row: Row, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The document of a row with the variables that it uses."""
    selection = f"project(slug: $slug) {{ {row.ask} }}" if row.kind == "Project" else row.ask
    used = sorted(set(re.findall(r"\$(\w+)", selection)))
    declared = f"({', '.join(f'${name}: {KINDS[name]}' for name in used)})" if used else ""
    operation = "mutation" if row.kind == "Mutation" else "query"
    return f"{operation}{declared} {{ {selection} }}", {name: variables[name] for name in used}


def outcome(answer: Answer, row: Row) -> str:
    """What became of it. A source that is not configured is a failure that comes after the refusals."""
    codes = set(answer.codes)
    assert "GRAPHQL_VALIDATION_FAILED" not in codes, answer.body
    assert "BAD_USER_INPUT" not in codes, answer.body
    refused = [code for code in REFUSALS if code in codes]
    if refused:
        (code,) = refused
        return code
    if codes:
        assert codes == {"SOURCE_UNAVAILABLE"}, answer.body
        return YES
    (found,) = answer.body["data"].values()
    if row.kind == "Project":
        return EMPTY if found is None else YES
    if isinstance(found, dict) and found.keys() == {"nodes"}:
        found = found["nodes"]
    return EMPTY if found is None or found in ([], [None]) else YES
