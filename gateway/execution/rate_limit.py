"""The phase that bounds what a caller, and an address, may ask for in a minute: by cost, not by count."""

from __future__ import annotations

import ipaddress
import math

from msgspec import Struct

from datasources.rate_limits.buckets import Bucket, RateLimiter, Verdict

from .operation import Operation
from .request import RequestFault

CHARACTERS_PER_UNIT = 20
"""What a document that is refused costs: reading it takes time too."""


class Rates(Struct, frozen=True, kw_only=True):
    """Units of cost per minute; a whole minute's may be spent at once. 0 sets no limit."""

    caller: int = 1_000_000
    """Of a person or of a machine's token."""
    anonymous: int = 50_000
    """Of an address, without a credential."""
    address: int = 3_000_000
    """Of an address, whoever asks from it."""


class RateLimit:
    """A phase, after the cost is known. `charge_refused` is for what did not come that far."""

    def __init__(self, limiter: RateLimiter, rates: Rates) -> None:
        self._limiter = limiter
        self._rates = rates

    async def __call__(self, operation: Operation) -> None:
        """Draws the operation's cost. Raises: RequestFault (429) where there is not enough left."""
        assert operation.cost is not None
        await self._draw(operation, operation.cost.requested)

    async def charge_refused(self, operation: Operation) -> None:
        """Draws what it took to read a document that is not executed. Raises: as above."""
        text = operation.text or operation.request.query or ""
        await self._draw(operation, 1 + len(text) // CHARACTERS_PER_UNIT)

    async def _draw(self, operation: Operation, units: int) -> None:
        buckets = self._buckets(operation)
        if not buckets:
            return
        found = await self._limiter.draw(buckets, units)
        operation.headers |= headers(found)
        if not found.granted:
            after = {"retry-after": str(math.ceil(found.retry_after_s))}
            message = f"too much was asked for: try again in {math.ceil(found.retry_after_s)} s"
            raise RequestFault(message, status=429, code="RATE_LIMITED", headers=operation.headers | after)

    def _buckets(self, operation: Operation) -> list[Bucket]:
        principal, rates = operation.context.principal, self._rates
        address = network_of(operation.context.client_address)
        if principal.user_key is not None:
            found = [_bucket(f"user:{principal.user_key}", rates.caller)]
        elif not principal.is_anonymous:
            found = [_bucket(f"token:{principal.token_key}", rates.caller)]
        else:
            found = [_bucket(f"anonymous:{address}", rates.anonymous)]
        found.append(_bucket(f"address:{address}", rates.address))
        return [bucket for bucket in found if bucket.capacity]


def headers(found: Verdict) -> dict[str, str]:
    """What the caller has left. Source: draft-ietf-httpapi-ratelimit-headers-05."""
    return {
        "ratelimit-limit": str(found.limit),
        "ratelimit-remaining": str(found.remaining),
        "ratelimit-reset": str(math.ceil(found.reset_s)),
    }


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 one the first 64 bits, of which a single client has all the rest."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


def _bucket(key: str, per_minute: int) -> Bucket:
    return Bucket(key, float(per_minute), per_minute / 60)
