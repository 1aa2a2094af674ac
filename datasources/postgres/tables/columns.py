"""Columns that many tables have. Words of a fixed set are text with a CHECK: a native enum is hard to change."""

import enum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, LargeBinary, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def words(column: str, kind: type[enum.StrEnum]) -> CheckConstraint:
    """Holds a text column to an enum's words; null passes."""
    listed = ", ".join(f"'{word}'" for word in kind)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def key() -> Any:
    """A random uuid as the primary key."""
    return Field(
        default=None,
        sa_column=Column(Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    )


def reference(target: str, *, nullable: bool = False, primary_key: bool = False, ondelete: str = "CASCADE") -> Any:
    """The uuid of a row elsewhere."""
    return Field(
        default=None,
        sa_column=Column(Uuid, ForeignKey(target, ondelete=ondelete), nullable=nullable, primary_key=primary_key),
    )


def identifier(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """A uuid that no foreign key holds, where the check would cost more than it is worth."""
    return Field(default=None, sa_column=Column(Uuid, nullable=nullable, primary_key=primary_key))


def instant(*, nullable: bool = False, now: bool = False, primary_key: bool = False) -> Any:
    """A timestamptz; `now` fills it in."""
    default = func.now() if now else None
    return Field(
        default=None,
        sa_column=Column(DateTime(timezone=True), nullable=nullable, server_default=default, primary_key=primary_key),
    )


def line(*, nullable: bool = False, unique: bool = False, default: str | None = None, primary_key: bool = False) -> Any:
    """Text."""
    fallback = text(f"'{default}'") if default is not None else None
    return Field(
        default=None,
        sa_column=Column(Text, nullable=nullable, unique=unique, server_default=fallback, primary_key=primary_key),
    )


def digest(*, nullable: bool = False, unique: bool = False, primary_key: bool = False) -> Any:
    """A hash, as bytes."""
    return Field(default=None, sa_column=Column(LargeBinary, nullable=nullable, unique=unique, primary_key=primary_key))


def count(default: int | None = 0) -> Any:
    """A whole number of 64 bits; null where there is no default."""
    fallback = text(str(default)) if default is not None else None
    return Field(default=default, sa_column=Column(BigInteger, nullable=default is None, server_default=fallback))


def document(default: str | None = None, *, nullable: bool = False) -> Any:
    """jsonb."""
    fallback = text(f"'{default}'::jsonb") if default is not None else None
    return Field(default=None, sa_column=Column(JSONB, nullable=nullable, server_default=fallback))


Key = UUID
