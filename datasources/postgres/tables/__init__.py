"""The tables, one module per stem. Migrations are made from these; loaders and lists read by SQL."""

from __future__ import annotations

from sqlmodel import SQLModel

from . import alerts, errors, outbox, projects, users

metadata = SQLModel.metadata

__all__ = ["alerts", "errors", "metadata", "outbox", "projects", "users"]
