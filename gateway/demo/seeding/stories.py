"""What the demo's team did to its errors some hours ago: without it, every group would look alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from datasources.calls import Call
from datasources.postgres.repositories import Repositories
from datasources.records.errors import ErrorOrder, ErrorStatus, GroupQuery
from datasources.records.projects import Project
from datasources.records.users import User

ASSIGNED, RESOLVED, IGNORED = 0, 1, -1
"""Places in the list by number of events. The resolved one comes back, and is then regressed."""


async def tell_story(repositories: Repositories, project: Project, user: User, at: datetime, *, call: Call) -> None:
    """Assigns, resolves and ignores one group each, where there are that many."""
    query = GroupQuery(order=ErrorOrder.EVENTS, first=100)
    (page,) = await repositories.errors.groups.of_projects([project.key], query, call=call)
    keys = [group.key for group in page.nodes]
    if len(keys) < 3:
        return
    workflow = repositories.errors.workflow
    await workflow.assign(keys[ASSIGNED], user.key, by=user.key, at=at, call=call)
    said = "It is the same minute every time. Looking at the traces."
    await workflow.comment(keys[ASSIGNED], said, by=user.key, at=at + timedelta(minutes=4), call=call)
    await workflow.set_status([keys[RESOLVED]], ErrorStatus.RESOLVED, by=user.key, at=at, call=call)
    await workflow.set_status([keys[IGNORED]], ErrorStatus.IGNORED, by=user.key, at=at, call=call)
