"""Holds the rules of the house that an import contract cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.project import modules

Function = ast.FunctionDef | ast.AsyncFunctionDef
SCOPED = {"ScopedPromQL", "ScopedLogQL", "ScopedTraceQL"}


def test_only_scopers_make_narrowed_expressions():
    makers = {path for path, module in modules().items() if SCOPED & set(_called(module))}
    assert makers
    assert {path for path in makers if not _is_scoper(path)} == set()


def test_every_scoper_makes_one_kind_of_expression():
    made = {path: SCOPED & set(_called(module)) for path, module in modules().items() if _is_scoper(path)}
    kinds = [kind for found in made.values() for kind in found]
    assert sorted(kinds) == sorted(SCOPED)


@pytest.mark.parametrize("module", ["asyncpg", "httpx", "sqlalchemy"])
def test_library_stays_in_its_place(module):
    home = "datasources/http.py" if module == "httpx" else "datasources/postgres/"
    users = {path for path, tree in modules().items() if module in set(_imported(tree))}
    assert {path for path in users if not path.startswith(home)} == set()


def test_only_the_settings_read_the_environment():
    readers = {path for path, module in modules().items() if {"environ", "getenv"} & set(_attributes(module))}
    assert readers <= {
        "gateway/settings.py",
        "gateway/embedded_postgres/binaries.py",
        "gateway/embedded_postgres/cluster.py",
    }


def test_modules_open_with_their_purpose():
    assert {path for path, module in modules().items() if module.body and not ast.get_docstring(module)} == set()


def test_nothing_below_the_gateway_asks_what_time_it_is():
    """A clock may be a parameter's default, a function or a lambda; it is never called on the spot."""
    clocks = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns"}
    below = {path: module for path, module in modules().items() if not path.startswith("gateway/")}
    assert {path for path, module in below.items() if clocks & set(_called_by_owner(module))} == set()


def test_use_cases_authorise_first():
    """What the schema calls with a project begins with `require`, by itself or in the module's own check."""
    called = {name for path, module in modules().items() if path.startswith("schema/") for name in _called(module)}
    use_cases, lax = 0, []
    for path, module in modules().items():
        own = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        for name in own.keys() & called:
            if (
                path.startswith("resolvers/")
                and isinstance(own[name], ast.AsyncFunctionDef)
                and _takes_a_project(own[name])
            ):
                use_cases += 1
                lax += [] if _begins_with_require(own[name], own) else [f"{path}:{name}"]
    assert use_cases > 10
    assert lax == []


def _is_scoper(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == "datasources" and len(parts) > 2 and parts[2] in ("scope.py", "scope")


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _called_by_owner(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield f"{owner.id if isinstance(owner, ast.Name) else getattr(owner, 'attr', '')}.{node.func.attr}"
        yield from _called_by_owner(node)


def _attributes(tree: ast.AST) -> Iterator[str]:
    return (node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _takes_a_project(function: Function) -> bool:
    return [argument.arg for argument in function.args.args][:2] == ["context", "project"]


def _begins_with_require(function: Function, own: dict[str, Function]) -> bool:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    called = set(_called(body[0])) if body else set()
    return "require" in called or any(_begins_with_require(own[name], {}) for name in called & own.keys())
