"""`token`: machines' tokens that belong to no person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from datasources.records.users import Role
from resolvers.account_rules import check_name
from resolvers.api_tokens import SHOWN_CHARACTERS, TOKEN_PREFIX

from ..auth.secrets import new_secret
from .with_store import Store, lifetime_of, with_store

app = typer.Typer(no_args_is_help=True, help="Tokens of machines.")


@app.callback()
def _group() -> None:
    """A group, although it has one command."""


@app.command()
def create(
    project: Annotated[str, typer.Argument(help="Slug of the project that it opens.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "made by the operator",
    role: Annotated[Role, typer.Option(help="What it may do.", case_sensitive=False)] = Role.VIEWER,
    lasts: Annotated[
        str | None, typer.Option(help="How long it is accepted, such as 90d; for good if left out.")
    ] = None,
) -> None:
    """Make a token. Its secret is printed now and never again."""
    label = check_name(label, argument="label", most=100)
    lifetime = lifetime_of(lasts)
    secret, digest = new_secret(TOKEN_PREFIX)

    async def work(store: Store) -> None:
        found = await store.project(project)
        await store.repositories.api_tokens.create(
            digest,
            project_key=found.key,
            created_by=None,
            label=label,
            prefix=secret[:SHOWN_CHARACTERS],
            role=role,
            expires_at=None if lifetime is None else datetime.now(UTC) + lifetime,
            call=store.call,
        )

    with_store(work)
    print(secret)
