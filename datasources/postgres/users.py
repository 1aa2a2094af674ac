"""People, their memberships, their sessions' and their machines' tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from ..calls import Call
from ..exceptions import Conflict
from ..records.users import Membership, Role, User
from .engine import Database, Row

_USER = "id, email, name, created_at"


class UsersRepository:
    """Passwords come and go as the hashes that `gateway/auth` makes; tokens as digests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[User]:
        """The people of these keys, in no order; unknown keys are left out."""
        sql = f"SELECT {_USER} FROM users WHERE id = ANY($1)"
        return [_user(row) for row in await self._database.fetch(sql, list(keys), call=call)]

    async def by_email(self, email: str, *, call: Call) -> User | None:
        """Whoever has this address, whatever its spelling."""
        sql = f"SELECT {_USER} FROM users WHERE email = lower($1)"
        row = await self._database.fetchrow(sql, email, call=call)
        return None if row is None else _user(row)

    async def sign_in_record(self, email: str, *, call: Call) -> tuple[User, str | None] | None:
        """A person who may sign in, and the stored hash; None for an unknown address and for somebody disabled."""
        sql = f"SELECT {_USER}, password_hash FROM users WHERE email = lower($1) AND disabled_at IS NULL"
        row = await self._database.fetchrow(sql, email, call=call)
        return None if row is None else (_user(row), row["password_hash"])

    async def roles_of(self, user_key: UUID, *, call: Call) -> Mapping[UUID, Role] | None:
        """Role by project; None where the person is unknown or disabled."""
        sql = """
            SELECT m.project_id, m.role FROM users u LEFT JOIN memberships m ON m.user_id = u.id
            WHERE u.id = $1 AND u.disabled_at IS NULL
        """
        rows = await self._database.fetch(sql, user_key, call=call)
        if not rows:
            return None
        return {row["project_id"]: Role(row["role"]) for row in rows if row["project_id"] is not None}

    async def memberships(self, user_keys: Sequence[UUID], *, call: Call) -> list[Membership]:
        """All memberships of these people, by the projects' slugs."""
        sql = """
            SELECT m.user_id, m.project_id, m.role, m.since FROM memberships m JOIN projects p ON p.id = m.project_id
            WHERE m.user_id = ANY($1) ORDER BY p.slug
        """
        return [membership(row) for row in await self._database.fetch(sql, list(user_keys), call=call)]

    async def create(self, *, email: str, name: str, password_hash: str | None, call: Call) -> User:
        """A new person. Raises: Conflict where the address is taken."""
        sql = f"INSERT INTO users (email, name, password_hash) VALUES (lower($1), $2, $3) RETURNING {_USER}"
        async with self._database.transaction(call=call) as statements:
            try:
                row = await statements.fetchrow(sql, email, name, password_hash)
            except asyncpg.UniqueViolationError as error:
                raise Conflict("this address is taken") from error
        return _user(row)

    async def set_password(self, user_key: UUID, password_hash: str, *, call: Call) -> bool:
        """Whether there was such a person."""
        sql = "UPDATE users SET password_hash = $2 WHERE id = $1"
        return await self._database.execute(sql, user_key, password_hash, call=call) == 1

    async def set_disabled(self, user_key: UUID, at: datetime | None, *, call: Call) -> bool:
        """Locks a person out from an instant on, or lets them in again; whether there was such a person."""
        return (
            await self._database.execute("UPDATE users SET disabled_at = $2 WHERE id = $1", user_key, at, call=call)
            == 1
        )

    async def api_token_role(self, digest: bytes, now: datetime, *, call: Call) -> tuple[UUID, Role] | None:
        """(project, role) of a machine's token that is neither revoked nor expired."""
        sql = """
            SELECT project_id, role FROM api_tokens
            WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        """
        row = await self._database.fetchrow(sql, digest, now, call=call)
        return None if row is None else (row["project_id"], Role(row["role"]))


def membership(row: Row) -> Membership:
    """A row of memberships as a record."""
    return Membership(row["user_id"], row["project_id"], Role(row["role"]), row["since"])


def _user(row: Row) -> User:
    return User(row["id"], row["email"], row["name"], row["created_at"])
