"""Whether the process lives, whether it can serve, and the public keys of its tokens."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError

from ..readiness import Readiness
from ..resources import Resources

PROBE_TIMEOUT_S = 2.0


class HealthRoutes:
    """For balancers and orchestrators; no credential is asked for, and no project's data is told."""

    def __init__(self, resources: Resources, readiness: Readiness) -> None:
        self._resources = resources
        self._readiness = readiness

    async def live(self, request: Request) -> Response:
        """200 as long as the loop turns."""
        return _json({"status": "live"})

    async def ready(self, request: Request) -> Response:
        """200 where the store answers and nobody asked the process to end, else 503 with the reason.

        Telemetry sources are told and do not count: their fields fail alone.
        """
        call = Call(Deadline.after(PROBE_TIMEOUT_S), Ledger())
        store = "up"
        try:
            await self._resources.database.fetchval("select 1", call=call)
        except GatewayError as error:
            store = error.message
        sources = {source.name: source.status().state.lower() for source in self._resources.sources.all()}
        is_ready = store == "up" and not self._readiness.is_stopping
        body: dict[str, object] = {
            "status": "ready" if is_ready else "stopping" if self._readiness.is_stopping else "not ready",
            "store": store,
            "sources": sources,
        }
        closed = {source.name: source.switched_off for source in self._resources.sources.all() if source.switched_off}
        if closed:
            body["switchedOff"] = closed
        return _json(body, 200 if is_ready else 503)

    async def jwks(self, request: Request) -> Response:
        """The public keys of access tokens."""
        return _json(self._resources.keys.jwks(), headers={"cache-control": "public, max-age=300"})


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers or {"cache-control": "no-store"}, "application/json")
