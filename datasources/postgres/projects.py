"""Projects, their scope and their members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ..calls import Call
from ..exceptions import Conflict, NotFound
from ..records.projects import Project
from ..records.shared import Connection, global_id
from ..records.users import Membership, Role
from ..scope import ALL_SIGNALS, Rule, Scope, Signal
from .cursors import decode_cursor, encode_cursor
from .engine import Database, Row, Statements
from .last_known import LastKnown
from .patterns import contains
from .users import membership

_PROJECT = "id, number, slug, name, scope, metrics_source, logs_source, traces_source, within_id, created_at"

_ENDED_WITH_PROJECT = ("memberships", "api_tokens", "ingest_keys", "invitations", "alert_rules")

_PURGED = tuple(
    f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE project_id = $1 LIMIT $2)"
    for table, key in (
        ("error_events", "id, received_at"),
        ("error_event_ids", "project_id, event_id"),
        ("error_groups", "id"),
    )
)
_PURGED_AT_ONCE = 2_000


class ProjectsRepository:
    """Who may see a project is not decided here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: LastKnown[str, Project | None] = LastKnown()

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[Project]:
        """The projects of these keys, in no order; unknown keys are left out."""
        sql = f"SELECT {_PROJECT} FROM projects WHERE id = ANY($1) AND deleted_at IS NULL"
        return [_project(row) for row in await self._database.fetch(sql, list(keys), call=call)]

    async def by_slug(self, slug: str, *, call: Call) -> Project | None:
        """The project of a slug; for a moment also while the store is away."""
        return await self._known.read(slug, lambda: self._by_slug(slug, call))

    async def _by_slug(self, slug: str, call: Call) -> Project | None:
        row = await self._database.fetchrow(f"SELECT {_PROJECT} FROM projects WHERE slug = $1", slug, call=call)
        return None if row is None else _project(row)

    async def page(
        self, keys: Sequence[UUID], *, search: str | None = None, first: int = 20, after: str | None = None, call: Call
    ) -> Connection[Project]:
        """A page of these projects by slug; `search` is found in slug or name. The total is that of all pages."""
        place = decode_cursor("project", after, str)[0] if after is not None else None
        sql = f"""
            WITH found AS (
                SELECT * FROM projects WHERE id = ANY($1) AND deleted_at IS NULL
                    AND ($2::text IS NULL OR slug ILIKE $2 OR name ILIKE $2)
            )
            SELECT {_PROJECT}, (SELECT count(*) FROM found) AS total FROM found
            WHERE $3::text IS NULL OR slug > $3 ORDER BY slug LIMIT $4
        """
        rows = await self._database.fetch(sql, list(keys), contains(search), place, first + 1, call=call)
        page = [_project(row) for row in rows[:first]]
        return Connection(
            nodes=page,
            cursors=[encode_cursor("project", project.slug, project.key) for project in page],
            has_next_page=len(rows) > first,
            has_previous_page=after is not None,
            total_count=rows[0]["total"] if rows else None if after is not None else 0,
        )

    async def members(self, project_keys: Sequence[UUID], *, call: Call) -> list[Membership]:
        """All memberships in these projects, the highest role first, then by name."""
        sql = """
            SELECT m.user_id, m.project_id, m.role, m.since FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.project_id = ANY($1)
            ORDER BY array_position(ARRAY['OWNER', 'ADMIN', 'MEMBER', 'VIEWER'], m.role), u.name, u.id
        """
        return [membership(row) for row in await self._database.fetch(sql, list(project_keys), call=call)]

    async def all(self, *, call: Call) -> list[Project]:
        """Every project by its slug, for the operator."""
        sql = f"SELECT {_PROJECT} FROM projects WHERE deleted_at IS NULL ORDER BY slug"
        return [_project(row) for row in await self._database.fetch(sql, call=call)]

    async def create(
        self,
        *,
        slug: str,
        name: str,
        rules: Sequence[Rule],
        tenant: str | None = None,
        metrics_source: str = "prometheus",
        logs_source: str = "loki",
        traces_source: str = "tempo",
        owner_key: UUID | None = None,
        within_key: UUID | None = None,
        call: Call,
    ) -> Project:
        """A new project with the next number, and its owner. Raises: Conflict where the slug is taken, NotFound where
        the project that it lies within is gone."""
        sql = f"""
            INSERT INTO projects (slug, name, scope, metrics_source, logs_source, traces_source, within_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_PROJECT}
        """
        own = "INSERT INTO memberships (project_id, user_id, role) VALUES ($1, $2, 'OWNER')"
        scope = _stored_scope(rules, tenant)
        async with self._database.transaction(call=call) as statements:
            await _hold(statements, within_key)
            try:
                row = await statements.fetchrow(
                    sql, slug, name, scope, metrics_source, logs_source, traces_source, within_key
                )
            except asyncpg.UniqueViolationError as error:
                raise Conflict(f"there is a project {slug!r} already") from error
            assert row is not None
            if owner_key is not None:
                await statements.execute(own, row["id"], owner_key)
        return _project(row)

    async def rename(self, key: UUID, name: str, *, call: Call) -> Project | None:
        """The project with its new name; None where there is none."""
        sql = f"UPDATE projects SET name = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING {_PROJECT}"
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, key, name)
        return None if row is None else _project(row)

    async def rescope(
        self,
        key: UUID,
        rules: Sequence[Rule],
        tenant: str | None,
        sources: tuple[str, str, str],
        within_key: UUID | None,
        *,
        call: Call,
    ) -> Project | None:
        """The project with its new scope; `sources` of metrics, logs and traces. None where there is none.

        Raises: NotFound where the project that it is to lie within is gone.
        """
        sql = f"""
            UPDATE projects SET scope = $2, metrics_source = $3, logs_source = $4, traces_source = $5, within_id = $6
            WHERE id = $1 AND deleted_at IS NULL RETURNING {_PROJECT}
        """
        async with self._database.transaction(call=call) as statements:
            await _hold(statements, within_key)
            row = await statements.fetchrow(sql, key, _stored_scope(rules, tenant), *sources, within_key)
        return None if row is None else _project(row)

    async def delete(self, key: UUID, *, now: datetime, call: Call) -> bool:
        """Takes a project away from everybody, frees its slug and ends its keys, tokens and rules; `purge` does the rest.

        Whether there was one. Raises: Conflict where others lie within it.
        """
        sql = "SELECT FROM projects WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"
        within = "SELECT count(*) FROM projects WHERE within_id = $1 AND deleted_at IS NULL"
        mark = "UPDATE projects SET deleted_at = $2, slug = 'deleted-' || id WHERE id = $1"
        async with self._database.transaction(call=call) as statements:
            if await statements.fetchrow(sql, key) is None:
                return False
            if count := await statements.fetchval(within, key):
                raise Conflict(f"{count} other projects lie within this one: delete them first")
            await statements.execute(mark, key, now)
            for table in _ENDED_WITH_PROJECT:
                await statements.execute(f"DELETE FROM {table} WHERE project_id = $1", key)
        return True

    async def purge(self, *, call: Call) -> int:
        """Deletes what is left of deleted projects, little by little; how many there were."""
        rows = await self._database.fetch("SELECT id FROM projects WHERE deleted_at IS NOT NULL", call=call)
        for row in rows:
            for sql in _PURGED:
                while await self._database.execute(sql, row["id"], _PURGED_AT_ONCE, call=call) == _PURGED_AT_ONCE:
                    pass
            await self._database.execute("DELETE FROM projects WHERE id = $1", row["id"], call=call)
        return len(rows)

    async def set_member(self, project_key: UUID, user_key: UUID, role: Role, *, call: Call) -> None:
        """Makes somebody a member, or changes the role of one."""
        sql = """
            INSERT INTO memberships (project_id, user_id, role) VALUES ($1, $2, $3)
            ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role
        """
        await self._database.execute(sql, project_key, user_key, role, call=call)


