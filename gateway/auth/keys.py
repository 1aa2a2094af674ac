"""The Ed25519 keys that sign access tokens, made on the first start and kept in the data folder."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

FOLDER = "signing-keys"


class KeysError(Exception):
    """The keys cannot be read or kept; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key and the id that tokens name it by."""

    kid: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that checks."""
        return self.private.public_key()

    def jwk(self) -> dict[str, str]:
        """The public half. Source: RFC 8037 section 2."""
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.kid,
            "x": _text(_raw(self.public)),
        }

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that signs, first, and those that are still accepted during a rotation."""

    keys: tuple[SigningKey, ...]

    @property
    def current(self) -> SigningKey:
        """The one that signs."""
        return self.keys[0]

    def by_kid(self, kid: object) -> SigningKey | None:
        """The key of an id, None if there is none."""
        return next((key for key in self.keys if key.kid == kid), None)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys. Source: RFC 7517 section 5."""
        return {"keys": [key.jwk() for key in self.keys]}


def open_key_ring(data_dir: Path) -> KeyRing:
    """The keys of a data folder, the one whose file name sorts last signing; makes the first one.

    To rotate, put a second PEM file beside the first; take the old one away when its last token has expired.
    Raises: KeysError for a file that is no Ed25519 key, or a folder that cannot be written.
    """
    folder = data_dir / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = sorted(folder.glob("*.pem"), reverse=True) or [_make(folder / "0001.pem")]
        return KeyRing(tuple(_read(path) for path in paths))
    except OSError as error:
        raise KeysError(f"{folder}: {error.strerror or error}") from None


def new_key() -> SigningKey:
    """A fresh key that is kept nowhere."""
    return _named(Ed25519PrivateKey.generate())


def _make(path: Path) -> Path:
    pem = new_key().private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return path


def _read(path: Path) -> SigningKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeysError(f"{path}: no private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysError(f"{path}: not an Ed25519 key")
    return _named(key)


def _named(key: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(_text(hashlib.sha256(_raw(key.public_key())).digest()[:12]), key)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
