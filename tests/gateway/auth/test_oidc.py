"""Tokens of an identity provider: accepted to the letter, and refused in one and the same way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import Unauthenticated
from datasources.postgres.repositories import Repositories
from datasources.records.users import Role
from datasources.scope import Rule
from gateway.auth.oidc import OidcRules, OidcTokens, claim, claimed_roles
from gateway.auth.provider_keys import BRAKE_S, FRESH_S, KEPT_S, ProviderKeys
from tests.gateway.auth.issuer import (
    AUDIENCE,
    EC_KEY,
    ED_KEY,
    ISSUER,
    OTHER_RSA_KEY,
    RSA_KEY,
    SHORT_RSA_KEY,
    Issuer,
    claims,
    jwk_of,
    signed,
)
from tests.store_rows import make_project, new_call

ALGORITHMS = ("RS256", "ES256", "EdDSA")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class KnownPeople:
    """Stands for the store where only the token matters: everybody's subject is known."""

    identities = property(lambda self: self)
    users = property(lambda self: self)

    async def user_of(self, issuer: str, subject: str, *, call: Call) -> UUID:
        return UUID(int=1)

    async def roles_of(self, user_key: UUID, *, call: Call) -> dict[UUID, Role]:
        return {}


def tokens_of(issuer: Issuer, repositories: Any = None, clock: Clock | None = None, **rules: Any) -> OidcTokens:
    given = {"issuer": ISSUER, "audience": AUDIENCE, "algorithms": ALGORITHMS} | rules
    keys = ProviderKeys(issuer.source(), clock=clock or Clock())
    return OidcTokens(OidcRules(**given), keys, cast(Repositories, repositories or KnownPeople()))


async def principal(tokens: OidcTokens, token: str) -> Any:
    return await tokens.principal(token, Call(Deadline.after(5), Ledger()))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed, id="RS256"),
        pytest.param(lambda: signed(key=EC_KEY, alg="ES256", kid="ec"), id="ES256"),
        pytest.param(lambda: signed(key=ED_KEY, alg="EdDSA", kid="ed"), id="EdDSA"),
        pytest.param(lambda: signed(claims(aud=["other", AUDIENCE])), id="one audience of two"),
        pytest.param(
            lambda: signed(claims(exp=datetime.now(UTC) - timedelta(seconds=50))), id="expired within the skew"
        ),
        pytest.param(
            lambda: signed(claims(iat=datetime.now(UTC) + timedelta(seconds=50))), id="issued within the skew"
        ),
        pytest.param(lambda: signed(claims(nbf=datetime.now(UTC) + timedelta(seconds=50))), id="valid within the skew"),
    ],
)
async def test_a_token_of_the_provider_is_accepted(token: Callable[[], str]) -> None:
    assert (await principal(tokens_of(Issuer()), token())).user_key == UUID(int=1)


def _with_header(header: dict[str, Any], sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value, default=lambda at: int(at.timestamp())).encode()).rstrip(b"=")

    text = part(header) + b"." + part(claims())
    return (text + b"." + base64.urlsafe_b64encode(sign(text)).rstrip(b"=")).decode()


def _hmac_with_public_key(text: bytes) -> bytes:
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hmac.new(public, text, hashlib.sha256).digest()


REFUSED: list[Any] = [
    pytest.param(lambda: "nonsense", id="no token"),
    pytest.param(lambda: "a.b.c", id="no token with dots"),
    pytest.param(lambda: _with_header({"alg": "none", "kid": "rsa"}), id="none"),
    pytest.param(lambda: _with_header({"alg": "None", "kid": "rsa"}), id="None"),
    pytest.param(lambda: _with_header({"alg": None, "kid": "rsa"}), id="no algorithm"),
    pytest.param(lambda: _with_header({"alg": ["RS256"], "kid": "rsa"}), id="a list of algorithms"),
    pytest.param(
        lambda: _with_header({"alg": "HS256", "kid": "rsa"}, _hmac_with_public_key), id="the public key as secret"
    ),
    pytest.param(lambda: signed(alg="RS512"), id="an algorithm that is not pinned"),
    pytest.param(lambda: signed(alg="PS256"), id="another padding"),
    pytest.param(lambda: signed(kid="ec"), id="the id of a key of another kind"),
    pytest.param(lambda: signed(key=EC_KEY, alg="ES256", kid="rsa"), id="an algorithm of another kind"),
    pytest.param(lambda: signed(key=OTHER_RSA_KEY), id="another key"),
    pytest.param(lambda: signed(kid="unknown"), id="an unknown key id"),
    pytest.param(lambda: signed(kid=None), id="no key id"),
    pytest.param(lambda: _with_header({"alg": "RS256", "kid": 5}), id="a key id that is a number"),
    pytest.param(lambda: _with_header({"alg": "RS256", "kid": {"a": 1}}), id="a key id that is an object"),
    pytest.param(lambda: signed()[:-4] + "AAAA", id="a changed signature"),
    pytest.param(lambda: signed(claims(aud="other")), id="another audience"),
    pytest.param(lambda: signed(claims(aud=None)), id="no audience"),
    pytest.param(lambda: signed(claims(iss=ISSUER + "/")), id="another issuer"),
    pytest.param(lambda: signed(claims(iss=None)), id="no issuer"),
    pytest.param(lambda: signed(claims(exp=datetime.now(UTC) - timedelta(seconds=70))), id="expired"),
    pytest.param(lambda: signed(claims(exp=None)), id="no expiry"),
    pytest.param(lambda: signed(claims(exp="soon")), id="an expiry that is none"),
    pytest.param(lambda: signed(claims(nbf=datetime.now(UTC) + timedelta(seconds=70))), id="not yet valid"),
    pytest.param(lambda: signed(claims(iat=datetime.now(UTC) + timedelta(seconds=70))), id="issued in the future"),
    pytest.param(lambda: signed(claims(iat=None)), id="no instant of issue"),
    pytest.param(lambda: signed(claims(sub=None)), id="no subject"),
    pytest.param(lambda: signed(claims(sub="")), id="an empty subject"),
    pytest.param(lambda: signed(claims(sub="a\x00b")), id="a subject with a zero"),
    pytest.param(lambda: signed(claims(sub="x" * 256)), id="a long subject"),
]


