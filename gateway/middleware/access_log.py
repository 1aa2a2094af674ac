"""One line per request, with an id that the client is told and errors are found by."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("gateway.access")
HEADER = "x-request-id"
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUIET = ("/health/", "/metrics")


class AccessLog:
    """Binds the request's id to every log line of its handling, and logs the outcome."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes over a request id that looks like one, else makes one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        started, status = time.perf_counter(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, with_id)
            finally:
                path = scope["path"]
                if not path.startswith(QUIET):
                    took_ms = round((time.perf_counter() - started) * 1000, 1)
                    log.info("request", method=scope["method"], path=path, status=status, took_ms=took_ms)
