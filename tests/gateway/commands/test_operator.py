"""What an operator does on the first start, and later."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from datasources.exceptions import BadInput, Conflict, NotFound
from gateway.cli import app
from tests.architecture.project import ROOT
from tests.gateway.world import Gateway, open_gateway
from tests.store_rows import new_call

SIGN_IN = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"
PROJECT = '{ project(slug: "shop") { viewerRole scope { labels { name value } tenant } } }'
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a database of its own; it has to succeed unless `fails` says how."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path))

    def run(*arguments: str, stdin: str = "", fails: type[Exception] | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        if fails is None:
            assert result.exit_code == 0, result.output + repr(result.exception)
        else:
            assert isinstance(result.exception, fails), repr(result.exception)
        return result

    return run


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Asks a gateway on the same database."""

    def ask(query: str, variables: dict[str, Any] | None = None, **given: Any) -> Any:
        async def once() -> Any:
            async with open_gateway(database_url, tmp_path, sign_up="invited") as gateway:
                if "password" in given:
                    given["token"] = await signed_in(gateway, given.pop("email"), given.pop("password"))
                return await gateway.ask(query, variables, **given)

        return asyncio.run(once())

    return ask


async def signed_in(gateway: Gateway, email: str, password: str) -> str:
    answer = await gateway.ask(SIGN_IN, {"input": {"email": email, "password": password}})
    return str(answer.data["signIn"]["accessToken"])


ADA = {"email": "ada@example.com", "password": "correct horse"}


def test_the_first_start(run: Run, ask: Callable[..., Any]) -> None:
    said = run("user", "create", ADA["email"], "--name", "Ada", stdin=f"{ADA['password']}\n")
    assert ADA["password"] not in said.output
    run("project", "create", "shop", "--label", "service_namespace=shop", "--tenant", "one", "--owner", ADA["email"])
    answer = ask(PROJECT, **ADA)
    assert answer.data["project"] == {
        "viewerRole": "OWNER",
        "scope": {"labels": [{"name": "service_namespace", "value": "shop"}], "tenant": "one"},
    }
    listed = run("project", "list").output
    assert "shop" in listed
    assert "service_namespace=shop of prometheus, loki, tempo, tenant one" in listed


def test_a_machines_token_is_printed_once_and_works(run: Run, ask: Callable[..., Any]) -> None:
    run("project", "create", "shop", "--label", "service_namespace=shop")
    secret = run("token", "create", "shop", "--role", "admin", "--lasts", "90d").output.strip()
    assert ask(PROJECT, token=secret).data["project"]["viewerRole"] == "ADMIN"


def test_somebody_disabled_is_out_until_enabled(run: Run, ask: Callable[..., Any]) -> None:
    run("user", "create", ADA["email"], stdin=f"{ADA['password']}\n")
    run("user", "disable", ADA["email"])
    assert ask(SIGN_IN, {"input": ADA}).codes == ["UNAUTHENTICATED"]
    run("user", "enable", ADA["email"])
    assert ask(SIGN_IN, {"input": ADA}).data


def test_a_password_is_reset_from_standard_input(run: Run, ask: Callable[..., Any]) -> None:
    run("user", "create", ADA["email"], stdin=f"{ADA['password']}\n")
    run("user", "reset-password", ADA["email"], stdin="another horse\n")
    assert ask(SIGN_IN, {"input": ADA}).codes == ["UNAUTHENTICATED"]
    assert ask(SIGN_IN, {"input": ADA | {"password": "another horse"}}).data


def test_an_invited_person_signs_up_into_a_project(run: Run, ask: Callable[..., Any]) -> None:
    run("project", "create", "shop", "--label", "service_namespace=shop")
    code = run("user", "invite", ADA["email"], "--project", "shop", "--role", "VIEWER").output.strip()
    sign_up = "mutation Up($input: SignUpInput!) { signUp(input: $input) { accessToken } }"
    made = ask(sign_up, {"input": {**ADA, "name": "Ada", "invitation": code}})
    assert ask(PROJECT, token=made.data["signUp"]["accessToken"]).data["project"]["viewerRole"] == "VIEWER"


def test_an_operator_may_give_any_scope_and_a_pattern(run: Run) -> None:
    run("project", "create", "both", "--label", "ns=shop", "--label", "ns=bank", "--pattern", "job=(shop|bank)/.+")
    assert "ns=shop ns=bank job=~(shop|bank)/.+" in run("project", "list").output
    run("project", "scope", "both", "--label", "ns=shop")
    assert "ns=shop of" in run("project", "list").output


