"""DATABASE_URL as people write it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from datasources.postgres.alembic_runner import create_engine
from datasources.postgres.dsn import driver_dsn, shown_dsn


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a:b@db:5432/x?sslmode=require",
        "postgres://a:b@db:5432/x?sslmode=require",
        "postgresql+asyncpg://a:b@db:5432/x?sslmode=require",
    ],
    ids=["postgresql", "postgres", "with driver"],
)
def test_known_schemes_are_the_same_address(url: str) -> None:
    assert driver_dsn(url) == "postgresql://a:b@db:5432/x?sslmode=require"


@pytest.mark.parametrize("url", ["mysql://db/x", "db/x", ""], ids=["other database", "no scheme", "empty"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        driver_dsn(url)


def test_password_is_not_shown() -> None:
    assert shown_dsn("postgres://ada:secret@db:5432/x") == "postgresql://ada@db:5432/x"


async def test_sqlalchemy_reaches_the_same_socket(database_url: str) -> None:
    engine = create_engine(database_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM users"))).scalar_one() == 0
    await engine.dispose()
