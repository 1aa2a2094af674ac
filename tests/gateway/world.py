"""A whole gateway on a database of its own, asked over HTTP without a socket, and people who ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from datasources.postgres.repositories import Repositories
from datasources.records.projects import Project
from datasources.records.users import Role, User
from datasources.scope import Rule
from gateway.app import create_app
from gateway.resources import Resources, open_resources
from gateway.settings import Loki, Oidc, Prometheus, Settings, Tempo
from tests.store_rows import new_call

PASSWORD = "correct horse battery"
_numbers = count(1)


@dataclass
class Answer:
    """What came back."""

    response: httpx.Response
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, in order."""
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]

    @property
    def error(self) -> dict[str, Any]:
        """Its only error."""
        (found,) = self.body["errors"]
        return dict(found)


@dataclass
class Person:
    """Somebody with an account and an access token."""

    user: User
    token: str

    @property
    def id(self) -> str:
        """The global id."""
        return self.user.id


class Gateway:
    """Asks, and makes people and projects by the back door."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.app = create_app(resources)

    @property
    def repositories(self) -> Repositories:
        """The store."""
        return self.resources.repositories

    def client(self, address: str = "10.0.0.1") -> httpx.AsyncClient:
        """A client at an address."""
        transport = httpx.ASGITransport(self.app, client=(address, 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://gateway.test")

    async def ask(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        address: str = "10.0.0.1",
    ) -> Answer:
        """One GraphQL request."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with self.client(address) as client:
            response = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return Answer(response, response.json())

    async def person(self, name: str = "Ada", *, password: str | None = None, verified: bool = False) -> Person:
        """An account and a session of it."""
        hashed = await self.resources.credentials.hash_password(password) if password else None
        user = await self.repositories.users.create(
            email=f"{name.lower()}{next(_numbers)}@example.com",
            name=name,
            password_hash=hashed,
            verified=verified,
            call=new_call(),
        )
        return Person(user, await self.token_of(user))

    async def token_of(self, user: User) -> str:
        """An access token of a new session."""
        _, digest = self.resources.credentials.new_secret("gwr_")
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        session = await self.repositories.sessions.begin(user.key, digest, expires_at=expires_at, call=new_call())
        return self.resources.credentials.issue_access_token(user.key, session)[0]

    async def project(self, slug: str = "shop", *rules: Rule, tenant: str | None = None, **members: Person) -> Project:
        """A project that an operator made; `owner=`, `admin=`, `member=`, `viewer=` name who belongs to it."""
        project = await self.repositories.projects.create(
            slug=slug,
            name=slug.title(),
            rules=rules or (Rule("service_namespace", (slug,)),),
            tenant=tenant,
            call=new_call(),
        )
        for word, person in members.items():
            await self.repositories.projects.set_member(
                project.key, person.user.key, Role[word.upper()], call=new_call()
            )
        return project


@asynccontextmanager
async def open_gateway(database_url: str, data_dir: Path, **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway with these settings and nothing of the environment."""
    given: dict[str, Any] = {"prometheus": Prometheus(), "loki": Loki(), "tempo": Tempo(), "oidc": Oidc(), **settings}
    async with open_resources(Settings(data_dir=data_dir, **given), database_url) as resources:
        yield Gateway(resources)
