"""Access tokens are ours, in time, for us, and signed by a key that is still accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from datasources.exceptions import Unauthenticated
from gateway.auth.keys import KeyRing, KeysError, new_key, open_key_ring
from gateway.auth.tokens import AccessTokens

KEY, OTHER = new_key(), new_key()
TOKENS = AccessTokens(KeyRing((KEY,)), issuer="gateway", ttl_s=900)


def _claims(**changed: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims = {"iss": "gateway", "aud": "gateway", "sub": str(uuid4()), "sid": str(uuid4()), "iat": now}
    claims["exp"] = now + timedelta(minutes=5)
    return {name: value for name, value in (claims | changed).items() if value is not None}


def _signed(claims: dict[str, Any], key: Any = KEY, kid: str | None = KEY.kid) -> str:
    return jwt.encode(claims, key.private, "EdDSA", headers={"kid": kid} if kid else {})


def test_a_token_gives_back_whose_it_is() -> None:
    person, session = uuid4(), uuid4()
    token, expires_at = TOKENS.issue(person, session)
    assert TOKENS.verify(token) == (person, session)
    assert timedelta(seconds=890) < expires_at - datetime.now(UTC) <= timedelta(seconds=900)


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda: "no token at all", id="not a token"),
        pytest.param(lambda: jwt.encode(_claims(), "", "none", headers={"kid": KEY.kid}), id="alg none"),
        pytest.param(
            lambda: jwt.encode(_claims(), "k" * 32, "HS256", headers={"kid": KEY.kid}), id="another algorithm"
        ),
        pytest.param(lambda: _signed(_claims(), OTHER), id="another key under our id"),
        pytest.param(lambda: _signed(_claims(), OTHER, OTHER.kid), id="an unknown key"),
        pytest.param(lambda: _signed(_claims(), kid=None), id="no key id"),
        pytest.param(lambda: _signed(_claims(iss="somebody")), id="another issuer"),
        pytest.param(lambda: _signed(_claims(aud="somebody")), id="another audience"),
        pytest.param(lambda: _signed(_claims(exp=datetime.now(UTC) - timedelta(seconds=5))), id="expired"),
        pytest.param(lambda: _signed(_claims(nbf=datetime.now(UTC) + timedelta(hours=1))), id="not yet valid"),
        pytest.param(lambda: _signed(_claims(exp=None)), id="no expiry"),
        pytest.param(lambda: _signed(_claims(sid=None)), id="no session"),
        pytest.param(lambda: _signed(_claims(sid=5)), id="a session that is a number"),
        pytest.param(lambda: _signed(_claims(sub="not a uuid")), id="a subject that is nobody"),
    ],
)
def test_any_other_token_is_refused_in_the_same_words(forge: Callable[[], str]) -> None:
    with pytest.raises(Unauthenticated, match="^the access token is not valid$"):
        TOKENS.verify(forge())


def test_during_a_rotation_both_keys_are_accepted_and_the_newer_signs(tmp_path: Path) -> None:
    before = open_key_ring(tmp_path)
    token, _ = AccessTokens(before, issuer="gateway", ttl_s=60).issue(uuid4(), uuid4())
    other = open_key_ring(tmp_path / "elsewhere")
    (tmp_path / "signing-keys" / "0002.pem").write_bytes((tmp_path / "elsewhere/signing-keys/0001.pem").read_bytes())
    ring = open_key_ring(tmp_path)
    assert ring.current.kid == other.current.kid
    assert AccessTokens(ring, issuer="gateway", ttl_s=60).verify(token)
    assert [key["kid"] for key in ring.jwks()["keys"]] == [other.current.kid, before.current.kid]


def test_keys_are_kept_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = open_key_ring(tmp_path)
    (path,) = (tmp_path / "signing-keys").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_key_ring(tmp_path).current.kid == first.current.kid


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    open_key_ring(tmp_path)
    (tmp_path / "signing-keys" / "0002.pem").write_text("nonsense")
    with pytest.raises(KeysError, match=r"0002\.pem: no private key in PEM"):
        open_key_ring(tmp_path)
