"""`user`: accounts, made and closed by the operator, who vouches for their addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from datasources.exceptions import BadInput
from datasources.records.users import Role
from resolvers.account_rules import check_email, check_name, check_password

from ..auth.passwords import Passwords
from ..auth.secrets import new_secret
from .with_store import Store, lifetime_of, read_password, with_store

INVITATION_PREFIX = "gwi_"
app = typer.Typer(no_args_is_help=True, help="Accounts of people.")
Email = Annotated[str, typer.Argument(help="The person's address.")]


@app.command()
def create(
    email: Email,
    name: Annotated[
        str | None, typer.Option(help="How the person is called; the address's first part if left out.")
    ] = None,
    password: Annotated[
        bool, typer.Option(help="Ask for a password; without one the person signs in by OpenID Connect.")
    ] = True,
) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    email = check_email(email, argument="email")
    name = check_name(name or email.partition("@")[0], argument="name")
    given = read_password() if password else None
    if given is not None:
        check_password(given, email, argument="password")

    async def work(store: Store) -> None:
        hashed = await Passwords().hash(given) if given is not None else None
        users = store.repositories.users
        user = await users.create(email=email, name=name, password_hash=hashed, verified=True, call=store.call)
        print(f"made the account of {user.email}")

    with_store(work)


@app.command()
def invite(
    email: Email,
    project: Annotated[str | None, typer.Option(help="Slug of a project that the person becomes a member of.")] = None,
    role: Annotated[Role, typer.Option(help="The role in that project.", case_sensitive=False)] = Role.MEMBER,
    lasts: Annotated[str, typer.Option(help="How long it can be used.")] = "7d",
) -> None:
    """Make a code with which the person signs up, once. It is printed now and never again."""
    email = check_email(email, argument="email")
    lifetime = lifetime_of(lasts) or timedelta(days=7)
    code, digest = new_secret(INVITATION_PREFIX)

    async def work(store: Store) -> None:
        found = await store.project(project) if project is not None else None
        await store.repositories.invitations.create(
            digest,
            email=email,
            project_key=found.key if found else None,
            role=role if found else None,
            expires_at=datetime.now(UTC) + lifetime,
            call=store.call,
        )

    with_store(work)
    print(code)


@app.command()
def disable(email: Email) -> None:
    """Lock a person out at once: sessions end, machines' tokens that they made open nothing."""

    async def work(store: Store) -> None:
        user, now = await store.user(email), datetime.now(UTC)
        await store.repositories.users.set_disabled(user.key, now, call=store.call)
        await store.repositories.sessions.end_all(user.key, now=now, call=store.call)
        print(f"{user.email} is locked out")

    with_store(work)


@app.command()
def enable(email: Email) -> None:
    """Let a person in again."""

    async def work(store: Store) -> None:
        user = await store.user(email)
        await store.repositories.users.set_disabled(user.key, None, call=store.call)
        print(f"{user.email} may sign in again")

    with_store(work)


@app.command("reset-password")
def reset_password(email: Email) -> None:
    """Give a person another password and end their sessions. It is asked for, or read from standard input."""
    given = read_password()

    async def work(store: Store) -> None:
        user = await store.user(email)
        check_password(given, user.email, argument="password")
        hashed = await Passwords().hash(given)
        if not await store.repositories.users.set_password(user.key, hashed, call=store.call):
            raise BadInput("the account went away meanwhile")
        await store.repositories.sessions.end_all(user.key, now=datetime.now(UTC), call=store.call)
        print(f"{user.email} has another password; all sessions ended")

    with_store(work)
