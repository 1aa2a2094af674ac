"""Argon2id, in a thread and few at a time, so that a burst of sign-ins neither stops the loop nor fills the memory."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, TIME_COST, PARALLELISM = 19 * 1024, 2, 1
"""OWASP's parameters for Argon2id: about 90 ms, where the library's default takes 400."""
AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._nobody = _hash_of_nothing()

    async def hash(self, password: str) -> str:
        """The hash to store, with its parameters in it."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed.

        `stored` is None for an address that nobody has: then a hash is checked all the same, and the answer, no, takes as long.
        """
        async with self._slots:
            matches = await asyncio.to_thread(self._matches, stored or self._nobody, _normal(password))
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """One form for what looks the same, whatever keyboard wrote it. Source: NIST SP 800-63B, section 3.1.1.2."""
    return unicodedata.normalize("NFKC", password)


def _hash_of_nothing() -> str:
    """A hash with the parameters of all others, that no password is known for."""
    salt, key = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={PARALLELISM}${salt}${key}"
