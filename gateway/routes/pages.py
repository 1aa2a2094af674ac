"""GraphiQL, built from web/ and served from here: not one request to the outside."""

from __future__ import annotations

from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..settings import Settings

STATIC = Path(__file__).parent.parent / "static"
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Pages:
    """The pages for people."""

    def __init__(self, settings: Settings, demo_account: dict[str, str] | None) -> None:
        self._config = {"endpoint": "/graphql", "demo": demo_account}
        self._title = settings.issuer

    async def home(self, request: Request) -> Response:
        """Leads to GraphiQL, with the query that the link carries."""
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/graphiql{query}")

    async def graphiql(self, request: Request) -> Response:
        """The page with its configuration in it."""
        page = (STATIC / "graphiql" / "index.html").read_text()
        config = orjson.dumps(self._config).decode().replace("<", "\\u003c")
        return HTMLResponse(page.replace("{{config}}", config), headers={"content-security-policy": CSP})
