"""What tests of every layer share."""

from __future__ import annotations

pytest_plugins = ["tests.postgres_fixtures", "tests.serving"]
