"""What can go wrong with PostgreSQL, as the errors that may cross a layer."""

from __future__ import annotations

import asyncpg

from ..exceptions import (
    SourceError,
    SourceMalformed,
    SourceTimeout,
    SourceUnauthorised,
    SourceUnavailable,
)

NAME = "postgres"

LOST: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,
)
"""No connection, or one that broke: asking again on a new one may help."""

_KINDS: tuple[tuple[tuple[type[BaseException], ...], type[SourceError], str], ...] = (
    ((TimeoutError, asyncpg.QueryCanceledError), SourceTimeout, "no answer in time"),
    (LOST, SourceUnavailable, "no connection"),
    (
        (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.InsufficientPrivilegeError,
        ),
        SourceUnauthorised,
        "it rejects the gateway's account or database",
    ),
    (
        (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError),
        SourceMalformed,
        "its tables are not of this version: run `python -m gateway migrate`",
    ),
    (
        (
            asyncpg.InsufficientResourcesError,
            asyncpg.ObjectNotInPrerequisiteStateError,
            asyncpg.TransactionRollbackError,
            asyncpg.InterfaceError,
        ),
        SourceUnavailable,
        "it cannot do this now",
    ),
    ((asyncpg.PostgresError,), SourceMalformed, "it did not take the statement"),
)

FAILURES: tuple[type[BaseException], ...] = tuple(kind for kinds, _, _ in _KINDS for kind in kinds)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is what failed. An InterfaceError tells by its text only; a timeout is an OSError and none."""
    if isinstance(error, TimeoutError):
        return False
    return isinstance(error, LOST) or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error))


def is_bad_value(error: BaseException) -> bool:
    """Whether a value is what failed: a NUL in a text, half of a surrogate pair, a number that is too large."""
    return isinstance(error, asyncpg.DataError)


def to_source_error(error: BaseException, *, took_ms: float) -> SourceError:
    """The source error for a failure of the driver. The driver's own words stay in `__cause__`: they may quote data."""
    for kinds, made, message in _KINDS:
        if isinstance(error, kinds):
            return made(f"{NAME}: {message}", source=NAME, took_ms=took_ms)
    return SourceUnavailable(f"{NAME}: it failed", source=NAME, took_ms=took_ms)
