"""The only place that authorises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from datasources.exceptions import Forbidden, NotFound, Unauthenticated
from datasources.records.projects import Project
from datasources.records.users import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `user_key` is None for an anonymous request and for a machine's token."""

    user_key: UUID | None = None
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    """Role by project key, as of the start of the request."""

    @property
    def is_anonymous(self) -> bool:
        """No credential was given."""
        return self.user_key is None and not self.roles


ANONYMOUS = Principal()


def role_in(principal: Principal, project_key: UUID) -> Role | None:
    """The principal's role in a project, None where it has none."""
    return principal.roles.get(project_key)


def may_see(principal: Principal, project_key: UUID) -> bool:
    """Whether the project exists for this principal at all."""
    return project_key in principal.roles


def require(principal: Principal, project: Project, needed: Role) -> Role:
    """The principal's role in `project`, if it covers `needed`.

    Raises: Unauthenticated for an anonymous request; NotFound for a stranger, to whom a project that is not theirs
    looks like one that does not exist; Forbidden for a member whose role is too low.
    """
    return require_by_key(principal, project.key, needed)


def require_by_key(principal: Principal, project_key: UUID, needed: Role) -> Role:
    """The same for what carries its project's key only: an error group, an alert.

    Raises: as `require`.
    """
    if principal.is_anonymous:
        raise Unauthenticated("sign in to see this project")
    role = role_in(principal, project_key)
    if role is None:
        raise NotFound("no such project")
    if not role.covers(needed):
        raise Forbidden(f"this needs the role {needed}, yours is {role}")
    return role


def require_user(principal: Principal) -> UUID:
    """The signed-in person's key.

    Raises: Unauthenticated for an anonymous request and for a machine's token.
    """
    if principal.user_key is None:
        raise Unauthenticated("sign in first")
    return principal.user_key


def require_signed_in(principal: Principal) -> None:
    """Raises: Unauthenticated for an anonymous request."""
    if principal.is_anonymous:
        raise Unauthenticated("sign in first")