@pytest.mark.parametrize("token", REFUSED)
async def test_anything_else_is_refused_in_the_same_words(token: Callable[[], str]) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await principal(tokens_of(Issuer()), token())
    assert refused.value.message == "the access token is not valid"
    assert refused.value.extensions == {}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(jwk_of(SHORT_RSA_KEY, "odd"), id="a short key"),
        pytest.param(jwk_of(RSA_KEY, "odd", use="enc"), id="for encryption"),
        pytest.param(jwk_of(RSA_KEY, "odd", alg="RS512"), id="for another algorithm"),
        pytest.param({"kid": "odd", "kty": "oct", "k": "c2VjcmV0"}, id="symmetric"),
        pytest.param({"kid": "odd", "kty": "RSA"}, id="nothing in it"),
        pytest.param({"kid": "odd", "kty": "RSA", "n": 5, "e": "AQAB"}, id="nonsense in it"),
    ],
)
async def test_a_key_that_is_not_for_this_is_not_used(key: dict[str, Any]) -> None:
    issuer = Issuer()
    issuer.keys = [key]
    private = SHORT_RSA_KEY if key.get("n") == jwk_of(SHORT_RSA_KEY, "odd")["n"] else RSA_KEY
    payload = claims()
    with pytest.warns(jwt.InsecureKeyLengthWarning) if private is SHORT_RSA_KEY else nullcontext():
        token = signed(payload, key=private, kid="odd")
    with pytest.raises(Unauthenticated):
        await principal(tokens_of(issuer), token)


async def test_an_elliptic_key_of_another_curve_is_not_used() -> None:
    issuer, key = Issuer(), ec.generate_private_key(ec.SECP384R1())
    issuer.keys = [jwk_of(key, "ec")]
    with pytest.raises(Unauthenticated):
        await principal(tokens_of(issuer, algorithms=("ES256", "ES384")), signed(key=EC_KEY, alg="ES256", kid="ec"))


async def test_keys_are_asked_for_once_and_again_after_an_hour() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, clock=clock)
    for _ in range(3):
        await principal(tokens, signed())
    assert len(issuer.requests) == 2, "the configuration and the keys"
    clock.now += FRESH_S + 1
    await principal(tokens, signed())
    assert len(issuer.requests) == 4


async def test_unknown_key_ids_are_braked_and_a_new_key_is_found() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, clock=clock)
    await principal(tokens, signed())
    clock.now += BRAKE_S
    for n in range(50):
        with pytest.raises(Unauthenticated):
            await principal(tokens, signed(kid=f"invented-{n}"))
    assert len(issuer.requests) == 4
    issuer.keys.append(jwk_of(OTHER_RSA_KEY, "next"))
    clock.now += BRAKE_S
    assert await principal(tokens, signed(key=OTHER_RSA_KEY, kid="next"))


