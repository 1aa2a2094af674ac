"""What people do to groups: status, assignment, comments; each leaves an activity and a message in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...calls import Call
from ...records.errors import ErrorStatus
from ..engine import Database

_SET_STATUS = """
    WITH changed AS (
        UPDATE error_groups SET status = $2, regressed = regressed AND $2 <> 'RESOLVED',
            resolved_at = CASE WHEN $2 = 'RESOLVED' THEN $4::timestamptz END
        WHERE id = ANY($1) AND status <> $2 RETURNING id, project_id
    ), noted AS (
        INSERT INTO error_activity (group_id, at, user_id, kind) SELECT id, $4, $3, lower($2) FROM changed
    )
    INSERT INTO outbox (project_id, topic, kind, payload, at)
    SELECT project_id, 'errors', 'STATUS_CHANGED', jsonb_build_object('group', id), $4 FROM changed
"""
_ASSIGN = """
    WITH changed AS (
        UPDATE error_groups SET assignee_id = $2 WHERE id = $1 AND assignee_id IS DISTINCT FROM $2
        RETURNING id, project_id
    ), noted AS (
        INSERT INTO error_activity (group_id, at, user_id, kind, data)
        SELECT id, $4, $3, 'assigned', jsonb_build_object('assignee', $2) FROM changed
    )
    INSERT INTO outbox (project_id, topic, kind, payload, at)
    SELECT project_id, 'errors', 'ASSIGNED', jsonb_build_object('group', id), $4 FROM changed
"""
_COMMENT = "INSERT INTO error_activity (group_id, at, user_id, kind, body) VALUES ($1, $4, $3, 'comment', $2)"


class WorkflowRepository:
    """`by` is who does it, None for the gateway itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set_status(
        self, groups: Sequence[UUID], status: ErrorStatus, *, by: UUID | None, at: datetime, call: Call
    ) -> int:
        """How many groups had another status before."""
        return await self._database.execute(_SET_STATUS, list(groups), status, by, at, call=call)

    async def assign(self, group: UUID, assignee: UUID | None, *, by: UUID | None, at: datetime, call: Call) -> bool:
        """Whether somebody else, or nobody, was assigned before."""
        return await self._database.execute(_ASSIGN, group, assignee, by, at, call=call) == 1

    async def comment(self, group: UUID, body: str, *, by: UUID | None, at: datetime, call: Call) -> None:
        """Adds a comment."""
        await self._database.execute(_COMMENT, group, body, by, at, call=call)
