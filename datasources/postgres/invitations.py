"""Invitations: what lets one address sign up, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ..calls import Call
from ..records.users import Role, User
from .engine import Database
from .users import insert_user


class InvitationsRepository:
    """Codes come as digests only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        digest: bytes,
        *,
        email: str,
        project_key: UUID | None = None,
        role: Role | None = None,
        expires_at: datetime,
        call: Call,
    ) -> None:
        """An invitation for an address, into a project if one is given."""
        sql = """
            INSERT INTO invitations (digest, email, project_id, role, expires_at) VALUES ($1, lower($2), $3, $4, $5)
        """
        await self._database.execute(sql, digest, email, project_key, role, expires_at, call=call)

    async def accept(
        self, digest: bytes, *, email: str, name: str, password_hash: str, now: datetime, call: Call
    ) -> User | None:
        """The person who signs up with it; None where it is no living invitation of this address.

        Raises: Conflict where the address is taken; the invitation is not used up then.
        """
        sql = """
            UPDATE invitations SET used_at = $3
            WHERE digest = $1 AND email = lower($2) AND used_at IS NULL AND expires_at > $3 RETURNING project_id, role
        """
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, digest, email, now)
            if row is None:
                return None
            user = await insert_user(statements, email, name, password_hash, verified=True)
            if row["project_id"] is not None:
                await statements.execute(
                    "INSERT INTO memberships (project_id, user_id, role) VALUES ($1, $2, $3)",
                    row["project_id"],
                    user.key,
                    row["role"],
                )
            return user

    async def forget(self, before: datetime, *, call: Call) -> None:
        """Deletes those that expired before an instant."""
        await self._database.execute("DELETE FROM invitations WHERE expires_at < $1", before, call=call)
