"""People, their memberships, their sessions' and their machines' tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from ..calls import Call
from ..exceptions import Conflict
from ..records.users import Membership, Role, User
from .engine import Database, Row, Statements

_USER = "id, email, name, created_at"
ROLES = """
    SELECT user_id, project_id, role FROM memberships UNION ALL
    SELECT o.user_id, p.id, o.role FROM memberships o JOIN projects p ON p.within_id = o.project_id
    WHERE o.role = 'OWNER' AND p.deleted_at IS NULL
"""
"""Who has which role where: members, and the owners of the project that another one lies within."""


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

    async def roles_of(
        self, user_key: UUID, session_key: UUID | None = None, *, call: Call
    ) -> Mapping[UUID, Role] | None:
        """Role by project; None where the person is unknown or disabled, or the session has ended.

        An owner of a project is an owner of those that people made within it, too.
        """
        sql = f"""
            SELECT m.project_id, m.role FROM users u LEFT JOIN ({ROLES}) m ON m.user_id = u.id
            WHERE u.id = $1 AND u.disabled_at IS NULL AND ($2::uuid IS NULL OR EXISTS (
                SELECT FROM refresh_families f WHERE f.id = $2 AND f.user_id = u.id AND f.revoked_at IS NULL
            ))
        """
        rows = await self._database.fetch(sql, user_key, session_key, call=call)
        return highest_roles(rows) if rows else None

    async def memberships(self, user_keys: Sequence[UUID], *, call: Call) -> list[Membership]:
        """All memberships of these people, by the projects' slugs."""
        sql = """
            SELECT m.user_id, m.project_id, m.role, m.since FROM memberships m JOIN projects p ON p.id = m.project_id
            WHERE m.user_id = ANY($1) ORDER BY p.slug
        """
        return [membership(row) for row in await self._database.fetch(sql, list(user_keys), call=call)]

    async def create(
        self, *, email: str, name: str, password_hash: str | None, verified: bool = False, call: Call
    ) -> User:
        """A new person; `verified` where somebody vouches for the address. Raises: Conflict where the address is taken."""
        async with self._database.transaction(call=call) as statements:
            return await insert_user(statements, email, name, password_hash, verified=verified)

    async def stored_password(self, user_key: UUID, *, call: Call) -> str | None:
        """The stored hash; None where there is none."""
        stored: str | None = await self._database.fetchval(
            "SELECT password_hash FROM users WHERE id = $1 AND disabled_at IS NULL", user_key, call=call
        )
        return stored

    async def set_password(self, user_key: UUID, password_hash: str, *, call: Call) -> bool:
        """Whether there was such a person."""
        sql = "UPDATE users SET password_hash = $2 WHERE id = $1"
        return await self._database.execute(sql, user_key, password_hash, call=call) == 1

    async def set_profile(self, user_key: UUID, *, name: str | None, email: str | None, call: Call) -> User | None:
        """The person with what is not None changed; a new address is one that nobody vouches for.

        Raises: Conflict where the address is taken.
        """
        sql = f"""
            UPDATE users SET name = coalesce($2, name), email = coalesce(lower($3), email),
                email_verified_at = CASE WHEN $3 IS NULL OR lower($3) = email THEN email_verified_at END
            WHERE id = $1 RETURNING {_USER}
        """
        async with self._database.transaction(call=call) as statements:
            try:
                row = await statements.fetchrow(sql, user_key, name, email)
            except asyncpg.UniqueViolationError as error:
                raise Conflict("this address is taken") from error
        return None if row is None else _user(row)

    async def set_disabled(self, user_key: UUID, at: datetime | None, *, call: Call) -> bool:
        """Locks a person out from an instant on, or lets them in again; whether there was such a person."""
        return (
            await self._database.execute("UPDATE users SET disabled_at = $2 WHERE id = $1", user_key, at, call=call)
            == 1
        )


async def insert_user(
    statements: Statements, email: str, name: str, password_hash: str | None, *, verified: bool
) -> User:
    """A new person, within a transaction. Raises: Conflict where the address is taken."""
    sql = f"""
        INSERT INTO users (email, name, password_hash, email_verified_at)
        VALUES (lower($1), $2, $3, CASE WHEN $4 THEN now() END) RETURNING {_USER}
    """
    try:
        return _user(await statements.fetchrow(sql, email, name, password_hash, verified))
    except asyncpg.UniqueViolationError as error:
        raise Conflict("this address is taken") from error


def highest_roles(rows: Sequence[Row]) -> dict[UUID, Role]:
    """The highest role of each project in rows of (project_id, role)."""
    found: dict[UUID, Role] = {}
    for row in rows:
        key = row["project_id"]
        if key is not None:
            role = Role(row["role"])
            found[key] = role if key not in found or role.covers(found[key]) else found[key]
    return found


def membership(row: Row) -> Membership:
    """A row of memberships as a record."""
    return Membership(row["user_id"], row["project_id"], Role(row["role"]), row["since"])


def _user(row: Row) -> User:
    return User(row["id"], row["email"], row["name"], row["created_at"])
