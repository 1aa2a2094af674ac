"""Sessions: signing up, in and out, and passing a session on."""

from __future__ import annotations

from uuid import UUID

from datasources.exceptions import BadInput, Forbidden, Unauthenticated
from datasources.records.users import AuthPayload, User

from .access import Principal, require_user
from .account_rules import PASSWORD_CHARACTERS, SignUp, check_email, check_name, check_password
from .attempts import (
    CHANGE_PASSWORD,
    SIGN_IN_BY_ACCOUNT,
    SIGN_IN_BY_ADDRESS,
    SIGN_UP_BY_ADDRESS,
    count_attempt,
    forgive_attempts,
    give_back_attempt,
    network_of,
)
from .context import RequestContext

REFRESH_PREFIX = "gwr_"
REFUSED = "the address or the password is wrong"


async def sign_up(
    context: RequestContext, *, email: str, password: str, name: str, invitation: str | None
) -> AuthPayload:
    """Makes an account, if the gateway's policy admits the address or an invitation for it is shown.

    Raises: Forbidden, BadInput for what breaks a rule, Conflict for an address that is taken, RateLimited.
    """
    policy = context.sign_up
    if policy.kind is SignUp.CLOSED:
        raise Forbidden("sign-up is closed here: an operator makes the accounts")
    email = check_email(email, argument="input.email")
    name = check_name(name, argument="input.name")
    check_password(password, email, argument="input.password")
    if invitation is None and not policy.admits(email):
        raise Forbidden("this address may not sign up here without an invitation")
    await count_attempt(context, SIGN_UP_BY_ADDRESS, network_of(context.client_address))
    hashed = await context.credentials.hash_password(password)
    if invitation is None:
        created = await context.repositories.users.create(
            email=email, name=name, password_hash=hashed, call=context.call
        )
        return await _begin(context, created)
    digest = context.credentials.digest(invitation)
    invited = await context.repositories.invitations.accept(
        digest, email=email, name=name, password_hash=hashed, now=context.now, call=context.call
    )
    if invited is None:
        raise Forbidden("this is no invitation for this address, or one that was used or has expired")
    return await _begin(context, invited)


async def sign_in(context: RequestContext, *, email: str, password: str) -> AuthPayload:
    """Trades an address and a password for a session.

    Raises: Unauthenticated, in the same words and after the same time for an unknown address and a wrong password;
    RateLimited, whether there is such an account or not.
    """
    if len(password) > PASSWORD_CHARACTERS[1]:
        raise BadInput("the password is too long", argument="input.password")
    address, account = network_of(context.client_address), email.strip().lower()
    await count_attempt(context, SIGN_IN_BY_ADDRESS, address)
    await count_attempt(context, SIGN_IN_BY_ACCOUNT, account)
    found = await context.repositories.users.sign_in_record(account, call=context.call)
    user, stored = found if found is not None else (None, None)
    if not await context.credentials.verify_password(stored, password) or user is None:
        raise Unauthenticated(REFUSED)
    await give_back_attempt(context, SIGN_IN_BY_ADDRESS, address)
    await forgive_attempts(context, SIGN_IN_BY_ACCOUNT, account)
    return await _begin(context, user)


async def refresh_session(context: RequestContext, refresh_token: str) -> AuthPayload:
    """Trades a refresh token for a new pair. A second use of one ends its session.

    Raises: Unauthenticated, in the same words whatever is wrong with it.
    """
    credentials = context.credentials
    secret, digest = credentials.new_secret(REFRESH_PREFIX)
    session = await context.repositories.sessions.rotate(
        credentials.digest(refresh_token),
        digest,
        now=context.now,
        expires_at=context.now + credentials.refresh_ttl,
        call=context.call,
    )
    users = await context.repositories.users.by_keys([session.user_key], call=context.call) if session else []
    if session is None or not users:
        raise Unauthenticated("the refresh token is not valid")
    return await _payload(context, users[0], session.session_key, secret)


async def sign_out(context: RequestContext, refresh_token: str) -> bool:
    """Ends the session of a refresh token, its access tokens too; whether there was one."""
    digest = context.credentials.digest(refresh_token)
    return await context.repositories.sessions.end(digest, now=context.now, call=context.call)


async def change_password(context: RequestContext, *, current: str, new: str) -> User:
    """Replaces the viewer's password, and ends all their sessions but this one.

    Raises: BadInput for a wrong current password or a new one that breaks a rule, RateLimited.
    """
    user_key = require_user(context.principal)
    repositories, call = context.repositories, context.call
    (user,) = await repositories.users.by_keys([user_key], call=call)
    check_password(new, user.email, argument="new")
    await count_attempt(context, CHANGE_PASSWORD, str(user_key))
    stored = await repositories.users.stored_password(user_key, call=call)
    if stored is None:
        raise BadInput("this account has no password: it signs in elsewhere", argument="current")
    if len(current) > PASSWORD_CHARACTERS[1] or not await context.credentials.verify_password(stored, current):
        raise BadInput("the current password is wrong", argument="current")
    await repositories.users.set_password(user_key, await context.credentials.hash_password(new), call=call)
    await repositories.sessions.end_all(user_key, keep=context.principal.session_key, now=context.now, call=call)
    await forgive_attempts(context, CHANGE_PASSWORD, str(user_key))
    return user


async def _begin(context: RequestContext, user: User) -> AuthPayload:
    secret, digest = context.credentials.new_secret(REFRESH_PREFIX)
    expires_at = context.now + context.credentials.refresh_ttl
    session_key = await context.repositories.sessions.begin(user.key, digest, expires_at=expires_at, call=context.call)
    return await _payload(context, user, session_key, secret)


async def _payload(context: RequestContext, user: User, session_key: UUID, secret: str) -> AuthPayload:
    """The answer, beside which the same request may already ask for what the person may see."""
    roles = await context.repositories.users.roles_of(user.key, session_key, call=context.call)
    context.principal = Principal(user.key, roles or {}, session_key=session_key)
    token, expires_at = context.credentials.issue_access_token(user.key, session_key)
    return AuthPayload(token, secret, expires_at, user)
