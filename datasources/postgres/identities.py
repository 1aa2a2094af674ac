"""Whom the subjects of an identity provider are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ..calls import Call
from .engine import Database
from .users import insert_user


class IdentitiesRepository:
    """A subject is bound to a person once, and stays bound whatever its address becomes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user_of(self, issuer: str, subject: str, *, call: Call) -> UUID | None:
        """The person, None for a subject that was not seen before."""
        sql = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2"
        found: UUID | None = await self._database.fetchval(sql, issuer, subject, call=call)
        return found

    async def bind(
        self, issuer: str, subject: str, *, email: str, name: str, provision: bool, call: Call
    ) -> UUID | None:
        """The person of a new subject: whoever has the address, if somebody vouched for it, or a new one if allowed.

        None where there is neither. An address that its owner merely claimed binds nobody: it could be anybody's. Nor
        does one whose person another subject of the issuer is: addresses are given to newcomers.
        """
        find = """
            SELECT u.id, u.email_verified_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM identities i WHERE i.user_id = u.id AND i.issuer = $2
            ) AS may_bind FROM users u WHERE u.email = lower($1) FOR UPDATE OF u
        """
        bind = "INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        async with self._database.transaction(call=call) as statements:
            await statements.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{issuer} {subject}")
            bound: UUID | None = await statements.fetchval(
                "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2", issuer, subject
            )
            if bound is not None:
                return bound
            row = await statements.fetchrow(find, email, issuer)
            if not (provision if row is None else row["may_bind"]):
                return None
            found = row["id"] if row is not None else None
            user_key: UUID = found or (await insert_user(statements, email, name, None, verified=True)).key
            await statements.execute(bind, issuer, subject, user_key)
            return user_key

    async def projects_by_slug(self, slugs: Sequence[str], *, call: Call) -> Mapping[str, UUID]:
        """The keys of projects that a provider's roles name."""
        sql = "SELECT slug, id FROM projects WHERE slug = ANY($1) AND deleted_at IS NULL"
        return {row["slug"]: row["id"] for row in await self._database.fetch(sql, list(slugs), call=call)}
