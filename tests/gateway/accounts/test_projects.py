"""Projects, their members and keys, over HTTP, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from datasources.records.users import Role
from datasources.scope import Rule
from gateway.workers.account_retention import AccountRetention
from tests.gateway.world import Answer, Gateway, Person, open_gateway
from tests.store_rows import NOW, make_alert, make_rule, new_call, new_event, store_events

CREATE = """mutation C($input: CreateProjectInput!) {
  createProject(input: $input) { id slug viewerRole scope { labels { name value } tenant } }
}"""
UPDATE = """mutation U($id: ID!, $input: UpdateProjectInput!) {
  updateProject(id: $id, input: $input) { name scope { labels { name value } } }
}"""
DELETE = "mutation D($id: ID!) { deleteProject(id: $id) }"
ADD = """mutation A($id: ID!, $email: String!, $role: Role!) {
  addMember(projectId: $id, email: $email, role: $role) { role user { email } project { slug } }
}"""
CHANGE = """mutation R($id: ID!, $user: ID!, $role: Role!) {
  changeMemberRole(projectId: $id, userId: $user, role: $role) { role }
}"""
REMOVE = "mutation M($id: ID!, $user: ID!) { removeMember(projectId: $id, userId: $user) }"
MAKE_KEY = 'mutation K($id: ID!) { createIngestKey(projectId: $id, label: "web") { id label dsn revokedAt } }'
REVOKE_KEY = "mutation K($id: ID!) { revokeIngestKey(id: $id) { id revokedAt } }"
KEYS = "query Q($slug: String!) { project(slug: $slug) { ingestKeys { id label dsn lastUsedAt revokedAt } } }"
PROJECT = "query Q($slug: String!) { project(slug: $slug) { id slug } }"


def shop_scope(**labels: str) -> dict[str, Any]:
    return {"labels": [{"name": name, "value": value} for name, value in labels.items()]}


SHOP = shop_scope(service_namespace="shop")
CART = shop_scope(service_namespace="shop", service_name="cart")
BANK = shop_scope(service_namespace="bank")


async def create(gateway: Gateway, person: Person, scope: dict[str, Any], slug: str = "mine", **more: Any) -> Answer:
    return await gateway.ask(
        CREATE, {"input": {"slug": slug, "name": "Mine", "scope": scope | more}}, token=person.token
    )


async def test_an_admin_makes_a_project_within_their_own_and_owns_it(gateway: Gateway) -> None:
    ada = await gateway.person()
    await gateway.project("shop", admin=ada)
    made = (await create(gateway, ada, CART)).data["createProject"]
    assert made["viewerRole"] == "OWNER"
    assert made["scope"]["labels"] == CART["labels"]
    assert (await gateway.ask(PROJECT, {"slug": "mine"}, token=ada.token)).data["project"]["id"] == made["id"]


@pytest.mark.parametrize("scope", [BANK, shop_scope(service_name="cart"), {**SHOP, "tenant": "other"}], ids=str)
async def test_nobody_claims_what_lies_outside_of_their_projects(gateway: Gateway, scope: dict[str, Any]) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada)
    await gateway.project("bank", owner=bob, viewer=ada)
    assert (await create(gateway, ada, scope)).codes == ["FORBIDDEN"]
    answer = await gateway.ask(UPDATE, {"id": shop.id, "input": {"scope": scope}}, token=ada.token)
    assert answer.codes == ["FORBIDDEN"]
    found = await gateway.repositories.projects.by_slug("shop", call=new_call())
    assert found is not None
    assert found.scope == shop.scope


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_one_has_to_administer_the_project_around(gateway: Gateway, role: str) -> None:
    ada = await gateway.person()
    await gateway.project("shop", **{role: ada})
    assert (await create(gateway, ada, SHOP)).codes == ["FORBIDDEN"]


async def test_two_projects_scopes_are_not_added_up(gateway: Gateway) -> None:
    ada = await gateway.person()
    await gateway.project("shop", owner=ada)
    await gateway.project("bank", owner=ada)
    both = {"labels": SHOP["labels"] + BANK["labels"]}
    assert (await create(gateway, ada, both)).codes == ["FORBIDDEN"]


async def test_a_tenant_is_inherited_and_never_chosen(gateway: Gateway) -> None:
    ada = await gateway.person()
    await gateway.project("shop", tenant="one", owner=ada)
    assert (await create(gateway, ada, SHOP)).data["createProject"]["scope"]["tenant"] == "one"
    assert (await create(gateway, ada, SHOP, "other", tenant="one|two")).codes == ["FORBIDDEN"]


async def test_an_operators_pattern_stays_a_wall(gateway: Gateway) -> None:
    ada = await gateway.person()
    await gateway.project("shop", Rule("job", pattern="shop/.+"), owner=ada)
    assert (await create(gateway, ada, shop_scope(job="shop/cart"))).data
    assert (await create(gateway, ada, shop_scope(job="~.+"), "other")).codes == ["FORBIDDEN"]
    assert (await create(gateway, ada, shop_scope(job="bank/x"), "other")).codes == ["FORBIDDEN"]


async def test_narrowing_leaves_a_project_where_it_lies_and_cannot_be_taken_back(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", admin=ada)
    narrowed = await gateway.ask(UPDATE, {"id": shop.id, "input": {"scope": CART, "name": "Cart"}}, token=ada.token)
    assert narrowed.data["updateProject"] == {"name": "Cart", "scope": {"labels": CART["labels"]}}
    assert (await gateway.ask(UPDATE, {"id": shop.id, "input": {"scope": SHOP}}, token=ada.token)).codes == [
        "FORBIDDEN"
    ]


async def test_the_owners_around_own_what_is_made_within_whatever_its_maker_does(gateway: Gateway) -> None:
    boss, ada = await gateway.person("Boss"), await gateway.person()
    shop = await gateway.project("shop", owner=boss, admin=ada)
    made = (await create(gateway, ada, CART)).data["createProject"]
    inner = (await create(gateway, ada, CART, "deeper")).data["createProject"]
    for slug in ("mine", "deeper"):
        query = "query Q($slug: String!) { project(slug: $slug) { viewerRole members { role } } }"
        answer = await gateway.ask(query, {"slug": slug}, token=boss.token)
        assert answer.data["project"] == {"viewerRole": "OWNER", "members": [{"role": "OWNER"}]}
    assert (await gateway.ask(DELETE, {"id": shop.id}, token=boss.token)).codes == ["CONFLICT"]
    for project in (made, inner):
        assert (await gateway.ask(DELETE, {"id": project["id"]}, token=boss.token)).data
    assert (await gateway.ask(DELETE, {"id": shop.id}, token=boss.token)).data == {"deleteProject": shop.id}


@pytest.mark.parametrize("slug", ["", "A", "-a", "a_b", "a" * 64, "ä", "deleted-1", "a b"])
async def test_a_slug_that_is_none_is_bad_input(gateway: Gateway, slug: str) -> None:
    ada = await gateway.person()
    await gateway.project("shop", owner=ada)
    answer = await create(gateway, ada, SHOP, slug)
    assert (answer.codes, answer.error["extensions"]["argument"]) == (["BAD_USER_INPUT"], "input.slug")


async def test_a_slug_that_is_taken_is_a_conflict_even_where_one_may_not_see_by_whom(gateway: Gateway) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    await gateway.project("shop", owner=ada)
    await gateway.project("bank", owner=bob)
    assert (await create(gateway, ada, SHOP, "bank")).codes == ["CONFLICT"]


async def test_a_deleted_project_is_gone_for_everybody_at_once_and_purged_later(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", owner=ada)
    await store_events(gateway.repositories, new_event(shop), new_event(shop, "KeyError: x"))
    database = gateway.resources.database
    await make_alert(database, shop, rule_id=await make_rule(database, shop))
    key = (await gateway.ask(MAKE_KEY, {"id": shop.id}, token=ada.token)).data["createIngestKey"]
    assert (await gateway.ask(DELETE, {"id": shop.id}, token=ada.token)).data == {"deleteProject": shop.id}
    assert (await gateway.ask(PROJECT, {"slug": "shop"}, token=ada.token)).data == {"project": None}
    assert (await gateway.ask("query N($id: ID!) { node(id: $id) { id } }", {"id": shop.id}, token=ada.token)).data == {
        "node": None
    }
    assert (await gateway.ask(REVOKE_KEY, {"id": key["id"]}, token=ada.token)).codes == ["NOT_FOUND"]
    assert (await gateway.ask(DELETE, {"id": shop.id}, token=ada.token)).codes == ["NOT_FOUND"]
    await gateway.project("shop", owner=ada)
    await AccountRetention(gateway.resources).once()
    for table in ("error_events", "error_event_ids", "error_groups", "alerts", "ingest_keys"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}", call=new_call()) == 0
    assert [one.slug for one in await gateway.repositories.projects.all(call=new_call())] == ["shop"]
    assert await database.fetchval("SELECT count(*) FROM projects", call=new_call()) == 1


async def test_members_come_change_and_go(gateway: Gateway) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada)
    added = await gateway.ask(ADD, {"id": shop.id, "email": bob.user.email.upper(), "role": "VIEWER"}, token=ada.token)
    assert added.data["addMember"] == {"role": "VIEWER", "user": {"email": bob.user.email}, "project": {"slug": "shop"}}
    again = await gateway.ask(ADD, {"id": shop.id, "email": bob.user.email, "role": "VIEWER"}, token=ada.token)
    assert again.codes == ["CONFLICT"]
    changed = await gateway.ask(CHANGE, {"id": shop.id, "user": bob.id, "role": "ADMIN"}, token=ada.token)
    assert changed.data["changeMemberRole"] == {"role": "ADMIN"}
    assert (await gateway.ask(REMOVE, {"id": shop.id, "user": bob.id}, token=ada.token)).data == {
        "removeMember": bob.id
    }
    assert (await gateway.ask(PROJECT, {"slug": "shop"}, token=bob.token)).data == {"project": None}
    assert (await gateway.ask(REMOVE, {"id": shop.id, "user": bob.id}, token=ada.token)).codes == ["NOT_FOUND"]
    nobody = await gateway.ask(ADD, {"id": shop.id, "email": "no@example.com", "role": "VIEWER"}, token=ada.token)
    assert nobody.codes == ["NOT_FOUND"]


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
async def test_anybody_but_the_last_owner_may_leave(gateway: Gateway, role: str) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada, **{role: bob})
    assert (await gateway.ask(REMOVE, {"id": shop.id, "user": bob.id}, token=bob.token)).data
    assert (await gateway.ask(REMOVE, {"id": shop.id, "user": ada.id}, token=ada.token)).codes == ["CONFLICT"]
    demoted = await gateway.ask(CHANGE, {"id": shop.id, "user": ada.id, "role": "ADMIN"}, token=ada.token)
    assert demoted.codes == ["CONFLICT"]
    kept = await gateway.ask(CHANGE, {"id": shop.id, "user": ada.id, "role": "OWNER"}, token=ada.token)
    assert kept.data


@pytest.mark.parametrize("how", ["leave", "demote", "both"])
async def test_of_two_owners_who_go_at_the_same_time_one_stays(gateway: Gateway, how: str) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    for n in range(10):
        shop = await gateway.project(f"shop{n}", owner=ada)
        await gateway.repositories.projects.set_member(shop.key, bob.user.key, Role.OWNER, call=new_call())
        leave = {"leave": (True, True), "demote": (False, False), "both": (True, False)}[how]
        answers = await asyncio.gather(
            *(_go(gateway, shop.id, person, away) for person, away in zip((ada, bob), leave, strict=True))
        )
        assert sorted(code for answer in answers for code in answer.codes) == ["CONFLICT"]


async def _go(gateway: Gateway, project_id: str, person: Person, away: bool) -> Answer:
    variables = {"id": project_id, "user": person.id}
    if away:
        return await gateway.ask(REMOVE, variables, token=person.token)
    return await gateway.ask(CHANGE, {**variables, "role": "VIEWER"}, token=person.token)


async def test_an_owner_who_is_locked_out_does_not_count(gateway: Gateway) -> None:
    ada, bob = await gateway.person(), await gateway.person("Bob")
    shop = await gateway.project("shop", owner=ada)
    await gateway.repositories.projects.set_member(shop.key, bob.user.key, Role.OWNER, call=new_call())
    await gateway.repositories.users.set_disabled(bob.user.key, datetime.now(UTC), call=new_call())
    assert (await gateway.ask(REMOVE, {"id": shop.id, "user": ada.id}, token=ada.token)).codes == ["CONFLICT"]


async def test_nobody_gives_takes_or_changes_a_role_above_their_own(gateway: Gateway) -> None:
    owner, admin, other = await gateway.person("Owner"), await gateway.person("Admin"), await gateway.person("Other")
    shop = await gateway.project("shop", owner=owner, admin=admin)
    tries = [
        (ADD, {"email": other.user.email, "role": "OWNER"}),
        (CHANGE, {"user": admin.id, "role": "OWNER"}),
        (CHANGE, {"user": owner.id, "role": "VIEWER"}),
        (REMOVE, {"user": owner.id}),
    ]
    for query, variables in tries:
        assert (await gateway.ask(query, {"id": shop.id, **variables}, token=admin.token)).codes == ["FORBIDDEN"], query


async def test_a_key_has_a_dsn_and_is_revoked(gateway: Gateway) -> None:
    ada = await gateway.person()
    shop = await gateway.project("shop", admin=ada)
    made = (await gateway.ask(MAKE_KEY, {"id": shop.id}, token=ada.token)).data["createIngestKey"]
    public_key, _, rest = made["dsn"].removeprefix("http://").partition("@")
    assert len(public_key) == 32
    assert rest == f"gateway.test/{shop.number}"
    at = datetime.now(UTC)
    (found,) = await gateway.repositories.ingest_keys.of_projects([shop.key], call=new_call())
    await gateway.repositories.ingest_keys.used({found.key: at}, call=new_call())
    await gateway.repositories.ingest_keys.used({found.key: NOW}, call=new_call())
    revoked = (await gateway.ask(REVOKE_KEY, {"id": made["id"]}, token=ada.token)).data["revokeIngestKey"]
    (listed,) = (await gateway.ask(KEYS, {"slug": "shop"}, token=ada.token)).data["project"]["ingestKeys"]
    assert listed["revokedAt"] == revoked["revokedAt"] is not None
    assert datetime.fromisoformat(listed["lastUsedAt"]) == at


async def test_the_dsn_is_at_the_public_address(database_url: str, tmp_path: Any) -> None:
    async with open_gateway(database_url, tmp_path, public_url="https://telemetry.example.com/gw/") as gateway:
        ada = await gateway.person()
        shop = await gateway.project("shop", owner=ada)
        made = (await gateway.ask(MAKE_KEY, {"id": shop.id}, token=ada.token)).data["createIngestKey"]
        assert made["dsn"].startswith("https://")
        assert made["dsn"].endswith(f"@telemetry.example.com/gw/{shop.number}")


async def test_what_is_not_ones_own_looks_like_what_does_not_exist(gateway: Gateway) -> None:
    ada, eve = await gateway.person(), await gateway.person("Eve")
    shop = await gateway.project("shop", owner=ada)
    await gateway.project("other", owner=eve)
    key = (await gateway.ask(MAKE_KEY, {"id": shop.id}, token=ada.token)).data["createIngestKey"]["id"]
    missing = "UHJvamVjdDowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDE"
    missing_key = "SW5nZXN0S2V5OjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMQ"
    pairs = [
        (DELETE, {"id": shop.id}, {"id": missing}),
        (MAKE_KEY, {"id": shop.id}, {"id": missing}),
        (UPDATE, {"id": shop.id, "input": {}}, {"id": missing, "input": {}}),
        (REMOVE, {"id": shop.id, "user": ada.id}, {"id": missing, "user": ada.id}),
        (REVOKE_KEY, {"id": key}, {"id": missing_key}),
        ("query N($id: ID!) { node(id: $id) { id } }", {"id": key}, {"id": missing_key}),
        (PROJECT, {"slug": "shop"}, {"slug": "nothing"}),
    ]
    for query, real, unreal in pairs:
        answers = [await gateway.ask(query, variables, token=eve.token) for variables in (real, unreal)]
        assert answers[0].body == answers[1].body, query
