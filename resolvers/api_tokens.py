"""Long-lived tokens for machines: of one project, with one role, never above that of the person who made them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.records.users import ApiToken, CreateApiTokenPayload, Role, User

from .access import administers, may_see, require, require_grantable, require_person, require_seen, require_user
from .account_rules import check_name
from .context import RequestContext
from .global_ids import key_of
from .projects import project_of_id

TOKEN_PREFIX = "gwt_"
SHOWN_CHARACTERS = len(TOKEN_PREFIX) + 6
LIFETIME = (timedelta(minutes=1), timedelta(days=3660))


async def create_api_token(
    context: RequestContext, project_id: str, *, label: str, role: Role, expires_in_ns: int | None
) -> CreateApiTokenPayload:
    """A token of the viewer's for a machine. Without a lifetime it lasts until it is revoked.

    Raises: as `require_person` for ADMIN, Forbidden for a role above one's own, BadInput.
    """
    project = await project_of_id(context, project_id)
    user_key = require_person(context.principal, project.key, Role.ADMIN)
    require_grantable(context.principal, project.key, role)
    label = check_name(label, argument="input.label", most=100)
    lifetime = None if expires_in_ns is None else _lifetime(expires_in_ns)
    secret, digest = context.credentials.new_secret(TOKEN_PREFIX)
    token = await context.repositories.api_tokens.create(
        digest,
        project_key=project.key,
        created_by=user_key,
        label=label,
        prefix=secret[:SHOWN_CHARACTERS],
        role=role,
        expires_at=None if lifetime is None else context.now + lifetime,
        call=context.call,
    )
    return CreateApiTokenPayload(token, secret)


async def revoke_api_token(context: RequestContext, token_id: str) -> ApiToken:
    """The token, which opens nothing any more. One may revoke one's own, and an ADMIN any of the project's.

    Raises: as `require_seen`, Forbidden for a machine and for somebody else's token.
    """
    key = key_of("ApiToken", token_id)
    found = await context.repositories.api_tokens.by_keys([key], call=context.call) if key else []
    project_key, maker = (found[0].project_key, found[0].created_by) if found else (None, None)
    is_own = maker is not None and maker == context.principal.user_key
    require_seen(context.principal, project_key, Role.VIEWER if is_own else Role.ADMIN, missing="no such token")
    require_user(context.principal)
    return await context.repositories.api_tokens.revoke(found[0].key, now=context.now, call=context.call) or found[0]


async def api_tokens_of_user(context: RequestContext, user: User) -> list[ApiToken]:
    """The tokens that a person made: all of one's own, of another those of projects that the viewer administers."""
    found = await context.loaders.load(_of_users, user.key)
    return [token for token in found if _is_shown(context, token)]


async def api_tokens(context: RequestContext, project: Project) -> list[ApiToken]:
    """A project's tokens, the newest first, those that an operator made too. Raises: as `require` for ADMIN."""
    require(context.principal, project, Role.ADMIN)
    return await context.loaders.load(_of_projects, project.key)


async def api_tokens_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[ApiToken | None]:
    """Loader batch: the tokens, None for those that the viewer may not see."""
    found = await context.repositories.api_tokens.by_keys(keys, call=context.call)
    seen = {token.key: token for token in found if _is_shown(context, token)}
    return [seen.get(key) for key in keys]


def _is_shown(context: RequestContext, token: ApiToken) -> bool:
    principal = context.principal
    is_own = token.created_by is not None and token.created_by == principal.user_key
    return may_see(principal, token.project_key) and (is_own or administers(principal, token.project_key))


def _lifetime(duration_ns: int) -> timedelta:
    least, most = LIFETIME
    if not least <= (found := timedelta(microseconds=duration_ns // 1000)) <= most:
        raise BadInput("a token lasts between 1m and 10y", argument="input.expiresIn")
    return found


async def _of_users(context: RequestContext, keys: Sequence[UUID]) -> list[list[ApiToken]]:
    found = await context.repositories.api_tokens.of_users(keys, call=context.call)
    return [[token for token in found if token.created_by == key] for key in keys]


async def _of_projects(context: RequestContext, keys: Sequence[UUID]) -> list[list[ApiToken]]:
    found = await context.repositories.api_tokens.of_projects(keys, call=context.call)
    return [[token for token in found if token.project_key == key] for key in keys]
