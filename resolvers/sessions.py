"""Signing in."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from datasources.exceptions import BadInput, Unauthenticated
from datasources.records.users import User

from .context import RequestContext

MAX_PASSWORD = 1_000


class AuthPayload(Struct, frozen=True):
    """An access token and whose it is."""

    access_token: str
    expires_at: datetime
    user: User


async def sign_in(context: RequestContext, *, email: str, password: str) -> AuthPayload:
    """Trades an address and a password for a token.

    Raises: Unauthenticated, in the same words and after the same time for an unknown address and a wrong password.
    """
    if len(password) > MAX_PASSWORD:
        raise BadInput("the password is too long", argument="input.password")
    found = await context.repositories.users.sign_in_record(email.strip(), call=context.call)
    user, stored = found if found is not None else (None, None)
    if not await context.credentials.verify_password(stored, password) or user is None:
        raise Unauthenticated("the address or the password is wrong")
    token, expires_at = context.credentials.issue_access_token(user.key)
    return AuthPayload(token, expires_at, user)
