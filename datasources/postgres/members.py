"""Who belongs to a project: changes that keep its last owner."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import asyncpg

from ..calls import Call
from ..exceptions import Conflict, NotFound
from ..records.users import Membership, Role
from .engine import Database, Statements
from .users import membership

Check = Callable[[Role], None]
"""Is given the member's role as it is under the lock, and raises where the change is not allowed."""


class MembersRepository:
    """Who may change members is not decided here; that an owner stays is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, project_key: UUID, user_key: UUID, role: Role, *, call: Call) -> Membership:
        """A new membership. Raises: Conflict for somebody who is a member already."""
        sql = """
            INSERT INTO memberships (project_id, user_id, role) VALUES ($1, $2, $3)
            RETURNING user_id, project_id, role, since
        """
        async with self._database.transaction(call=call) as statements:
            try:
                return membership(await statements.fetchrow(sql, project_key, user_key, role))
            except asyncpg.UniqueViolationError as error:
                raise Conflict("this person is a member already") from error

    async def change(self, project_key: UUID, user_key: UUID, role: Role, *, check: Check, call: Call) -> Membership:
        """The membership with its new role. Raises: NotFound for no member, Conflict for the last owner."""
        sql = """
            UPDATE memberships SET role = $3 WHERE project_id = $1 AND user_id = $2
            RETURNING user_id, project_id, role, since
        """
        async with self._database.transaction(call=call) as statements:
            check(await _locked_role(statements, project_key, user_key))
            if role is not Role.OWNER:
                await _require_another_owner(statements, project_key, user_key)
            return membership(await statements.fetchrow(sql, project_key, user_key, role))

    async def remove(self, project_key: UUID, user_key: UUID, *, check: Check, call: Call) -> None:
        """Takes a member away. Raises: NotFound for no member, Conflict for the last owner."""
        async with self._database.transaction(call=call) as statements:
            check(await _locked_role(statements, project_key, user_key))
            await _require_another_owner(statements, project_key, user_key)
            await statements.execute(
                "DELETE FROM memberships WHERE project_id = $1 AND user_id = $2", project_key, user_key
            )


async def _locked_role(statements: Statements, project_key: UUID, user_key: UUID) -> Role:
    # The project's row is the lock: two owners who leave at the same time do so one after the other.
    await statements.execute("SELECT FROM projects WHERE id = $1 FOR NO KEY UPDATE", project_key)
    sql = "SELECT role FROM memberships WHERE project_id = $1 AND user_id = $2"
    found = await statements.fetchval(sql, project_key, user_key)
    if found is None:
        raise NotFound("no such member")
    return Role(found)


async def _require_another_owner(statements: Statements, project_key: UUID, user_key: UUID) -> None:
    """Raises: Conflict where nobody else who can sign in would be an owner, if this one is."""
    sql = """
        SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.project_id = $1 AND m.role = 'OWNER' AND (u.disabled_at IS NULL OR m.user_id = $2)
    """
    if [row["user_id"] for row in await statements.fetch(sql, project_key, user_key)] == [user_key]:
        raise Conflict("the last owner stays: make somebody else an owner first")
