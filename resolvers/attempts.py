"""Brakes on guessing: attempts counted per address and per account, in the store, for all gateways together."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from datasources.exceptions import RateLimited

from .context import RequestContext


@dataclass(frozen=True, slots=True)
class Brake:
    """`burst` attempts at once, and one more `every` so often."""

    name: str
    every: timedelta
    burst: int


SIGN_IN_BY_ADDRESS = Brake("sign-in address", timedelta(seconds=3), 60)
SIGN_IN_BY_ACCOUNT = Brake("sign-in account", timedelta(seconds=30), 20)
SIGN_UP_BY_ADDRESS = Brake("sign-up address", timedelta(seconds=30), 20)
CHANGE_PASSWORD = Brake("change password", timedelta(seconds=30), 10)
ADD_MEMBER = Brake("add member", timedelta(seconds=10), 60)


async def count_attempt(context: RequestContext, brake: Brake, who: str) -> None:
    """Counts one attempt before it is made, so that many at once are not more than many after each other.

    Raises: RateLimited with the seconds to wait.
    """
    wait_s = await context.repositories.attempts.count(
        _key(brake, who), every=brake.every, burst=brake.burst, now=context.now, call=context.call
    )
    if wait_s:
        raise RateLimited("too many attempts: come again later", retry_after_s=wait_s)


async def forgive_attempts(context: RequestContext, brake: Brake, who: str) -> None:
    """Forgets what was counted: the last attempt was the right one."""
    await context.repositories.attempts.forgive(_key(brake, who), call=context.call)


async def give_back_attempt(context: RequestContext, brake: Brake, who: str) -> None:
    """Takes back the one attempt that was right, and leaves the others counted."""
    await context.repositories.attempts.give_back(_key(brake, who), every=brake.every, call=context.call)


def network_of(address: str) -> str:
    """What one client can be taken for: an IPv4 address, or the /64 of an IPv6 one, which any host can fill."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def _key(brake: Brake, who: str) -> bytes:
    return hashlib.sha256(f"{brake.name}:{who}".encode()).digest()
