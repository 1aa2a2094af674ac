"""The pool: statements within a request's deadline, remembered in its ledger, with failures as source errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from ..calls import Call, Deadline, Ledger, LedgerEntry
from ..exceptions import BadInput, SourceError
from ..latency import LatencyWindow
from ..records.sources import Source, SourceKind, SourceState
from .dsn import driver_dsn
from .failures import FAILURES, NAME, is_bad_value, is_lost, to_source_error

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

T = TypeVar("T")
Row: TypeAlias = Any
"""An asyncpg.Record: columns by name."""

RETRY_PAUSE_S = 0.05
_encode_json = msgspec.json.Encoder(decimal_format="number").encode


class Statements:
    """What can be asked on one connection; the statements' failures are the driver's, mapped by whoever lent it."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        """All rows."""
        return await self._connection.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        """The first row."""
        return await self._connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        """The first row's first column; None without a row."""
        return await self._connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> int:
        """How many rows were touched."""
        status = await self._connection.execute(sql, *arguments)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def executemany(self, sql: str, arguments: Iterable[Sequence[object]]) -> None:
        """One statement for many arguments, all or none."""
        await self._connection.executemany(sql, arguments)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """COPY: the fastest way in."""
        await self._connection.copy_records_to_table(table, columns=list(columns), records=rows)


class Database:
    """A pool of connections. `fetch`, `fetchrow` and `fetchval` are for reads: where the connection is lost, they ask
    once more. What writes goes through `execute`, `executemany`, `copy` or `transaction` and is never repeated.

    Every method raises DeadlineExceeded, SourceTimeout, SourceUnavailable (no connection), SourceUnauthorised,
    SourceMalformed (tables of another version), BadInput for a text or number that PostgreSQL cannot hold; it lets a
    violated constraint through for the repository to name.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._timeout_s, self._clock, self._now = pool, timeout_s, clock, now
        self._latency = LatencyWindow(clock)
        self._version: str | None = None
        self._is_failing = False
        self._last_error: str | None = None
        self._checked_at: datetime | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database_url: str, *, pool_size: int = 10, timeout_s: float = 5.0, min_size: int = 0
    ) -> AsyncIterator[Database]:
        """The pool, closed at the end. Raises: SourceError where the database cannot be reached."""
        pool = asyncpg.create_pool(
            driver_dsn(database_url),
            min_size=min_size,
            max_size=pool_size,
            timeout=timeout_s,
            init=_prepare,
            server_settings={"application_name": "gateway", "timezone": "UTC"},
        )
        async with pool:
            database = cls(pool, timeout_s=timeout_s)
            await database.check(Call(Deadline.after(timeout_s), Ledger()))
            yield database

    async def fetch(self, sql: str, *arguments: object, call: Call) -> list[Row]:
        """All rows of a read."""
        return await self._run(lambda statements: statements.fetch(sql, *arguments), call=call, retry=True)

    async def fetchrow(self, sql: str, *arguments: object, call: Call) -> Row | None:
        """The first row of a read."""
        return await self._run(lambda statements: statements.fetchrow(sql, *arguments), call=call, retry=True)

    async def fetchval(self, sql: str, *arguments: object, call: Call) -> Any:
        """One value of a read."""
        return await self._run(lambda statements: statements.fetchval(sql, *arguments), call=call, retry=True)

    async def execute(self, sql: str, *arguments: object, call: Call) -> int:
        """How many rows a write touched."""
        return await self._run(lambda statements: statements.execute(sql, *arguments), call=call)

    async def executemany(self, sql: str, arguments: Iterable[Sequence[object]], *, call: Call) -> None:
        """One write for many arguments, all or none."""
        await self._run(lambda statements: statements.executemany(sql, arguments), call=call)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, call: Call) -> None:
        """COPY of rows into a table, all or none."""
        await self._run(lambda statements: statements.copy(table, columns, rows), call=call)

    @asynccontextmanager
    async def transaction(self, *, call: Call) -> AsyncIterator[Statements]:
        """Statements that are committed together at the end, or not at all."""
        with self._accounted(call) as limit_s:
            async with (
                asyncio.timeout(limit_s),
                self._pool.acquire(timeout=limit_s) as connection,
                connection.transaction(),
            ):
                yield Statements(connection)

    async def check(self, call: Call) -> str | None:
        """The server's version. Raises: SourceError."""
        told = await self.fetchval("SHOW server_version", call=call)
        self._version = str(told).split()[0]
        return self._version

    def status(self) -> Source:
        """How the database does, from what was seen of it; nothing is asked now."""
        quantiles = self._latency.quantiles(0.5, 0.99)
        return Source(
            name=NAME,
            kind=SourceKind.POSTGRES,
            state=SourceState.DOWN if self._is_failing else SourceState.UP,
            version=self._version,
            latency_p50_ms=quantiles[0] if quantiles else None,
            latency_p99_ms=quantiles[1] if quantiles else None,
            last_error=self._last_error,
            checked_at=self._checked_at,
        )

    async def _run(self, work: Callable[[Statements], Awaitable[T]], *, call: Call, retry: bool = False) -> T:
        with self._accounted(call) as limit_s:
            async with asyncio.timeout(limit_s):
                try:
                    return await self._attempt(work, limit_s)
                except FAILURES as error:
                    if not retry or not is_lost(error):
                        raise
                await self._pool.expire_connections()
                await asyncio.sleep(RETRY_PAUSE_S)
                return await self._attempt(work, limit_s)

    async def _attempt(self, work: Callable[[Statements], Awaitable[T]], limit_s: float) -> T:
        async with self._pool.acquire(timeout=limit_s) as connection:
            return await work(Statements(connection))

    def _accounted(self, call: Call) -> _Account:
        return _Account(self, call)

    def _settle(self, call: Call, took_ms: float, error: str | None) -> None:
        self._checked_at = self._now()
        self._is_failing = error is not None
        self._last_error = error or self._last_error
        self._latency.record(took_ms)
        call.ledger.record(LedgerEntry(NAME, SourceKind.POSTGRES, took_ms, False, error, call.projects))


class _Account:
    """One statement or transaction: its time limit, its entry in the ledger, its failure as a source error."""

    __slots__ = ("_call", "_database", "_started")

    def __init__(self, database: Database, call: Call) -> None:
        self._database, self._call = database, call

    def __enter__(self) -> float:
        limit_s = self._call.deadline.remaining_s(cap_s=self._database._timeout_s)
        self._started = self._database._clock()
        self._call.ledger.in_flight += 1
        return limit_s

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._call.ledger.in_flight -= 1
        if isinstance(error, asyncio.CancelledError):
            return
        took_ms = (self._database._clock() - self._started) * 1000
        if error is not None and is_bad_value(error):
            self._database._settle(self._call, took_ms, None)
            raise BadInput("a text or number in this request is none that can be stored or compared") from error
        if error is None or not _is_failure(error):
            self._database._settle(self._call, took_ms, None)
            return
        failure = to_source_error(error, took_ms=took_ms)
        self._database._settle(self._call, took_ms, failure.message)
        raise failure from error


def _is_failure(error: BaseException) -> bool:
    """A violated constraint is an answer; and what is already ours stays as it is."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | SourceError):
        return False
    return isinstance(error, FAILURES)


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """jsonb goes in and comes out as Python values, in the binary form that COPY needs: a version byte and the text."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + _encode_json(value),
        decoder=lambda stored: msgspec.json.decode(stored[1:]),
        format="binary",
    )
