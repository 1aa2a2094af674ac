"""The pool: deadline, ledger, failures, and one more try for a read whose connection was lost."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import (
    BadInput,
    DeadlineExceeded,
    SourceMalformed,
    SourceTimeout,
    SourceUnauthorised,
    SourceUnavailable,
)
from datasources.postgres.engine import Database
from datasources.records.sources import SourceKind, SourceState
from gateway.embedded_postgres import EmbeddedPostgres
from tests.store_rows import new_call

END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def end_connections(url: str) -> None:
    """Ends all connections to the database from outside, as a restart would."""
    connection = await asyncpg.connect(url)
    await connection.execute(END_OTHERS)
    await connection.close()


async def test_statement_is_recorded_in_the_ledger_with_its_projects(database: Database) -> None:
    call = Call(Deadline.after(5), Ledger(), frozenset({"p"}))
    assert await database.fetchval("SELECT 1", call=call) == 1
    (entry,) = call.ledger.entries
    assert (entry.source, entry.kind, entry.cached, entry.error) == ("postgres", SourceKind.POSTGRES, False, None)
    assert entry.projects == {"p"}
    assert call.ledger.in_flight == 0


async def test_jsonb_goes_in_and_out_as_values(database: Database) -> None:
    value = {"a": [1, 2.5, None, "ä"]}
    assert await database.fetchval("SELECT $1::jsonb", value, call=new_call()) == value


async def test_copy_writes_json_columns(database: Database) -> None:
    columns = ("id", "slug", "name", "scope")
    await database.copy(
        "projects", columns, [("00000000-0000-0000-0000-000000000001", "a", "A", {"rules": []})], call=new_call()
    )
    assert await database.fetchval("SELECT scope FROM projects", call=new_call()) == {"rules": []}


async def test_slow_statement_is_a_timeout_and_is_cancelled(database: Database) -> None:
    with pytest.raises(SourceTimeout):
        await database.fetchval("SELECT pg_sleep(60)", call=Call(Deadline.after(0.2), Ledger()))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    for _ in range(100):
        if await database.fetchval(running, call=new_call()) == 0:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the statement went on in the server")


async def test_passed_deadline_asks_nothing(database: Database) -> None:
    call = Call(Deadline(0.0), Ledger())
    with pytest.raises(DeadlineExceeded):
        await database.fetchval("SELECT 1", call=call)
    assert call.ledger.entries == []


async def test_read_survives_a_lost_connection(database: Database, database_url: str) -> None:
    await database.fetchval("SELECT 1", call=new_call())
    await end_connections(database_url)
    assert await database.fetchval("SELECT 2", call=new_call()) == 2


async def test_read_that_is_cut_off_is_asked_once_more(database: Database, database_url: str) -> None:
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(database.fetchval("SELECT pg_sleep(0.3)", call=new_call()))
        await asyncio.sleep(0.1)
        await end_connections(database_url)
    assert reading.exception() is None


async def test_write_that_is_cut_off_is_not_repeated(database: Database, database_url: str) -> None:
    async def write() -> None:
        await database.execute("SELECT pg_sleep(5)", call=new_call())

    writing = asyncio.ensure_future(write())
    await asyncio.sleep(0.2)
    await end_connections(database_url)
    with pytest.raises(SourceUnavailable) as error:
        await writing
    assert error.value.source == "postgres"
    assert database.status().state is SourceState.DOWN


async def test_status_is_up_again_after_a_success(database: Database, database_url: str) -> None:
    with pytest.raises(SourceMalformed, match="run `python -m gateway migrate`"):
        await database.fetch("SELECT * FROM no_such_table", call=new_call())
    assert database.status().state is SourceState.DOWN
    assert (await database.check(new_call())) == database.status().version
    status = database.status()
    assert status.state is SourceState.UP
    assert status.last_error is not None
    assert status.latency_p99_ms is not None


async def test_transaction_is_all_or_nothing(database: Database) -> None:
    insert = "INSERT INTO users (email, name) VALUES ($1, 'Ada')"
    with pytest.raises(RuntimeError):
        async with database.transaction(call=new_call()) as statements:
            await statements.execute(insert, "ada@example.com")
            raise RuntimeError
    assert await database.fetchval("SELECT count(*) FROM users", call=new_call()) == 0


async def test_violated_constraint_comes_through_and_counts_as_an_answer(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute("INSERT INTO users (email, name) VALUES ('A@b', 'Ada')", call=new_call())
    assert database.status().state is SourceState.UP


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"], ids=["NUL", "half a surrogate pair"])
async def test_text_that_cannot_be_stored_is_bad_input(database: Database, text: str) -> None:
    with pytest.raises(BadInput):
        await database.fetch("SELECT FROM users WHERE email = $1", text, call=new_call())


async def test_unknown_database_says_that_the_operator_has_to_mend_it(postgres_server: EmbeddedPostgres) -> None:
    with pytest.raises(SourceUnauthorised):
        async with Database.open(postgres_server.dsn("no_such_database")):
            pytest.fail("opened a database that does not exist")


async def test_unreachable_server_is_unavailable(tmp_path) -> None:
    with pytest.raises(SourceUnavailable):
        async with Database.open(f"postgresql://gateway@/postgres?host={tmp_path}"):
            pytest.fail("reached a server that does not exist")


async def test_failure_does_not_show_the_address(tmp_path) -> None:
    with pytest.raises(SourceUnavailable) as error:
        async with Database.open(f"postgresql://gateway:secret@/postgres?host={tmp_path}"):
            pytest.fail("reached a server that does not exist")
    assert "secret" not in error.value.message
    assert str(tmp_path) not in error.value.message
