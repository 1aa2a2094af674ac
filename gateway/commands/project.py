"""`project`: projects of any scope, which only an operator can make, since a scope is a wall between people."""

from __future__ import annotations

from typing import Annotated

import typer

from datasources.exceptions import BadInput, NotFound
from datasources.records.projects import Project
from datasources.records.users import Role
from datasources.scope import Rule
from datasources.scoping.rules import check_label, check_pattern
from resolvers.account_rules import check_name
from resolvers.projects import check_slug, is_within, rules_of

from .with_store import Store, with_store

app = typer.Typer(no_args_is_help=True, help="Projects and their scope.")
Slug = Annotated[str, typer.Argument(help="The project's name in addresses and queries.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", help="A label that its telemetry carries, as name=value; one name twice means either value."
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option("--pattern", help="A label and an anchored regular expression for its value, such as job=shop/.+"),
]
Tenant = Annotated[str | None, typer.Option(help="Its tenant, where the sources have several.")]
MetricsSource = Annotated[str, typer.Option(help="The source of its metrics.")]
LogsSource = Annotated[str, typer.Option(help="The source of its logs.")]
TracesSource = Annotated[str, typer.Option(help="The source of its traces.")]


@app.command()
def create(
    slug: Slug,
    label: Labels = None,
    pattern: Patterns = None,
    name: Annotated[str | None, typer.Option(help="The name for people.")] = None,
    owner: Annotated[str | None, typer.Option(help="Address of the account that owns it.")] = None,
    tenant: Tenant = None,
    metrics_source: MetricsSource = "prometheus",
    logs_source: LogsSource = "loki",
    traces_source: TracesSource = "tempo",
) -> None:
    """Make a project."""
    check_slug(slug, argument="slug")
    rules = scope_rules(label or [], pattern or [])

    async def work(store: Store) -> None:
        user = await store.user(owner) if owner is not None else None
        project = await store.repositories.projects.create(
            slug=slug,
            name=check_name(name or slug, argument="name"),
            rules=rules,
            tenant=tenant,
            metrics_source=metrics_source,
            logs_source=logs_source,
            traces_source=traces_source,
            owner_key=user.key if user else None,
            call=store.call,
        )
        print(f"made project {project.slug}, number {project.number}: {described(project)}")

    with_store(work)


@app.command("list")
def list_projects() -> None:
    """List all projects with their scope."""

    async def work(store: Store) -> None:
        for project in await store.repositories.projects.all(call=store.call):
            print(f"{project.number:>4}  {project.slug:<24}  {described(project)}")

    with_store(work)


@app.command()
def scope(
    slug: Slug,
    label: Labels = None,
    pattern: Patterns = None,
    tenant: Tenant = None,
    metrics_source: MetricsSource = "prometheus",
    logs_source: LogsSource = "loki",
    traces_source: TracesSource = "tempo",
) -> None:
    """Give a project another scope, as a whole."""
    rules = scope_rules(label or [], pattern or [])

    async def work(store: Store) -> None:
        project = await store.project(slug)
        sources = (metrics_source, logs_source, traces_source)
        await _require_inner_ones_stay_within(store, project, tenant, sources, rules)
        changed = await store.repositories.projects.rescope(project.key, rules, tenant, sources, None, call=store.call)
        if changed is None:
            raise NotFound(f"there is no project {slug}")
        print(f"{changed.slug}: {described(changed)}")

    with_store(work)


@app.command()
def member(
    slug: Slug,
    email: Annotated[str, typer.Argument(help="Address of the account.")],
    role: Annotated[Role, typer.Argument(help="VIEWER, MEMBER, ADMIN or OWNER.", case_sensitive=False)],
) -> None:
    """Make somebody a member, or change a member's role."""

    async def work(store: Store) -> None:
        project, user = await store.project(slug), await store.user(email)
        await store.repositories.projects.set_member(project.key, user.key, role, call=store.call)
        print(f"{user.email} is {role} of {project.slug}")

    with_store(work)


def scope_rules(labels: list[str], patterns: list[str]) -> tuple[Rule, ...]:
    """The rules of a command line. Raises: BadInput."""
    values = rules_of([_pair(text) for text in labels], argument="label") if labels else ()
    try:
        matched = []
        for name, pattern in map(_pair, patterns):
            check_label(name)
            check_pattern(pattern)
            matched.append(Rule(name, pattern=pattern))
    except ValueError as error:
        raise BadInput(str(error)) from None
    if not values and not matched:
        raise BadInput("a project needs a scope: give --label name=value or --pattern name=expression")
    return (*values, *matched)


def described(project: Project) -> str:
    """The scope on one line."""
    shown = project.telemetry_scope
    labels = " ".join(f"{label.name}={label.value}" for label in shown.labels)
    sources = f"{shown.metrics_source}, {shown.logs_source}, {shown.traces_source}"
    return f"{labels} of {sources}" + (f", tenant {shown.tenant}" if shown.tenant else "")


async def _require_inner_ones_stay_within(
    store: Store, project: Project, tenant: str | None, sources: tuple[str, str, str], rules: tuple[Rule, ...]
) -> None:
    """Raises: BadInput where a project that people made within this one would reach beyond it."""
    for inner in await store.repositories.projects.all(call=store.call):
        same = inner.scope.tenant == tenant and inner.source_names == sources
        if inner.within_key == project.key and not (same and is_within(inner.scope.rules, rules)):
            raise BadInput(f"project {inner.slug} lies within it and would reach beyond: change or delete it first")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise BadInput(f"{text!r}: write name=value")
    return name.strip(), value