async def _hold(statements: Statements, within_key: UUID | None) -> None:
    """Keeps the outer project from being deleted until the inner one is there."""
    if within_key is not None:
        sql = "SELECT FROM projects WHERE id = $1 AND deleted_at IS NULL FOR SHARE"
        if await statements.fetchrow(sql, within_key) is None:
            raise NotFound("no such project")


def _stored_scope(rules: Sequence[Rule], tenant: str | None) -> dict[str, Any]:
    return {"rules": [_plain(rule) for rule in rules], "tenant": tenant}


def _plain(rule: Rule) -> dict[str, Any]:
    plain: dict[str, Any] = {"label": rule.label}
    if rule.values:
        plain["values"] = list(rule.values)
    if rule.pattern is not None:
        plain["pattern"] = rule.pattern
    if rule.signals != ALL_SIGNALS:
        plain["signals"] = sorted(rule.signals)
    return plain


def _rule(plain: dict[str, Any]) -> Rule:
    signals = frozenset(Signal(signal) for signal in plain["signals"]) if "signals" in plain else ALL_SIGNALS
    return Rule(plain["label"], tuple(plain.get("values", ())), plain.get("pattern"), signals)


def _project(row: Row) -> Project:
    stored = row["scope"]
    key = row["id"]
    rules = tuple(_rule(plain) for plain in stored["rules"])
    return Project(
        key=key,
        number=row["number"],
        slug=row["slug"],
        name=row["name"],
        created_at=row["created_at"],
        scope=Scope(frozenset({global_id("Project", key)}), rules, stored.get("tenant")),
        metrics_source=row["metrics_source"],
        logs_source=row["logs_source"],
        traces_source=row["traces_source"],
        within_key=row["within_id"],
    )