async def test_known_keys_outlive_the_provider_for_a_day() -> None:
    issuer, clock = Issuer(), Clock()
    tokens = tokens_of(issuer, clock=clock)
    await principal(tokens, signed())
    issuer.is_down = True
    clock.now += KEPT_S - 1
    assert await principal(tokens, signed())
    clock.now += 2
    with pytest.raises(Unauthenticated, match="^the access token is not valid$"):
        await principal(tokens, signed())


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param(
            {"issuer": "https://evil.example.com", "jwks_uri": "https://keys.example.com/realm/certs"}, id="issuer"
        ),
        pytest.param({"issuer": ISSUER, "jwks_uri": "http://keys.example.com/realm/certs"}, id="not over TLS"),
        pytest.param({"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}, id="a file"),
        pytest.param({"issuer": ISSUER}, id="no address"),
        pytest.param([], id="no object"),
    ],
)
async def test_a_configuration_that_is_not_the_issuers_gives_no_keys(configuration: Any) -> None:
    issuer = Issuer()
    issuer.configuration = configuration
    with pytest.raises(Unauthenticated):
        await principal(tokens_of(issuer), signed())
    assert len(issuer.requests) == 1


async def test_a_newcomer_gets_an_account_where_that_is_allowed_and_keeps_it(repositories: Repositories) -> None:
    tokens = tokens_of(Issuer(), repositories, provision=True)
    first = await principal(tokens, signed())
    again = await principal(tokens, signed(claims(email="new.name@example.com")))
    assert first == again
    (user,) = await repositories.users.by_keys([first.user_key], call=new_call())
    assert (user.email, user.name) == ("ada@example.com", "Ada")


async def test_a_newcomer_is_refused_where_it_is_not_allowed(repositories: Repositories) -> None:
    with pytest.raises(Unauthenticated):
        await principal(tokens_of(Issuer(), repositories), signed())


@pytest.mark.parametrize("vouched", [True, False])
async def test_an_address_binds_only_if_somebody_vouched_for_it(repositories: Repositories, vouched: bool) -> None:
    """Whoever signs up first with another person's address does not become that person."""
    known = await repositories.users.create(
        email="ada@example.com", name="Ada", password_hash="h", verified=vouched, call=new_call()
    )
    tokens = tokens_of(Issuer(), repositories, provision=True)
    if vouched:
        assert (await principal(tokens, signed())).user_key == known.key
    else:
        with pytest.raises(Unauthenticated):
            await principal(tokens, signed())


@pytest.mark.parametrize(
    "changed",
    [{"email_verified": False}, {"email": None}, {"email": "nobody"}, {"email": 5}, {"email": ["ada@example.com"]}],
    ids=str,
)
async def test_an_address_that_is_none_or_not_verified_binds_nobody(
    repositories: Repositories, changed: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await principal(tokens_of(Issuer(), repositories, provision=True), signed(claims(**changed)))


async def test_an_address_that_was_given_to_a_newcomer_does_not_lead_to_the_old_account(
    repositories: Repositories,
) -> None:
    tokens = tokens_of(Issuer(), repositories, provision=True)
    await principal(tokens, signed())
    with pytest.raises(Unauthenticated):
        await principal(tokens, signed(claims(sub="ada-2")))


async def test_somebody_disabled_is_refused(repositories: Repositories) -> None:
    tokens = tokens_of(Issuer(), repositories, provision=True)
    found = await principal(tokens, signed())
    await repositories.users.set_disabled(found.user_key, datetime.now(UTC), call=new_call())
    with pytest.raises(Unauthenticated):
        await principal(tokens, signed())


async def test_roles_of_the_provider_are_added_and_the_higher_one_holds(repositories: Repositories) -> None:
    shop, bank = await make_project(repositories), await make_project(repositories, "bank")
    await repositories.projects.create(
        slug="third", name="Third", rules=[Rule("service_namespace", ("third",))], call=new_call()
    )
    tokens = tokens_of(Issuer(), repositories, provision=True, roles_claim="realm.roles")
    given = {"roles": ["shop:admin", "shop:VIEWER", "bank:MEMBER", "nothing:OWNER", "third", "third:KING", 5, ""]}
    found = await principal(tokens, signed(claims(realm=given)))
    assert found.roles == {shop.key: Role.ADMIN, bank.key: Role.MEMBER}
    await repositories.projects.set_member(bank.key, found.user_key, Role.OWNER, call=new_call())
    assert (await principal(tokens, signed(claims(realm=given)))).roles[bank.key] is Role.OWNER
    assert (await principal(tokens, signed())).roles == {bank.key: Role.OWNER}


@pytest.mark.parametrize(
    ("name", "found"),
    [("a", 1), ("b.c", 2), ("https://x/roles", 3), ("b.d", None), ("a.b", None), ("", None)],
)
def test_a_claim_is_found_by_its_name_or_its_path(name: str, found: Any) -> None:
    assert claim({"a": 1, "b": {"c": 2}, "https://x/roles": 3}, name) == found


@pytest.mark.parametrize("claimed", [None, "", 5, {"shop": "ADMIN"}, [["shop:ADMIN"]], ["shop:ADMIN\n", "a b:ADMIN"]])
def test_what_is_no_list_of_roles_gives_none(claimed: Any) -> None:
    assert claimed_roles(claimed) == {}