def test_a_scope_stays_around_what_people_made_within_it(run: Run, database_url: str, tmp_path: Path) -> None:
    run("project", "create", "shop", "--label", "ns=shop", "--label", "ns=store")

    async def make_inner() -> None:
        async with open_gateway(database_url, tmp_path) as gateway:
            ada = await gateway.person()
            outer = await gateway.repositories.projects.by_slug("shop", call=new_call())
            assert outer is not None
            await gateway.repositories.projects.create(
                slug="inner", name="Inner", rules=outer.scope.rules[:1], within_key=outer.key,
                owner_key=ada.user.key, call=new_call(),
            )  # fmt: skip

    asyncio.run(make_inner())
    run("project", "scope", "shop", "--label", "ns=shop", fails=BadInput)
    run("project", "scope", "shop", "--label", "ns=shop", "--label", "ns=store", "--label", "ns=new")


def test_a_member_gets_a_role(run: Run, ask: Callable[..., Any]) -> None:
    run("user", "create", ADA["email"], stdin=f"{ADA['password']}\n")
    run("project", "create", "shop", "--label", "service_namespace=shop")
    run("project", "member", "shop", ADA["email"], "ADMIN")
    assert ask(PROJECT, **ADA).data["project"]["viewerRole"] == "ADMIN"


@pytest.mark.parametrize(
    ("arguments", "stdin", "fails"),
    [
        pytest.param(["user", "create", "nobody"], "12345678\n", BadInput, id="no address"),
        pytest.param(["user", "create", "a@example.com"], "short\n", BadInput, id="a short password"),
        pytest.param(["user", "create", "a@example.com"], "", BadInput, id="no password"),
        pytest.param(["user", "create", "a@example.com"], "a@example.com\n", BadInput, id="the address for a password"),
        pytest.param(["user", "disable", "no@example.com"], "", NotFound, id="nobody to disable"),
        pytest.param(["user", "reset-password", "no@example.com"], "12345678\n", NotFound, id="nobody to reset"),
        pytest.param(["user", "invite", "a@example.com", "--lasts", "0s"], "", BadInput, id="an invitation of no time"),
        pytest.param(["user", "invite", "a@example.com", "--project", "no"], "", NotFound, id="invited into nothing"),
        pytest.param(["project", "create", "A"], "", BadInput, id="no slug"),
        pytest.param(["project", "create", "a"], "", BadInput, id="no scope"),
        pytest.param(["project", "create", "a", "--label", "ns"], "", BadInput, id="a label without a value"),
        pytest.param(["project", "create", "a", "--label", "ns="], "", BadInput, id="an empty value"),
        pytest.param(["project", "create", "a", "--label", "__name__=up"], "", BadInput, id="the metric's name"),
        pytest.param(["project", "create", "a", "--pattern", "ns=.*"], "", BadInput, id="a pattern for nothing"),
        pytest.param(["project", "create", "a", "--pattern", "ns=("], "", BadInput, id="no pattern"),
        pytest.param(["project", "create", "a", "--label", "n=a", "--owner", "no@x.org"], "", NotFound, id="no owner"),
        pytest.param(["token", "create", "nothing"], "", NotFound, id="no project for a token"),
        pytest.param(["token", "create", "a", "--lasts", "soon"], "", BadInput, id="no lifetime"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, arguments: list[str], stdin: str, fails: type[Exception]) -> None:
    run(*arguments, stdin=stdin, fails=fails)


def test_a_taken_address_and_slug_are_conflicts(run: Run) -> None:
    for fails in (None, Conflict):
        run("user", "create", ADA["email"], stdin="12345678\n", fails=fails)
        run("project", "create", "shop", "--label", "ns=shop", fails=fails)


def test_an_account_without_a_password_cannot_sign_in_with_one(run: Run, ask: Callable[..., Any]) -> None:
    run("user", "create", ADA["email"], "--no-password")
    assert ask(SIGN_IN, {"input": ADA}).codes == ["UNAUTHENTICATED"]


def test_a_fault_is_one_line_and_a_status(database_url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "GATEWAY_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "gateway", "user", "disable", "no@example.com"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: nobody has an account with the address no@example.com\n"
