"""What subscribers are told of: a row per change, written in the transaction that makes the change."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from .columns import Key, document, instant, line, reference


def transaction_id() -> Any:
    """The writing transaction's id: readers stay below the oldest one that still runs, for an identity is not commit order."""
    default = text("((pg_current_xact_id())::text)::bigint")
    return Field(default=None, sa_column=Column(BigInteger, nullable=False, server_default=default))


class OutboxRow(SQLModel, table=True):
    """One message on a topic. The payload holds ids: readers fetch the rest as it is by then."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "project_id", "topic", "sequence"), Index(None, "at"))

    sequence: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    transaction_id: int = transaction_id()
    project_id: Key = reference("projects.id")
    topic: str = line()
    kind: str = line()
    payload: dict[str, Any] = document("{}")
    at: datetime = instant(now=True)
