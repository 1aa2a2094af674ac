"""The clients that front-end teams use, as they come from the registry: queries, mutations, subscriptions and @defer."""

from __future__ import annotations

import pytest

from tests.node_scripts import run_script


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse", "@apollo/client", "urql"])
def test_a_real_client_works_over_every_transport_that_it_has(address: str, client: str) -> None:
    assert run_script("clients.mjs", address, client).strip() == "ok"
