"""The gateway's own schema on stock Strawberry: its ASGI view, graphql-core's executor, the standard library's JSON, httpx.

`python -m benchmarks.peers.stock` takes the settings that `serve` takes, and prints its port.
"""

from __future__ import annotations

import socket
from typing import Any

import httpx
import strawberry.asgi
import uvicorn
import uvloop

from datasources import http
from gateway.context import ContextMaker
from gateway.resources import open_resources
from gateway.settings import load_settings
from schema.roots import schema


class View(strawberry.asgi.GraphQL[Any]):
    """Stock but for the context, which says who asks."""

    def __init__(self, make_context: ContextMaker) -> None:
        super().__init__(schema)
        self._make_context = make_context

    async def get_context(self, request: Any, response: Any) -> Any:
        return await self._make_context(request)


async def serve() -> None:
    """Serves until it is ended."""
    http._pool = lambda settings: httpx.AsyncHTTPTransport(  # type: ignore[assignment,return-value]
        limits=httpx.Limits(
            max_connections=settings.max_connections, max_keepalive_connections=settings.max_connections
        )
    )
    settings = load_settings()
    assert settings.database_url is not None
    listener = socket.create_server(("127.0.0.1", 0))
    async with open_resources(settings, settings.database_url.get_secret_value()) as resources:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(View(ContextMaker(resources)), log_level="warning", access_log=False)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(serve())
