"""A project with somebody of each role, and what the rows of the table name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from datasources.records.users import Role
from tests.gateway.roles.table import COLUMNS
from tests.gateway.world import PASSWORD, Gateway, Person
from tests.store_rows import new_call

KINDS = {
    "project": "ID!", "member": "ID!", "key": "ID!", "token": "ID!", "slug": "String!", "email": "String!",
    "password": "String!", "refresh": "String!",
}  # fmt: skip
"""The variables of the rows, and their types."""


async def make_things(gateway: Gateway, slug: str) -> tuple[dict[str, Any], dict[str, str | None]]:
    """(the variables of a project made now, the credential of each column)."""
    store = gateway.repositories
    people = {role: await gateway.person(role, password=PASSWORD) for role in Role}
    project = await gateway.project(slug, **{role.lower(): person for role, person in people.items()})
    stranger, member = await gateway.person("Stranger", password=PASSWORD), await gateway.person("Member")
    await store.projects.set_member(project.key, member.user.key, Role.VIEWER, call=new_call())
    ingest_key = await store.ingest_keys.create(
        project.key, label="web", public_key=gateway.resources.credentials.digest(slug).hex()[:32], call=new_call()
    )
    secret, token_id = await _api_token(gateway, project.key, None)
    refresh, digest = gateway.resources.credentials.new_secret("gwr_")
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    await store.sessions.begin(member.user.key, digest, expires_at=expires_at, call=new_call())
    variables = {
        "project": project.id, "member": member.id, "key": ingest_key.id, "slug": slug, "email": stranger.user.email,
        "password": PASSWORD, "refresh": refresh, "token": token_id,
    }  # fmt: skip
    return variables, _credentials(people, stranger, secret)


def _credentials(people: dict[Role, Person], stranger: Person, secret: str) -> dict[str, str | None]:
    tokens = (None, stranger.token, *(people[role].token for role in Role), secret)
    return dict(zip(COLUMNS, tokens, strict=True))


async def _api_token(gateway: Gateway, project_key: Any, created_by: Any) -> tuple[str, str]:
    secret, digest = gateway.resources.credentials.new_secret("gwt_")
    made = await gateway.repositories.api_tokens.create(
        digest, project_key=project_key, created_by=created_by, label="ops", prefix=secret[:10], role=Role.OWNER,
        expires_at=None, call=new_call(),
    )  # fmt: skip
    return secret, made.id
