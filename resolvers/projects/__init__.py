"""Projects, their members, their keys, and the wall that decides who may claim which telemetry."""

from .changes import check_slug, create_project, delete_project, update_project
from .keys import create_ingest_key, dsn, ingest_keys, ingest_keys_by_key, revoke_ingest_key
from .lists import (
    check_page,
    may_see_user,
    members,
    memberships,
    project,
    project_of_id,
    projects,
    projects_by_key,
    users_by_key,
)
from .membership import add_member, change_member_role, remove_member
from .wall import ScopeInput, is_within, rules_of

__all__ = [
    "ScopeInput",
    "add_member",
    "change_member_role",
    "check_page",
    "check_slug",
    "create_ingest_key",
    "create_project",
    "delete_project",
    "dsn",
    "ingest_keys",
    "ingest_keys_by_key",
    "is_within",
    "may_see_user",
    "members",
    "memberships",
    "project",
    "project_of_id",
    "projects",
    "projects_by_key",
    "remove_member",
    "revoke_ingest_key",
    "rules_of",
    "update_project",
    "users_by_key",
]
