"""Sessions: refresh tokens that work once, in families that end as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ..calls import Call
from .engine import Database, Statements


class Session(NamedTuple):
    """Whose session a token continues, and the session's key."""

    user_key: UUID
    session_key: UUID


class SessionsRepository:
    """Tokens come as digests only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, user_key: UUID, digest: bytes, *, expires_at: datetime, call: Call) -> UUID:
        """The key of a new session, whose first token this is."""
        async with self._database.transaction(call=call) as statements:
            session: UUID = await statements.fetchval(
                "INSERT INTO refresh_families (user_id) VALUES ($1) RETURNING id", user_key
            )
            await _insert(statements, digest, session, user_key, expires_at)
            return session

    async def rotate(
        self, digest: bytes, next_digest: bytes, *, now: datetime, expires_at: datetime, call: Call
    ) -> Session | None:
        """Uses a token up and puts the next one in its place.

        None for a token that is unknown, expired, used before or of a session that has ended, or whose person is
        disabled. Using one a second time ends its session: one of the two users has stolen it. Two that use one at the
        same time are a first and a second: the row's lock puts them in order.
        """
        sql = """
            UPDATE refresh_tokens t SET used_at = $2 FROM refresh_families f, users u
            WHERE t.digest = $1 AND t.used_at IS NULL AND t.expires_at > $2 AND f.id = t.family
                AND f.revoked_at IS NULL AND u.id = t.user_id AND u.disabled_at IS NULL
            RETURNING t.user_id, t.family
        """
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, digest, now)
            if row is None:
                await statements.execute(_END_OF_USED, digest, now)
                return None
            found = Session(row["user_id"], row["family"])
            await _insert(statements, next_digest, found.session_key, found.user_key, expires_at)
            return found

    async def end(self, digest: bytes, *, now: datetime, call: Call) -> bool:
        """Ends the session of a token, used or not; whether there was one that had not ended."""
        sql = """
            UPDATE refresh_families f SET revoked_at = $2 FROM refresh_tokens t
            WHERE t.digest = $1 AND f.id = t.family AND f.revoked_at IS NULL
        """
        return await self._database.execute(sql, digest, now, call=call) == 1

    async def end_all(self, user_key: UUID, *, keep: UUID | None = None, now: datetime, call: Call) -> int:
        """Ends a person's sessions but the one to keep; how many."""
        sql = """
            UPDATE refresh_families SET revoked_at = $2
            WHERE user_id = $1 AND revoked_at IS NULL AND ($3::uuid IS NULL OR id <> $3)
        """
        return await self._database.execute(sql, user_key, now, keep, call=call)

    async def forget(self, before: datetime, *, call: Call) -> None:
        """Deletes the sessions whose last token expired before an instant."""
        sql = """
            DELETE FROM refresh_families f WHERE f.created_at < $1
                AND NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.family = f.id AND t.expires_at >= $1)
        """
        await self._database.execute(sql, before, call=call)


_END_OF_USED = """
    UPDATE refresh_families f SET revoked_at = $2 FROM refresh_tokens t
    WHERE t.digest = $1 AND t.used_at IS NOT NULL AND f.id = t.family AND f.revoked_at IS NULL
"""


async def _insert(
    statements: Statements, digest: bytes, session_key: UUID, user_key: UUID, expires_at: datetime
) -> None:
    await statements.execute(
        "INSERT INTO refresh_tokens (digest, family, user_id, expires_at) VALUES ($1, $2, $3, $4)",
        digest,
        session_key,
        user_key,
        expires_at,
    )
