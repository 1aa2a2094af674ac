"""The only place that authorises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from datasources.exceptions import Forbidden, NotFound, Unauthenticated
from datasources.records.projects import Project
from datasources.records.users import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `user_key` is None for an anonymous request and for a machine, which has a `token_key` instead.

    `session_key` names the session that a person's token is of, where it is one of the gateway's own.
    """

    user_key: UUID | None = None
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    """Role by project key, as of the start of the request."""
    session_key: UUID | None = None
    token_key: UUID | None = None

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


def with_role(principal: Principal, project_key: UUID, role: Role) -> Principal:
    """The principal of a request that has just given itself a project."""
    return replace(principal, roles={**principal.roles, project_key: role})


def administers(principal: Principal, project_key: UUID) -> bool:
    """Whether the principal's role in a project is ADMIN or above."""
    role = role_in(principal, project_key)
    return role is not None and role.covers(Role.ADMIN)


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


def require_seen(principal: Principal, project_key: UUID | None, needed: Role, *, missing: str) -> UUID:
    """The key of the project of something that a mutation names; None where there is no such thing.

    Raises: as `require`; NotFound with the words of `missing` both for what does not exist and for a stranger's.
    """
    require_signed_in(principal)
    if project_key is None or not may_see(principal, project_key):
        raise NotFound(missing)
    require_by_key(principal, project_key, needed)
    return project_key


def require_user(principal: Principal) -> UUID:
    """The signed-in person's key.

    Raises: Unauthenticated for an anonymous request; Forbidden for a machine's token.
    """
    require_signed_in(principal)
    if principal.user_key is None:
        raise Forbidden("this is for people; a machine's token cannot do it")
    return principal.user_key


def require_person(principal: Principal, project_key: UUID, needed: Role) -> UUID:
    """The person's key, whose role in a project covers `needed`: for what would let a stolen token outlive its revocation.

    Raises: as `require`; Forbidden for a machine's token.
    """
    require_by_key(principal, project_key, needed)
    return require_user(principal)


def require_signed_in(principal: Principal) -> None:
    """Raises: Unauthenticated for an anonymous request."""
    if principal.is_anonymous:
        raise Unauthenticated("sign in first")


def require_grantable(principal: Principal, project_key: UUID, role: Role) -> None:
    """Nobody gives, takes or changes a role above their own.

    Raises: Forbidden.
    """
    own = role_in(principal, project_key)
    if own is None or not own.covers(role):
        raise Forbidden(f"this needs the role {role}, yours is {own or 'none'}")
