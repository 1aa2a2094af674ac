"""Sessions, over HTTP, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from datasources.records.users import Role
from tests.gateway.world import PASSWORD, Gateway, open_gateway
from tests.store_rows import new_call

PAYLOAD = "{ accessToken refreshToken expiresAt user { id email name } }"
SIGN_UP = f"mutation Up($input: SignUpInput!) {{ signUp(input: $input) {PAYLOAD} }}"
SIGN_IN = f"mutation In($input: SignInInput!) {{ signIn(input: $input) {PAYLOAD} }}"
REFRESH = f"mutation Again($token: String!) {{ refreshSession(refreshToken: $token) {PAYLOAD} }}"
SIGN_OUT = "mutation Out($token: String!) { signOut(refreshToken: $token) }"
CHANGE = "mutation Change($current: String!, $new: String!) { changePassword(current: $current, new: $new) { id } }"
VIEWER = "{ viewer { email name } }"
ADA = {"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"}


async def sign_up(gateway: Gateway, **changed: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await gateway.ask(SIGN_UP, {"input": ADA | changed})).data["signUp"]
    return payload


async def sign_in(gateway: Gateway, email: str = ADA["email"], password: str = PASSWORD, **given: Any) -> Any:
    return await gateway.ask(SIGN_IN, {"input": {"email": email, "password": password}}, **given)


async def refresh(gateway: Gateway, token: str) -> Any:
    return await gateway.ask(REFRESH, {"token": token})


async def viewer(gateway: Gateway, token: str) -> Any:
    return await gateway.ask(VIEWER, token=token)


async def test_one_signs_up_in_refreshes_and_out(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    assert made["user"]["email"] == "ada@example.com"
    signed_in = (await sign_in(gateway)).data["signIn"]
    assert (await viewer(gateway, signed_in["accessToken"])).data["viewer"]["name"] == "Ada"
    next_pair = (await refresh(gateway, signed_in["refreshToken"])).data["refreshSession"]
    assert next_pair["refreshToken"] != signed_in["refreshToken"]
    assert (await viewer(gateway, next_pair["accessToken"])).data["viewer"]["name"] == "Ada"
    assert (await gateway.ask(SIGN_OUT, {"token": next_pair["refreshToken"]})).data == {"signOut": True}
    assert (await refresh(gateway, next_pair["refreshToken"])).codes == ["UNAUTHENTICATED"]
    assert (await gateway.ask(SIGN_OUT, {"token": next_pair["refreshToken"]})).data == {"signOut": False}
    assert (await viewer(gateway, made["accessToken"])).data["viewer"]["name"] == "Ada", "another session goes on"


async def test_signing_out_ends_the_access_tokens_too(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    await gateway.ask(SIGN_OUT, {"token": made["refreshToken"]})
    answer = await viewer(gateway, made["accessToken"])
    assert answer.response.status_code == 401
    assert answer.codes == ["UNAUTHENTICATED"]


async def test_a_second_use_of_a_refresh_token_revokes_the_family(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    stolen = (await refresh(gateway, made["refreshToken"])).data["refreshSession"]
    assert (await refresh(gateway, made["refreshToken"])).codes == ["UNAUTHENTICATED"]
    assert (await refresh(gateway, stolen["refreshToken"])).codes == ["UNAUTHENTICATED"]
    assert (await viewer(gateway, stolen["accessToken"])).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("at_once", [2, 8])
async def test_of_many_that_use_one_token_at_once_at_most_one_gets_a_pair_and_it_is_revoked(
    gateway: Gateway, at_once: int
) -> None:
    for _ in range(5):
        made = (await sign_in(gateway)).body.get("data") or {"signIn": await sign_up(gateway)}
        token = made["signIn"]["refreshToken"]
        answers = await asyncio.gather(*(refresh(gateway, token) for _ in range(at_once)))
        pairs = [answer.body["data"]["refreshSession"] for answer in answers if "errors" not in answer.body]
        assert len(pairs) == 1
        assert (await refresh(gateway, pairs[0]["refreshToken"])).codes == ["UNAUTHENTICATED"]


async def test_refresh_and_access_tokens_are_kept_as_digests_only(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    rows = await gateway.resources.database.fetch("SELECT * FROM refresh_tokens", call=new_call())
    stored = repr([dict(row) for row in rows])
    assert len(rows) == 1
    assert made["refreshToken"] not in stored
    assert made["refreshToken"].removeprefix("gwr_") not in stored


@pytest.mark.parametrize("token", ["", "gwr_", "nonsense", "ä" * 50, "\x00", "x" * 100_000])
async def test_any_other_refresh_token_is_refused_in_the_same_words(gateway: Gateway, token: str) -> None:
    assert (await refresh(gateway, token)).error["message"] == "the refresh token is not valid"


async def test_an_expired_refresh_token_is_refused(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    await gateway.resources.database.execute("UPDATE refresh_tokens SET expires_at = now()", call=new_call())
    assert (await refresh(gateway, made["refreshToken"])).codes == ["UNAUTHENTICATED"]


async def test_somebody_disabled_is_out_at_once(gateway: Gateway) -> None:
    made = await sign_up(gateway)
    user = await gateway.repositories.users.by_email(ADA["email"], call=new_call())
    assert user is not None
    await gateway.repositories.users.set_disabled(user.key, datetime.now(UTC), call=new_call())
    assert (await viewer(gateway, made["accessToken"])).codes == ["UNAUTHENTICATED"]
    assert (await refresh(gateway, made["refreshToken"])).codes == ["UNAUTHENTICATED"]
    assert (await sign_in(gateway)).codes == ["UNAUTHENTICATED"]


async def test_an_unknown_address_and_a_wrong_password_are_one_answer(gateway: Gateway) -> None:
    await sign_up(gateway)
    wrong = await sign_in(gateway, password="wrong")
    unknown = await sign_in(gateway, email="eve@example.com")
    assert wrong.body["errors"] == unknown.body["errors"]
    assert wrong.codes == ["UNAUTHENTICATED"]


async def test_an_unknown_address_costs_what_a_known_one_does(gateway: Gateway) -> None:
    """The same statements and one Argon2 each: nothing else of a sign-in takes time that can be measured."""
    await sign_up(gateway)
    passwords = gateway.resources.credentials._passwords
    database = gateway.resources.database
    counted = {}
    for email in (ADA["email"], "eve@example.com"):
        with (
            patch.object(passwords, "_matches", wraps=passwords._matches) as checks,
            patch.object(database, "_settle", wraps=database._settle) as statements,
        ):
            await sign_in(gateway, email=email, password="wrong")
        counted[email] = (checks.call_count, statements.call_count)
    assert counted[ADA["email"]] == counted["eve@example.com"]
    assert counted["eve@example.com"][0] == 1


@pytest.mark.parametrize(
    ("changed", "argument"),
    [
        pytest.param({"password": "short12"}, "input.password", id="too short"),
        pytest.param({"password": "x" * 1001}, "input.password", id="too long"),
        pytest.param({"password": "ada@example.com"}, "input.password", id="the address"),
        pytest.param({"password": "ADA@example.com "}, "input.password", id="the address in capitals"),
        pytest.param({"email": "nobody"}, "input.email", id="no address"),
        pytest.param({"email": "a@b@c.org"}, "input.email", id="two addresses"),
        pytest.param({"email": f"{'a' * 65}@example.com"}, "input.email", id="too long an address"),
        pytest.param({"email": "ada@exämple.com"}, "input.email", id="an address that looks like another"),
        pytest.param({"name": "  "}, "input.name", id="no name"),
        pytest.param({"name": "A\x1b[2J"}, "input.name", id="a name with control characters"),
        pytest.param({"name": "A" * 201}, "input.name", id="a long name"),
    ],
)
async def test_what_breaks_a_rule_is_bad_input_that_says_which(
    gateway: Gateway, changed: dict[str, str], argument: str
) -> None:
    answer = await gateway.ask(SIGN_UP, {"input": ADA | changed})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.error["extensions"]["argument"] == argument
    assert changed.get("password", "nothing of this") not in answer.response.text


@pytest.mark.parametrize("password", ["x" * 8, "x" * 1000, "påsswörd", "        "])
async def test_any_password_within_the_rules_works(gateway: Gateway, password: str) -> None:
    await sign_up(gateway, password=password)
    assert (await sign_in(gateway, password=password)).data


async def test_a_password_is_the_same_however_its_letters_are_composed(gateway: Gateway) -> None:
    await sign_up(gateway, password="cafe\u0301 creme")
    assert (await sign_in(gateway, password="caf\u00e9 creme")).data


async def test_a_taken_address_is_a_conflict(gateway: Gateway) -> None:
    await sign_up(gateway)
    assert (await gateway.ask(SIGN_UP, {"input": ADA | {"email": "ADA@EXAMPLE.COM"}})).codes == ["CONFLICT"]


async def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(gateway: Gateway) -> None:
    here, elsewhere = await sign_up(gateway), (await sign_in(gateway)).data["signIn"]
    answer = await gateway.ask(CHANGE, {"current": PASSWORD, "new": "another password"}, token=here["accessToken"])
    assert answer.data["changePassword"]["id"] == here["user"]["id"]
    assert (await viewer(gateway, here["accessToken"])).data["viewer"]
    assert (await refresh(gateway, here["refreshToken"])).data
    assert (await viewer(gateway, elsewhere["accessToken"])).codes == ["UNAUTHENTICATED"]
    assert (await refresh(gateway, elsewhere["refreshToken"])).codes == ["UNAUTHENTICATED"]
    assert (await sign_in(gateway)).codes == ["UNAUTHENTICATED"]
    assert (await sign_in(gateway, password="another password")).data


@pytest.mark.parametrize(
    ("current", "new", "argument"),
    [
        ("wrong", "another password", "current"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "ada@example.com", "new"),
        ("x" * 5000, "another password", "current"),
    ],
    ids=["wrong", "short", "address", "long"],
)
async def test_a_password_is_not_changed_against_the_rules(
    gateway: Gateway, current: str, new: str, argument: str
) -> None:
    made = await sign_up(gateway)
    answer = await gateway.ask(CHANGE, {"current": current, "new": new}, token=made["accessToken"])
    assert (answer.codes, answer.error["extensions"]["argument"]) == (["BAD_USER_INPUT"], argument)
    assert (await sign_in(gateway)).data


async def test_guessing_is_braked_per_account_whether_it_exists_or_not(gateway: Gateway) -> None:
    await sign_up(gateway)
    for email in (ADA["email"], "nobody@example.com"):
        answers = [await sign_in(gateway, email=email, password="wrong", address=f"10.1.0.{n}") for n in range(21)]
        assert [answer.codes for answer in answers[:20]] == [["UNAUTHENTICATED"]] * 20
        assert answers[20].codes == ["RATE_LIMITED"]
        seconds = int(answers[20].response.headers["retry-after"])
        assert 1 <= seconds <= 31
        assert answers[20].error["extensions"]["retryAfterS"] == seconds
    assert (await sign_in(gateway, address="10.1.0.99")).codes == ["RATE_LIMITED"], "the right password waits too"


async def test_guessing_is_braked_per_address_whatever_the_account(gateway: Gateway) -> None:
    with patch.object(gateway.resources.credentials._passwords, "_matches", return_value=False):
        answers = await asyncio.gather(
            *(sign_in(gateway, email=f"a{n}@example.com", password="wrong") for n in range(70))
        )
    codes = [answer.codes[0] for answer in answers]
    assert codes.count("UNAUTHENTICATED") in (60, 61), "sixty at once; one more may have come back meanwhile"
    assert set(codes) == {"UNAUTHENTICATED", "RATE_LIMITED"}
    assert (await sign_in(gateway, email="b@example.com", password="wrong", address="10.0.0.2")).codes == [
        "UNAUTHENTICATED"
    ]


async def test_the_right_password_clears_what_was_counted(gateway: Gateway) -> None:
    await sign_up(gateway)
    for _ in range(3):
        for _ in range(15):
            assert (await sign_in(gateway, password="wrong")).codes == ["UNAUTHENTICATED"]
        assert (await sign_in(gateway)).data


async def test_time_gives_attempts_back(gateway: Gateway) -> None:
    attempts, now = gateway.repositories.attempts, datetime.now(UTC)
    every = timedelta(seconds=10)

    async def wait_at(seconds: float) -> float:
        at = now + timedelta(seconds=seconds)
        return await attempts.count(b"key", every=every, burst=2, now=at, call=new_call())

    assert [await wait_at(0), await wait_at(0)] == [0, 0]
    assert await wait_at(0) == pytest.approx(10)
    assert await wait_at(9) == pytest.approx(1)
    assert [await wait_at(10), await wait_at(10) > 0] == [0, True]
    await attempts.forget(now + timedelta(seconds=60), call=new_call())
    assert [await wait_at(60), await wait_at(60)] == [0, 0]


async def test_what_is_asked_beside_a_sign_in_is_answered_to_the_person(gateway: Gateway) -> None:
    person = await gateway.person(password=PASSWORD)
    await gateway.project("shop", viewer=person)
    query = (
        "mutation In($input: SignInInput!) { signIn(input: $input) { user { memberships { role project { slug } } } } }"
    )
    answer = await gateway.ask(query, {"input": {"email": person.user.email, "password": PASSWORD}})
    assert answer.data["signIn"]["user"]["memberships"] == [{"role": "VIEWER", "project": {"slug": "shop"}}]


@pytest.mark.parametrize(
    ("policy", "email", "allowed"),
    [
        ("closed", "ada@example.com", False),
        ("invited", "ada@example.com", False),
        ("example.org, example.com", "ada@EXAMPLE.com", True),
        ("example.com", "ada@notexample.com", False),
        ("example.com", "ada@example.com.evil.org", False),
        ("example.com", "ada@sub.example.com", False),
    ],
)
async def test_the_policy_decides_who_signs_up(
    database_url: str, tmp_path: Any, policy: str, email: str, allowed: bool
) -> None:
    async with open_gateway(database_url, tmp_path, sign_up=policy) as gateway:
        answer = await gateway.ask(SIGN_UP, {"input": ADA | {"email": email}})
        assert answer.codes == ([] if allowed else ["FORBIDDEN"])


async def test_an_invitation_works_once_for_its_address_and_leads_into_its_project(
    database_url: str, tmp_path: Any
) -> None:
    async with open_gateway(database_url, tmp_path, sign_up="invited") as gateway:
        project = await gateway.project("shop")
        code, digest = gateway.resources.credentials.new_secret("gwi_")
        expires_at = datetime.now(UTC) + timedelta(days=1)
        await gateway.repositories.invitations.create(
            digest, email="Ada@example.com", project_key=project.key, role=Role.MEMBER,
            expires_at=expires_at, call=new_call(),
        )  # fmt: skip
        eve = await gateway.ask(SIGN_UP, {"input": ADA | {"email": "eve@example.com", "invitation": code}})
        assert eve.codes == ["FORBIDDEN"]
        made = (await gateway.ask(SIGN_UP, {"input": ADA | {"invitation": code}})).data["signUp"]
        answer = await gateway.ask('{ project(slug: "shop") { viewerRole } }', token=made["accessToken"])
        assert answer.data["project"]["viewerRole"] == "MEMBER"
        again = await gateway.ask(SIGN_UP, {"input": ADA | {"email": "ada2@example.com", "invitation": code}})
        assert again.codes == ["FORBIDDEN"]


async def test_a_profile_is_changed_within_the_policy(gateway: Gateway, database_url: str, tmp_path: Any) -> None:
    update = "mutation U($input: UpdateProfileInput!) { updateProfile(input: $input) { name email } }"
    made, other = await sign_up(gateway), await sign_up(gateway, email="bob@example.com")
    token = made["accessToken"]
    assert (await gateway.ask(update, {"input": {"name": "Ada L."}}, token=token)).data["updateProfile"] == {
        "name": "Ada L.",
        "email": "ada@example.com",
    }
    changed = await gateway.ask(update, {"input": {"email": "Lovelace@example.com"}}, token=token)
    assert changed.data["updateProfile"]["email"] == "lovelace@example.com"
    taken = await gateway.ask(update, {"input": {"email": other["user"]["email"]}}, token=token)
    assert taken.codes == ["CONFLICT"]
    async with open_gateway(database_url, tmp_path, sign_up="closed") as closed:
        answer = await closed.ask(update, {"input": {"email": "boss@example.com"}}, token=token)
        assert answer.codes == ["FORBIDDEN"]
