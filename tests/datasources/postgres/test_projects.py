"""Projects, their scope, and paging through them."""

from __future__ import annotations

import pytest

from datasources.exceptions import BadInput, Conflict
from datasources.postgres.repositories import Repositories
from datasources.records.users import Role
from datasources.scope import Rule, Signal
from tests.store_rows import make_project, make_user, new_call


async def test_project_comes_back_as_it_was_made(repositories: Repositories) -> None:
    rules = [
        Rule("service_namespace", ("shop", "store")),
        Rule("job", pattern="shop/.+", signals=frozenset({Signal.METRICS})),
    ]
    made = await repositories.projects.create(slug="shop", name="Shop", rules=rules, tenant="t1", call=new_call())
    assert made.scope.rules == tuple(rules)
    assert (made.scope.tenant, made.scope.projects) == ("t1", {made.id})
    assert await repositories.projects.by_slug("shop", call=new_call()) == made
    assert await repositories.projects.by_keys([made.key], call=new_call()) == [made]
    assert await repositories.projects.by_slug("bank", call=new_call()) is None


async def test_numbers_rise(repositories: Repositories) -> None:
    numbers = [(await make_project(repositories, slug)).number for slug in ("a", "b", "c")]
    assert numbers == [1, 2, 3]


async def test_taken_slug_is_a_conflict(repositories: Repositories) -> None:
    await make_project(repositories)
    with pytest.raises(Conflict, match="shop"):
        await make_project(repositories)


async def test_pages_follow_the_slugs_through_new_projects(repositories: Repositories) -> None:
    keys = [(await make_project(repositories, slug)).key for slug in ("b", "d", "f")]
    first = await repositories.projects.page(keys, first=2, call=new_call())
    assert ([project.slug for project in first.nodes], first.has_next_page, first.total_count) == (["b", "d"], True, 3)
    keys.append((await make_project(repositories, "c")).key)
    rest = await repositories.projects.page(keys, first=2, after=first.page_info.end_cursor, call=new_call())
    assert ([project.slug for project in rest.nodes], rest.has_next_page, rest.has_previous_page) == (
        ["f"],
        False,
        True,
    )


@pytest.mark.parametrize(
    ("search", "found"),
    [("SHO", ["shop"]), ("op", ["shop"]), ("%", []), ("_", []), ("  ", ["bank", "shop"]), ("\\", [])],
    ids=["case", "middle", "percent", "underscore", "blank", "backslash"],
)
async def test_search_takes_wildcards_by_the_letter(repositories: Repositories, search: str, found: list[str]) -> None:
    keys = [(await make_project(repositories, slug)).key for slug in ("shop", "bank")]
    page = await repositories.projects.page(keys, search=search, call=new_call())
    assert [project.slug for project in page.nodes] == found
    assert page.total_count == len(found)


@pytest.mark.parametrize("cursor", ["", "x", "e30", "WyJhbGVydCIsInYiLCJhIiwiYiJd", "ä"])
async def test_nonsense_for_a_cursor_is_bad_input(repositories: Repositories, cursor: str) -> None:
    project = await make_project(repositories)
    with pytest.raises(BadInput) as error:
        await repositories.projects.page([project.key], after=cursor, call=new_call())
    assert error.value.argument == "after"


async def test_members_come_by_role_and_name(repositories: Repositories) -> None:
    project = await make_project(repositories)
    zoe, ada, bob = [await make_user(repositories, name, project=project) for name in ("Zoe", "Ada", "Bob")]
    await repositories.projects.set_member(project.key, zoe.key, Role.OWNER, call=new_call())
    found = await repositories.projects.members([project.key], call=new_call())
    assert [(one.user_key, one.role) for one in found] == [
        (zoe.key, Role.OWNER), (ada.key, Role.MEMBER), (bob.key, Role.MEMBER),
    ]  # fmt: skip
