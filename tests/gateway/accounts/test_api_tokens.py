"""Machines' tokens, over HTTP, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from datasources.postgres.repositories import Repositories
from datasources.records.projects import Project
from datasources.records.users import Role
from gateway.auth.last_use import GRAIN, LastUse
from gateway.workers.last_use import LastUseWriter
from tests.gateway.world import Answer, Gateway, Person
from tests.store_rows import new_call

CREATE = """mutation C($input: CreateApiTokenInput!) {
  createApiToken(input: $input) {
    secret
    token { id label prefix role expiresAt lastUsedAt revokedAt project { slug } }
  }
}"""
REVOKE = "mutation R($id: ID!) { revokeApiToken(id: $id) { id revokedAt } }"
MINE = "{ viewer { apiTokens { id label lastUsedAt revokedAt } } }"
ROLE = "{ viewer { id } projects { nodes { slug viewerRole } } }"


async def create(gateway: Gateway, person: Person, project: Project, role: str = "VIEWER", **more: Any) -> Answer:
    given = {"projectId": project.id, "label": "ci", "role": role} | more
    return await gateway.ask(CREATE, {"input": given}, token=person.token)


async def secret_of(gateway: Gateway, person: Person, project: Project, role: str = "VIEWER") -> str:
    return str((await create(gateway, person, project, role)).data["createApiToken"]["secret"])


async def role_with(gateway: Gateway, token: str) -> str | None:
    answer = await gateway.ask(ROLE, token=token)
    if answer.codes:
        assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])
        return None
    assert answer.data["viewer"] is None
    (project,) = answer.data["projects"]["nodes"]
    return str(project["viewerRole"])


async def test_a_token_opens_its_project_with_its_role_and_nothing_else(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", owner=ada)
    await gateway.project("bank", owner=ada)
    made = (await create(gateway, ada, shop, "MEMBER")).data["createApiToken"]
    assert made["secret"].startswith(made["token"]["prefix"])
    assert made["token"]["project"] == {"slug": "shop"}
    assert await role_with(gateway, made["secret"]) == "MEMBER"
    answer = await gateway.ask('{ project(slug: "bank") { id } }', token=made["secret"])
    assert answer.data == {"project": None}


async def test_the_secret_is_shown_once_and_kept_as_a_digest(gateway: Gateway) -> None:
    ada = await gateway.person()
    secret = await secret_of(gateway, ada, await gateway.project("shop", owner=ada))
    rows = await gateway.resources.database.fetch("SELECT * FROM api_tokens", call=new_call())
    assert secret not in repr([dict(row) for row in rows])
    assert secret not in (await gateway.ask(MINE, token=ada.token)).response.text


async def test_a_revoked_token_opens_nothing_at_once(gateway: Gateway) -> None:
    ada = await gateway.person()
    made = (await create(gateway, ada, await gateway.project("shop", owner=ada))).data["createApiToken"]
    assert await role_with(gateway, made["secret"]) == "VIEWER"
    revoked = await gateway.ask(REVOKE, {"id": made["token"]["id"]}, token=ada.token)
    assert revoked.data["revokeApiToken"]["revokedAt"]
    assert await role_with(gateway, made["secret"]) is None
    again = await gateway.ask(REVOKE, {"id": made["token"]["id"]}, token=ada.token)
    assert again.data == revoked.data


async def test_an_expired_token_opens_nothing(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", owner=ada)
    made = (await create(gateway, ada, shop, expiresIn="1h")).data["createApiToken"]
    left = datetime.fromisoformat(made["token"]["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert await role_with(gateway, made["secret"]) == "VIEWER"
    await gateway.resources.database.execute("UPDATE api_tokens SET expires_at = now()", call=new_call())
    assert await role_with(gateway, made["secret"]) is None


@pytest.mark.parametrize("lifetime", ["0s", "1s", "100y"])
async def test_a_lifetime_is_within_limits(gateway: Gateway, lifetime: str) -> None:
    ada = await gateway.person()
    answer = await create(gateway, ada, await gateway.project("shop", owner=ada), expiresIn=lifetime)
    assert (answer.codes, answer.error["extensions"]["argument"]) == (["BAD_USER_INPUT"], "input.expiresIn")


@pytest.mark.parametrize("token", ["gwt_", "gwt_" + "x" * 43, "gwt_" + "x" * 8000])
async def test_any_other_token_is_refused_in_the_same_words_as_an_access_token(gateway: Gateway, token: str) -> None:
    answer = await gateway.ask("{ viewer { id } }", token=token)
    assert answer.error["message"] == "the access token is not valid"
    assert answer.response.headers["www-authenticate"] == "Bearer"


async def test_nobody_makes_a_token_above_their_own_role(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", admin=ada)
    assert (await create(gateway, ada, shop, "OWNER")).codes == ["FORBIDDEN"]
    assert (await create(gateway, ada, shop, "ADMIN")).data


async def test_a_token_never_may_more_than_its_maker_may_now(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", admin=ada)
    secret = await secret_of(gateway, ada, shop, "ADMIN")
    members = gateway.repositories.projects
    await members.set_member(shop.key, ada.user.key, Role.MEMBER, call=new_call())
    assert await role_with(gateway, secret) == "MEMBER"
    await members.set_member(shop.key, ada.user.key, Role.OWNER, call=new_call())
    assert await role_with(gateway, secret) == "ADMIN"
    await gateway.repositories.users.set_disabled(ada.user.key, datetime.now(UTC), call=new_call())
    assert await role_with(gateway, secret) is None


async def test_with_its_makers_membership_a_token_ends(gateway: Gateway) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada, admin=bob)
    secret = await secret_of(gateway, bob, shop)
    await gateway.repositories.members.remove(shop.key, bob.user.key, check=lambda _: None, call=new_call())
    assert await role_with(gateway, secret) is None


async def test_a_token_made_by_an_owner_of_the_project_around_works_within(gateway: Gateway) -> None:
    boss = await gateway.person()
    shop = await gateway.project("shop", owner=boss)
    inner = await gateway.repositories.projects.create(
        slug="inner", name="Inner", rules=shop.scope.rules, within_key=shop.key, call=new_call()
    )
    assert await role_with(gateway, await secret_of(gateway, boss, inner, "ADMIN")) == "ADMIN"


async def test_an_operators_token_needs_nobody(gateway: Gateway) -> None:
    shop = await gateway.project("shop")
    secret = await operators_token(gateway.repositories, gateway, shop)
    assert await role_with(gateway, secret) == "ADMIN"


async def operators_token(repositories: Repositories, gateway: Gateway, project: Project) -> str:
    secret, digest = gateway.resources.credentials.new_secret("gwt_")
    await repositories.api_tokens.create(
        digest, project_key=project.key, created_by=None, label="ops", prefix=secret[:10], role=Role.ADMIN,
        expires_at=None, call=new_call(),
    )  # fmt: skip
    return secret


async def test_a_machine_makes_no_tokens_and_changes_no_members(gateway: Gateway) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada, viewer=bob)
    secret = await secret_of(gateway, ada, shop, "OWNER")
    given = {"projectId": shop.id, "label": "ci", "role": "VIEWER"}
    tries = [
        (CREATE, {"input": given}),
        (
            "mutation M($id: ID!, $user: ID!) { removeMember(projectId: $id, userId: $user) }",
            {"id": shop.id, "user": bob.id},
        ),
        ("mutation D($id: ID!) { deleteProject(id: $id) }", {"id": shop.id}),
        ('mutation P { changePassword(current: "12345678", new: "12345678") { id } }', {}),
    ]
    for query, variables in tries:
        assert (await gateway.ask(query, variables, token=secret)).codes == ["FORBIDDEN"], query


async def test_one_sees_ones_own_tokens_and_an_admin_the_projects(gateway: Gateway) -> None:
    ada, bob, eve = await gateway.person(), await gateway.person("Bob"), await gateway.person("Eve")
    shop = await gateway.project("shop", owner=ada, admin=bob, member=eve)
    private = await gateway.project("private", owner=bob)
    await secret_of(gateway, bob, shop)
    await secret_of(gateway, bob, private)
    query = '{ project(slug: "shop") { members { user { email apiTokens { project { slug } } } } } }'

    async def seen_by(person: Person) -> list[str]:
        members = (await gateway.ask(query, token=person.token)).data["project"]["members"]
        (found,) = (one["user"] for one in members if one["user"]["email"] == bob.user.email)
        return sorted(token["project"]["slug"] for token in found["apiTokens"])

    assert await seen_by(bob) == ["private", "shop"]
    assert await seen_by(ada) == ["shop"]
    assert await seen_by(eve) == []


async def test_an_admin_revokes_the_tokens_of_others_and_a_member_does_not(gateway: Gateway) -> None:
    ada, bob, eve = await gateway.person(), await gateway.person("Bob"), await gateway.person("Eve")
    shop = await gateway.project("shop", owner=ada, admin=bob, member=eve)
    token = (await create(gateway, bob, shop)).data["createApiToken"]["token"]
    stranger = await gateway.person("Stranger")
    assert (await gateway.ask(REVOKE, {"id": token["id"]}, token=eve.token)).codes == ["FORBIDDEN"]
    hidden = await gateway.ask(REVOKE, {"id": token["id"]}, token=stranger.token)
    missing = await gateway.ask(REVOKE, {"id": shop.id}, token=stranger.token)
    assert hidden.body == missing.body
    assert (await gateway.ask(REVOKE, {"id": token["id"]}, token=ada.token)).data


async def test_a_projects_tokens_are_listed_to_its_admins_with_the_operators(gateway: Gateway) -> None:
    ada, eve = await gateway.person(), await gateway.person("Eve")
    shop = await gateway.project("shop", admin=ada, member=eve)
    await secret_of(gateway, ada, shop)
    await operators_token(gateway.repositories, gateway, shop)
    query = '{ project(slug: "shop") { apiTokens { label } } }'
    assert (await gateway.ask(query, token=ada.token)).data["project"]["apiTokens"] == [
        {"label": "ops"},
        {"label": "ci"},
    ]
    assert (await gateway.ask(query, token=eve.token)).codes == ["FORBIDDEN"]


async def test_the_last_use_is_written_later_and_once_for_many(gateway: Gateway) -> None:
    ada = await gateway.person()
    secret = await secret_of(gateway, ada, await gateway.project("shop", owner=ada))
    for _ in range(3):
        await role_with(gateway, secret)
    assert (await gateway.ask(MINE, token=ada.token)).data["viewer"]["apiTokens"][0]["lastUsedAt"] is None
    before = len(gateway.resources.last_use._pending)
    await LastUseWriter(gateway.resources).once()
    assert before == 1
    assert (await gateway.ask(MINE, token=ada.token)).data["viewer"]["apiTokens"][0]["lastUsedAt"]


async def test_notes_of_one_minute_are_one_write_and_a_failed_write_is_made_good() -> None:
    noted, written = LastUse(), []
    key, at = uuid4(), datetime.now(UTC)

    async def write(uses: Any) -> None:
        written.append(dict(uses))

    async def fail(uses: Any) -> None:
        raise ConnectionError

    noted.note(key, at)
    with pytest.raises(ConnectionError):
        await noted.flush(fail)
    assert await noted.flush(write) == 1
    noted.note(key, at + GRAIN / 2)
    assert await noted.flush(write) == 0
    noted.note(key, at + GRAIN)
    assert await noted.flush(write) == 1
    assert written == [{key: at}, {key: at + GRAIN}]
