"""Tokens of an OpenID Connect provider: checked against its keys, and bound to the people whom the store knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt
import structlog

from datasources.calls import Call
from datasources.exceptions import BadInput, Conflict, Unauthenticated
from datasources.records.users import Role
from resolvers.access import Principal
from resolvers.account_rules import NAME_CHARACTERS, check_email

from .provider_keys import ProviderKeys
from .tokens import REFUSED, REQUIRED

if TYPE_CHECKING:
    from datasources.postgres.repositories import Repositories

log = structlog.get_logger(__name__)
MAX_SUBJECT = 255
MAX_ROLES = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class OidcRules:
    """What a token has to be. Made from the settings GATEWAY_OIDC_*."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway_s: int = 60
    email_claim: str = "email"
    roles_claim: str | None = None
    provision: bool = False


class OidcTokens:
    """Implements `authenticate.ForeignTokens`. Whatever is wrong, the sender is told the same; the log is told the reason."""

    def __init__(self, rules: OidcRules, keys: ProviderKeys, repositories: Repositories) -> None:
        self._rules = rules
        self._keys = keys
        self._repositories = repositories

    async def principal(self, token: str, call: Call) -> Principal:
        """Who it is.

        Raises: Unauthenticated; SourceError where the store cannot tell.
        """
        claims = await self._claims(token)
        user_key = await self._user_of(claims, call)
        roles = await self._repositories.users.roles_of(user_key, call=call)
        if roles is None:
            raise _refusal("disabled")
        claimed = await self._claimed_roles(claims, call)
        return Principal(user_key, _highest(roles, claimed))

    async def _claims(self, token: str) -> dict[str, Any]:
        rules = self._rules
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in rules.algorithms:
                raise _refusal("algorithm")
            key = await self._keys.key(header.get("kid"), algorithm)
            if key is None:
                raise _refusal("key")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                [algorithm],
                audience=rules.audience,
                issuer=rules.issuer,
                leeway=rules.leeway_s,
                options={"require": REQUIRED},
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise _refusal(type(error).__name__) from None
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT or not subject.isprintable():
            raise _refusal("subject")
        return claims

    async def _user_of(self, claims: Mapping[str, Any], call: Call) -> UUID:
        identities, rules = self._repositories.identities, self._rules
        known = await identities.user_of(rules.issuer, claims["sub"], call=call)
        if known is not None:
            return known
        if claims.get("email_verified") in (False, "false"):
            raise _refusal("address not verified")
        try:
            email = check_email(str(claim(claims, rules.email_claim) or ""), argument="email")
            bound = await identities.bind(
                rules.issuer,
                claims["sub"],
                email=email,
                name=_name(claims, email),
                provision=rules.provision,
                call=call,
            )
        except (BadInput, Conflict):
            raise _refusal("address") from None
        if bound is None:
            raise _refusal("nobody's address")
        return bound

    async def _claimed_roles(self, claims: Mapping[str, Any], call: Call) -> dict[UUID, Role]:
        if self._rules.roles_claim is None:
            return {}
        by_slug = claimed_roles(claim(claims, self._rules.roles_claim))
        if not by_slug:
            return {}
        keys = await self._repositories.identities.projects_by_slug(list(by_slug), call=call)
        return {key: by_slug[slug] for slug, key in keys.items()}


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path with dots where there is none of the whole name."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def claimed_roles(claimed: object) -> dict[str, Role]:
    """Role by slug from texts such as `shop:ADMIN`; what is no such text is somebody else's and ignored."""
    found: dict[str, Role] = {}
    texts = claimed if isinstance(claimed, list) else [claimed]
    for text in texts[:MAX_ROLES]:
        slug, _, word = text.rpartition(":") if isinstance(text, str) else ("", "", "")
        role = Role.__members__.get(word.upper())
        if _SLUG.fullmatch(slug) and role is not None and (slug not in found or role.covers(found[slug])):
            found[slug] = role
    return found


def _highest(roles: Mapping[UUID, Role], claimed: Mapping[UUID, Role]) -> dict[UUID, Role]:
    found = dict(roles)
    for key, role in claimed.items():
        if key not in found or role.covers(found[key]):
            found[key] = role
    return found


def _name(claims: Mapping[str, Any], email: str) -> str:
    name = claims.get("name")
    usable = isinstance(name, str) and name.strip() and name.isprintable()
    return name.strip()[:NAME_CHARACTERS] if usable and isinstance(name, str) else email.partition("@")[0]


def _refusal(reason: str) -> Unauthenticated:
    log.info("oidc_token_refused", reason=reason)
    return Unauthenticated(REFUSED)
