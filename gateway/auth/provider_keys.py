"""An identity provider's keys, kept for an hour, asked for again when a token names an unknown one, and never in a rush."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jwt
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError

if TYPE_CHECKING:
    from datasources.protocols import KeySource

log = structlog.get_logger(__name__)

FRESH_S = 3_600.0
KEPT_S = 24 * 3_600.0
"""While the provider cannot be reached, known keys are good for a day."""
BRAKE_S = 30.0
TIMEOUT_S = 5.0
RSA_BITS = 2_048
_CURVES = {"ES256": ("P-256",), "ES384": ("P-384",), "ES512": ("P-521",), "EdDSA": ("Ed25519", "Ed448")}
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}

Jwk = Mapping[str, Any]


class ProviderKeys:
    """Keys by the id that tokens name them by."""

    def __init__(self, source: KeySource, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._lock = asyncio.Lock()
        self._by_kid: dict[str, Jwk] = {}
        self._tried_at: float | None = None
        self._fetched_at: float | None = None

    async def key(self, kid: object, algorithm: str) -> jwt.PyJWK | None:
        """The key of an id for an algorithm; None for one that the provider does not have, or has for something else."""
        if not isinstance(kid, str):
            return None
        if self._is_older_than(FRESH_S) or kid not in self._by_kid:
            await self._refresh(kid)
        found = None if self._is_older_than(KEPT_S) else self._by_kid.get(kid)
        return usable(found, algorithm) if found is not None else None

    async def _refresh(self, kid: str) -> None:
        """Asks for the keys, unless somebody has lately: tokens with invented ids do not become requests."""
        async with self._lock:
            if not self._is_older_than(FRESH_S) and kid in self._by_kid:
                return
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < BRAKE_S:
                return
            self._tried_at = now
            try:
                keys = await self._source.keys(Call(Deadline.after(TIMEOUT_S), Ledger()))
            except GatewayError as error:
                log.warning("provider_keys_failed", code=error.code, reason=error.message)
                return
            self._by_kid = by_kid(keys)
            self._fetched_at = now

    def _is_older_than(self, seconds: float) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at > seconds


def by_kid(keys: Sequence[Jwk]) -> dict[str, Jwk]:
    """Those that have an id and are for signatures, the first of each id."""
    found: dict[str, Jwk] = {}
    for key in keys:
        if isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig":
            found.setdefault(key["kid"], key)
    return found


def usable(key: Jwk, algorithm: str) -> jwt.PyJWK | None:
    """The key, if it is of the algorithm's kind, curve and strength, and says of itself nothing else."""
    if key.get("alg", algorithm) != algorithm or key.get("kty") != _KINDS.get(algorithm[:2]):
        return None
    if algorithm in _CURVES and key.get("crv") not in _CURVES[algorithm]:
        return None
    public = {name: value for name, value in key.items() if name != "d"}
    try:
        found = jwt.PyJWK(public, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return found if getattr(found.key, "key_size", RSA_BITS) >= RSA_BITS or key["kty"] != "RSA" else None
