"""Passwords are hashed slowly, and an unknown address costs a check all the same."""

from __future__ import annotations

from unittest.mock import patch

from gateway.auth.passwords import Passwords


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "correct horsE")


async def test_an_unknown_address_is_checked_too_and_never_matches() -> None:
    passwords = Passwords()
    with patch.object(passwords, "_matches", wraps=passwords._matches) as matches:
        assert not await passwords.verify(None, "nobody's password")
    assert matches.call_count == 1


async def test_a_damaged_hash_matches_nothing() -> None:
    assert not await Passwords().verify("$argon2id$damaged", "anything")
