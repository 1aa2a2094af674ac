"""Which PostgreSQL to use: the one that DATABASE_URL names, or an embedded one in the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .embedded_postgres import EmbeddedPostgres
from .settings import Settings

FOLDER = "postgres"


@contextmanager
def store_url(settings: Settings) -> Iterator[str]:
    """The store's address for as long as the context is open. Call it from the main thread.

    Raises: EmbeddedPostgresError.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with EmbeddedPostgres(Path(settings.data_dir) / FOLDER) as server:
        yield server.dsn()
