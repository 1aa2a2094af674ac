"""The table of roles: the data, what each row says, and the page. `python -m tests.gateway.roles.table > docs/roles.md` writes it."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from typing import Any

from datasources.records.users import Role
from tests.architecture.project import ROOT

DATA, PAGE = ROOT / "docs/roles.toml", ROOT / "docs/roles.md"
COLUMNS = ("anonymous", "stranger", *Role, "API token")
YES, EMPTY = "yes", "empty"
SHOWN = {YES: "yes", EMPTY: "–", "UNAUTHENTICATED": "401", "FORBIDDEN": "403", "NOT_FOUND": "404"}
INTRODUCTION = """# Who may ask for what

Generated from [roles.toml](roles.toml); `tests/gateway/roles` asks the running gateway for every cell, and fails for a field without a row.

VIEWER reads; MEMBER also works on errors and alerts; ADMIN also configures rules, channels, keys and members; OWNER also deletes the project.
A stranger is signed in and no member of the project. An API token has one project and one role, here OWNER: with a lower one it gets what that
role gets, and where its column says 403 no machine may at all.

`yes`: it is answered. `–`: null or an empty list, as for what does not exist. `401`, `403`, `404`: an error with the code UNAUTHENTICATED, FORBIDDEN or
NOT_FOUND in `extensions.code`; the words of NOT_FOUND are the same for what does not exist.
"""


@dataclass(frozen=True)
class Row:
    """One field: how it is asked for, and what each of the columns gets."""

    kind: str
    field: str
    ask: str
    may: tuple[str, ...]
    note: str = ""

    @property
    def name(self) -> str:
        """As in `Project.logs`."""
        return f"{self.kind}.{self.field}"


def rows() -> list[Row]:
    """All rows, in the data's order."""
    data = tomllib.loads(DATA.read_text("utf-8"))
    return [_row(kind, field, given) for kind, fields in data.items() for field, given in fields.items()]


def page() -> str:
    """docs/roles.md."""
    parts = [INTRODUCTION]
    for kind in dict.fromkeys(row.kind for row in rows()):
        parts += [f"## {kind}\n", _line("field", *COLUMNS, ""), _line(*["---"] * (len(COLUMNS) + 2))]
        parts += [
            _line(f"`{row.field}`", *(SHOWN[each] for each in row.may), row.note) for row in rows() if row.kind == kind
        ]
        parts += [""]
    return "\n".join(parts).rstrip("\n") + "\n"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _row(kind: str, field: str, given: dict[str, Any]) -> Row:
    may = tuple(given["may"]) if "may" in given else _usual(kind, Role(given.get("least", "VIEWER")), given)
    assert len(may) == len(COLUMNS), field
    return Row(kind, field, given["ask"], may, given.get("note", ""))


def _usual(kind: str, least: Role, given: dict[str, Any]) -> tuple[str, ...]:
    members = [YES if role.covers(least) else "FORBIDDEN" for role in Role]
    outside = (EMPTY, EMPTY) if kind == "Project" else ("UNAUTHENTICATED", "NOT_FOUND")
    return (*outside, *members, "FORBIDDEN" if given.get("people") else YES)


if __name__ == "__main__":
    sys.stdout.write(page())
