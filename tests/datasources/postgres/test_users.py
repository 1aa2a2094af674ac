"""People and their memberships."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from datasources.exceptions import Conflict
from datasources.postgres.repositories import Repositories
from datasources.records.users import Role
from tests.store_rows import make_project, make_user, new_call


async def test_address_is_found_whatever_its_spelling(repositories: Repositories) -> None:
    made = await repositories.users.create(email="Ada@Example.com", name="Ada", password_hash="h", call=new_call())
    assert made.email == "ada@example.com"
    assert await repositories.users.by_email("ADA@example.COM", call=new_call()) == made
    assert await repositories.users.sign_in_record("aDa@example.com", call=new_call()) == (made, "h")
    assert await repositories.users.by_email("eve@example.com", call=new_call()) is None


async def test_taken_address_is_a_conflict(repositories: Repositories) -> None:
    user = await make_user(repositories)
    with pytest.raises(Conflict):
        await repositories.users.create(email=user.email.upper(), name="Eve", password_hash=None, call=new_call())


async def test_roles_tell_a_stranger_from_somebody_unknown(repositories: Repositories) -> None:
    project = await make_project(repositories)
    member, stranger = await make_user(repositories, project=project), await make_user(repositories)
    assert await repositories.users.roles_of(member.key, call=new_call()) == {project.key: Role.MEMBER}
    assert await repositories.users.roles_of(stranger.key, call=new_call()) == {}
    assert await repositories.users.roles_of(project.key, call=new_call()) is None


async def test_disabled_person_has_no_roles_and_no_sign_in(repositories: Repositories) -> None:
    user = await make_user(repositories)
    assert await repositories.users.set_disabled(user.key, datetime.now(UTC), call=new_call())
    assert await repositories.users.roles_of(user.key, call=new_call()) is None
    assert await repositories.users.sign_in_record(user.email, call=new_call()) is None


async def test_password_is_replaced(repositories: Repositories) -> None:
    user = await make_user(repositories)
    assert await repositories.users.set_password(user.key, "new", call=new_call())
    assert await repositories.users.sign_in_record(user.email, call=new_call()) == (user, "new")


async def test_memberships_of_many_are_one_statement(repositories: Repositories) -> None:
    project = await make_project(repositories)
    users = [await make_user(repositories, project=project) for _ in range(3)]
    call = new_call()
    found = await repositories.users.memberships([user.key for user in users], call=call)
    assert {one.user_key for one in found} == {user.key for user in users}
    assert len(call.ledger.entries) == 1
