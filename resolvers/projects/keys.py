"""The keys with which clients report errors, and the DSNs that they are configured with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from datasources.records.projects import IngestKey, Project
from datasources.records.users import Role

from ..access import administers, require, require_seen
from ..account_rules import check_name
from ..context import RequestContext
from ..global_ids import key_of
from .lists import project_of_id


async def ingest_keys(context: RequestContext, project: Project) -> list[IngestKey]:
    """A project's keys, the newest first, revoked ones too. Raises: as `require` for ADMIN."""
    require(context.principal, project, Role.ADMIN)
    return await context.loaders.load(_of_projects, project.key)


async def create_ingest_key(context: RequestContext, project_id: str, label: str) -> IngestKey:
    """A new key. Raises: as `require` for ADMIN, BadInput."""
    project = await project_of_id(context, project_id)
    require(context.principal, project, Role.ADMIN)
    label = check_name(label, argument="label", most=100)
    return await context.repositories.ingest_keys.create(
        project.key, label=label, public_key=secrets.token_hex(16), call=context.call
    )


async def revoke_ingest_key(context: RequestContext, key_id: str) -> IngestKey:
    """The key, with which nothing can be reported any more. Raises: as `require_seen` for ADMIN."""
    key = key_of("IngestKey", key_id)
    found = await context.repositories.ingest_keys.by_keys([key], call=context.call) if key else []
    require_seen(context.principal, found[0].project_key if found else None, Role.ADMIN, missing="no such key")
    return await context.repositories.ingest_keys.revoke(found[0].key, now=context.now, call=context.call) or found[0]


async def ingest_keys_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[IngestKey | None]:
    """Loader batch: the keys, None for those that the viewer may not see."""
    found = await context.repositories.ingest_keys.by_keys(keys, call=context.call)
    seen = {one.key: one for one in found if administers(context.principal, one.project_key)}
    return [seen.get(key) for key in keys]


def dsn(context: RequestContext, key: IngestKey) -> str:
    """What a Sentry SDK is configured with. Source: Sentry's developer documentation, "The DSN"."""
    scheme, _, rest = context.public_url.partition("://")
    return f"{scheme}://{key.public_key}@{rest}/{key.project_number}"


async def _of_projects(context: RequestContext, keys: Sequence[UUID]) -> list[list[IngestKey]]:
    found = await context.repositories.ingest_keys.of_projects(keys, call=context.call)
    return [[one for one in found if one.project_key == key] for key in keys]
