"""A small identity provider: discovery, keys, and tokens of any kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from datasources.http import HttpSender, SourceSettings
from datasources.oidc.client import OidcSource
from datasources.records.sources import SourceKind

ISSUER = "https://login.example.com/realm"
AUDIENCE = "gateway"
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
SHORT_RSA_KEY = rsa.generate_private_key(65537, 1024)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def jwk_of(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """The public half as the provider publishes it."""
    algorithms: dict[type, Any] = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    kind = next((found for base, found in algorithms.items() if isinstance(key, base)), OKPAlgorithm)
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, **more}


class Issuer:
    """Its answers can be changed; the requests are counted."""

    def __init__(self) -> None:
        self.keys = [jwk_of(RSA_KEY, "rsa"), jwk_of(EC_KEY, "ec"), jwk_of(ED_KEY, "ed")]
        self.configuration: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": "https://keys.example.com/realm/certs"}
        self.is_down = False
        self.requests: list[str] = []

    def source(self) -> OidcSource:
        """A client of it."""

        def open_sender(url: str) -> HttpSender:
            settings = SourceSettings(name="oidc", url=url, timeout_s=2)
            return HttpSender(settings, SourceKind.OIDC, transport=httpx.MockTransport(self._answer))

        return OidcSource(open_sender, issuer=ISSUER)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(str(request.url))
        if self.is_down:
            raise httpx.ConnectError("down")
        if request.url.path == "/realm/.well-known/openid-configuration":
            return httpx.Response(200, json=self.configuration)
        if str(request.url) == "https://keys.example.com/realm/certs":
            return httpx.Response(200, json={"keys": self.keys})
        return httpx.Response(404)


def claims(**changed: Any) -> dict[str, Any]:
    """What a token says, with changes; None takes a claim away."""
    now = datetime.now(UTC)
    found = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ada-1", "iat": now, "exp": now + timedelta(minutes=5),
        "email": "ada@example.com", "email_verified": True, "name": "Ada", "jti": uuid4().hex,
    } | changed  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def signed(
    payload: dict[str, Any] | None = None, *, key: Any = RSA_KEY, alg: str = "RS256", kid: str | None = "rsa"
) -> str:
    """A token as the provider signs it."""
    return jwt.encode(claims() if payload is None else payload, key, alg, headers={"kid": kid} if kid else {})
