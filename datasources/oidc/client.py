"""Where an identity provider's keys are, and what they are."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ..calls import Call
from ..http import HttpSender, SourceRequest
from ..records.sources import Source
from . import responses
from .responses import Jwk

WELL_KNOWN = "/.well-known/openid-configuration"
OpenSender = Callable[[str], HttpSender]
"""A sender for an address without a path."""


class OidcSource:
    """Implements `protocols.KeySource`. Its keys may be on another host than the issuer."""

    def __init__(self, open_sender: OpenSender, *, issuer: str, jwks_url: str | None = None) -> None:
        self._open_sender = open_sender
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._senders: dict[str, HttpSender] = {}

    async def keys(self, call: Call) -> list[Jwk]:
        """Its keys now. Raises: SourceError."""
        url = self._jwks_url or await self._discover(call)
        sender, path = self._sender(url)
        return await sender.ask(
            SourceRequest("GET", path), lambda response: responses.decode_keys(response, sender.name), call=call
        )

    def status(self) -> Source:
        """How the issuer's host does."""
        return self._sender(self._jwks_url or self._issuer)[0].status()

    async def close(self) -> None:
        """Closes the connections."""
        for sender in self._senders.values():
            await sender.close()

    async def _discover(self, call: Call) -> str:
        sender, path = self._sender(self._issuer.rstrip("/") + WELL_KNOWN)
        return await sender.ask(
            SourceRequest("GET", path),
            lambda response: responses.decode_discovery(response, sender.name, self._issuer),
            call=call,
        )

    def _sender(self, url: str) -> tuple[HttpSender, str]:
        """(the sender of the address's host, the address's path)."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._senders:
            self._senders[host] = self._open_sender(host)
        return self._senders[host], url[len(host) :] or "/"
