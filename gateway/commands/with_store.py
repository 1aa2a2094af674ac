"""What the operator's commands share: the store, and secrets that never stand on a command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import typer

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import BadInput, NotFound
from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.projects import Project
from datasources.records.time import parse_duration
from datasources.records.users import User

from ..settings import Settings, load_settings
from ..store import store_url
from .serve import prepare_store

TIMEOUT_S = 30.0
T = TypeVar("T")


class Store:
    """The repositories, and the two look-ups that every command begins with."""

    def __init__(self, repositories: Repositories, settings: Settings) -> None:
        self.repositories = repositories
        self.settings = settings
        self.call = Call(Deadline.after(TIMEOUT_S), Ledger())

    async def user(self, email: str) -> User:
        """Whoever has this address. Raises: NotFound."""
        found = await self.repositories.users.by_email(email.strip(), call=self.call)
        if found is None:
            raise NotFound(f"nobody has an account with the address {email}")
        return found

    async def project(self, slug: str) -> Project:
        """The project of this slug. Raises: NotFound."""
        found = await self.repositories.projects.by_slug(slug, call=self.call)
        if found is None:
            raise NotFound(f"there is no project {slug}")
        return found


def with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Runs a command on the store that the settings name, or on the embedded one, whether a gateway runs on it or not."""
    settings = load_settings()
    with store_url(settings) as url:
        prepare_store(settings, url)
        return asyncio.run(_run(work, settings, url))


async def _run(work: Callable[[Store], Awaitable[T]], settings: Settings, url: str) -> T:
    async with Database.open(url, pool_size=2, timeout_s=TIMEOUT_S) as database:
        return await work(Store(Repositories.of(database), settings))


def read_password() -> str:
    """From a prompt, twice, or one line of standard input where there is no terminal. Raises: BadInput for none."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise BadInput("give the password on standard input, or run this at a terminal")
    return line


def lifetime_of(text: str | None) -> timedelta | None:
    """From `90d` and the like; None for none. Raises: BadInput."""
    if text is None:
        return None
    try:
        found = timedelta(microseconds=parse_duration(text) // 1000)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{text!r}: {error}") from None
    if found <= timedelta():
        raise BadInput("a lifetime is longer than 0s")
    return found
