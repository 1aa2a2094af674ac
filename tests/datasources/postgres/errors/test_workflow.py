"""What people do to groups leaves an activity and a message, once."""

from __future__ import annotations

from uuid import UUID

from datasources.postgres.repositories import Repositories
from datasources.records.errors import ErrorActivity, ErrorStatus, EventQuery, GroupQuery
from tests.store_rows import NOW, make_project, make_user, new_call, new_event, store_events


async def activity(repositories: Repositories, group: UUID) -> list[ErrorActivity]:
    (found,) = await repositories.errors.activity.of_groups([group], EventQuery(), call=new_call())
    return found.nodes


async def test_status_assignment_and_comment_are_noted_once(repositories: Repositories) -> None:
    project = await make_project(repositories)
    ada = await make_user(repositories)
    await store_events(repositories, new_event(project))
    (page,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(), call=new_call())
    group, workflow = page.nodes[0].key, repositories.errors.workflow
    for changed in (1, 0):
        status = ErrorStatus.RESOLVED
        assert await workflow.set_status([group], status, by=ada.key, at=NOW, call=new_call()) == changed
        assert await workflow.assign(group, ada.key, by=None, at=NOW, call=new_call()) == bool(changed)
    await workflow.comment(group, "on it", by=ada.key, at=NOW, call=new_call())
    (found,) = await repositories.errors.groups.by_keys([group], call=new_call())
    assert (found.status, found.assignee_key) == (ErrorStatus.RESOLVED, ada.key)
    noted = await activity(repositories, group)
    assert {(one.kind, one.user_key, one.body) for one in noted} == {
        ("resolved", ada.key, None), ("assigned", None, None), ("comment", ada.key, "on it"),
    }  # fmt: skip
    assert len(noted) == 3
    kinds = await repositories.database.fetch("SELECT kind FROM outbox ORDER BY sequence", call=new_call())
    assert [row["kind"] for row in kinds] == ["NEW", "STATUS_CHANGED", "ASSIGNED"]
