"""Opaque secrets: 256 random bits after a prefix that says what they are, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets

RANDOM_BYTES = 32


def new_secret(prefix: str) -> tuple[str, bytes]:
    """(the secret, its digest)."""
    secret = prefix + secrets.token_urlsafe(RANDOM_BYTES)
    return secret, digest(secret)


def digest(secret: str) -> bytes:
    """SHA-256: nobody guesses 256 random bits, so that a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
