"""A gateway for each test of accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.world import Gateway, open_gateway


@pytest.fixture
async def gateway(database_url: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    """With open sign-up."""
    async with open_gateway(database_url, tmp_path, sign_up="open") as opened:
        yield opened
