"""DATABASE_URL as people write it, as the driver takes it."""

from __future__ import annotations

from urllib.parse import urlsplit

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")


def driver_dsn(database_url: str) -> str:
    """The address as asyncpg takes it; a Unix socket is written as `postgresql://user@/database?host=/folder`.

    Raises: ValueError for another scheme.
    """
    scheme, separator, rest = database_url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ValueError("the database's address must begin with postgresql://")
    return f"postgresql://{rest}"


def shown_dsn(database_url: str) -> str:
    """The address without its password, for messages."""
    parts = urlsplit(driver_dsn(database_url))
    account, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{account.partition(':')[0]}{at}{host}").geturl()
