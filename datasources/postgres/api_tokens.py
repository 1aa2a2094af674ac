"""The tokens of machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ..calls import Call
from ..records.users import ApiToken, Role
from .engine import Database, Row
from .last_use import write_last_use
from .users import ROLES

_TOKEN = "id, project_id, created_by, label, prefix, role, created_at, expires_at, last_used_at, revoked_at"


class TokenRole(NamedTuple):
    """Which token it is, and what it may do where."""

    token_key: UUID
    project_key: UUID
    role: Role


class ApiTokensRepository:
    """Secrets come as digests only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        digest: bytes,
        *,
        project_key: UUID,
        created_by: UUID | None,
        label: str,
        prefix: str,
        role: Role,
        expires_at: datetime | None,
        call: Call,
    ) -> ApiToken:
        """A new token; one without a person who made it is the operator's."""
        sql = f"""
            INSERT INTO api_tokens (digest, project_id, created_by, label, prefix, role, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_TOKEN}
        """
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, digest, project_key, created_by, label, prefix, role, expires_at)
            return _token(row)

    async def role_of(self, digest: bytes, now: datetime, *, call: Call) -> TokenRole | None:
        """What a token may do that is neither revoked nor expired.

        It never may more than the person who made it may now: with that person's role or account it ends.
        """
        sql = f"""
            SELECT t.id, t.project_id, t.created_by, t.role, array_agg(m.role) FILTER (WHERE m.role IS NOT NULL) AS roles
            FROM api_tokens t JOIN projects p ON p.id = t.project_id AND p.deleted_at IS NULL
            LEFT JOIN users u ON u.id = t.created_by AND u.disabled_at IS NULL
            LEFT JOIN ({ROLES}) m ON m.user_id = u.id AND m.project_id = t.project_id
            WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
            GROUP BY t.id
        """
        row = await self._database.fetchrow(sql, digest, now, call=call)
        if row is None:
            return None
        role = Role(row["role"])
        if row["created_by"] is not None:
            if not row["roles"]:
                return None
            role = min(role, max(map(Role, row["roles"]), key=_rank), key=_rank)
        return TokenRole(row["id"], row["project_id"], role)

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[ApiToken]:
        """The tokens of these keys, in no order; unknown keys are left out."""
        rows = await self._database.fetch(f"SELECT {_TOKEN} FROM api_tokens WHERE id = ANY($1)", list(keys), call=call)
        return [_token(row) for row in rows]

    async def of_users(self, user_keys: Sequence[UUID], *, call: Call) -> list[ApiToken]:
        """All tokens that these people made, the newest first."""
        sql = f"SELECT {_TOKEN} FROM api_tokens WHERE created_by = ANY($1) ORDER BY created_at DESC, id"
        return [_token(row) for row in await self._database.fetch(sql, list(user_keys), call=call)]

    async def of_projects(self, project_keys: Sequence[UUID], *, call: Call) -> list[ApiToken]:
        """All tokens of these projects, the newest first."""
        sql = f"SELECT {_TOKEN} FROM api_tokens WHERE project_id = ANY($1) ORDER BY created_at DESC, id"
        return [_token(row) for row in await self._database.fetch(sql, list(project_keys), call=call)]

    async def revoke(self, key: UUID, *, now: datetime, call: Call) -> ApiToken | None:
        """The token, revoked now or before; None where there is none."""
        sql = f"UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING {_TOKEN}"
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, key, now)
        return None if row is None else _token(row)

    async def used(self, uses: Mapping[UUID, datetime], *, call: Call) -> None:
        """Notes when tokens were last used."""
        await write_last_use(self._database, "api_tokens", uses, call=call)


def _rank(role: Role) -> int:
    return role.rank


def _token(row: Row) -> ApiToken:
    return ApiToken(
        key=row["id"],
        project_key=row["project_id"],
        created_by=row["created_by"],
        label=row["label"],
        prefix=row["prefix"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
