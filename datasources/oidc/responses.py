"""A provider's answers, read with suspicion."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from ..exceptions import SourceMalformed, SourceUnavailable
from ..http import SourceResponse

T = TypeVar("T")
Jwk = dict[str, Any]
MAX_KEYS = 100


class Discovery(msgspec.Struct):
    """What is needed of the configuration. Source: OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    jwks_uri: str


class KeySet(msgspec.Struct):
    """Source: RFC 7517 section 5."""

    keys: list[Jwk]


def decode_discovery(response: SourceResponse, source: str, issuer: str) -> str:
    """Where the keys are.

    Raises: SourceMalformed for a configuration of another issuer (section 4.3), or one that leads away from HTTPS.
    """
    found = _decode(response, source, Discovery)
    if found.issuer != issuer:
        raise SourceMalformed(f"{source}: its configuration is that of another issuer", source=source)
    leads = urlsplit(found.jwks_uri)
    if leads.scheme != "https" and not (leads.scheme == "http" and issuer.startswith("http://")):
        raise SourceMalformed(f"{source}: its keys are not served over HTTPS", source=source)
    return found.jwks_uri


def decode_keys(response: SourceResponse, source: str) -> list[Jwk]:
    """The keys as they are given."""
    return _decode(response, source, KeySet).keys[:MAX_KEYS]


def _decode(response: SourceResponse, source: str, kind: type[T]) -> T:
    if response.status != 200:
        raise SourceUnavailable(f"{source}: HTTP {response.status}", source=source)
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.MsgspecError as error:
        raise SourceMalformed(f"{source}: the answer is not what a provider gives", source=source) from error
