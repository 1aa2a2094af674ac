"""What tests of every layer share. PostgreSQL's fixtures stand in postgres_fixtures.py."""

from __future__ import annotations

pytest_plugins: list[str] = []
