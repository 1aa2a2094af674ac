"""Any object by its global id."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from datasources.exceptions import BadInput
from datasources.records.shared import parse_global_id

from .alerts import alert_rules_by_key, alerts_by_key
from .api_tokens import api_tokens_by_key
from .context import RequestContext
from .errors import error_events_by_key, error_groups_by_key
from .global_ids import uuid_of
from .loaders import Batch
from .projects import ingest_keys_by_key, may_see_user, projects_by_key, users_by_key

BATCHES: Mapping[str, Batch[UUID, Any]] = {
    "User": users_by_key,
    "Project": projects_by_key,
    "ErrorGroup": error_groups_by_key,
    "ErrorEvent": error_events_by_key,
    "AlertRule": alert_rules_by_key,
    "Alert": alerts_by_key,
    "ApiToken": api_tokens_by_key,
    "IngestKey": ingest_keys_by_key,
}
MAX_IDS = 100


async def node(context: RequestContext, global_id: str) -> object | None:
    """The object; None where it does not exist or is not the viewer's to see, or where the id is none."""
    parsed = parse_global_id(global_id)
    if parsed is None or context.principal.is_anonymous:
        return None
    type_name, key = parsed
    batch = BATCHES.get(type_name)
    uuid = uuid_of(key)
    if batch is None or uuid is None:
        return None
    if type_name == "User" and not await may_see_user(context, uuid):
        return None
    found: object | None = await context.loaders.load(batch, uuid)
    return found


async def nodes(context: RequestContext, global_ids: Sequence[str]) -> list[object | None]:
    """The objects in the ids' order. Raises: BadInput for more than a hundred ids."""
    if len(global_ids) > MAX_IDS:
        raise BadInput(f"at most {MAX_IDS} ids at once", argument="ids")
    return list(await asyncio.gather(*(node(context, global_id) for global_id in global_ids)))
