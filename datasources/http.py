"""The one HTTP sender: single flight and cache, deadline, breaker, one retry, the size cap, the wire.

It is httpx's interface over aiohttp's connections: httpx's own pool costs several times the CPU under load.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from .breaker import Breaker, RetryBudget
from .cache import ResultCache, SingleFlight
from .calls import Call, LedgerEntry
from .exceptions import (
    SourceError,
    SourceMalformed,
    SourceTimeout,
    SourceTooLarge,
    SourceUnavailable,
)
from .latency import LatencyWindow
from .records.sources import CircuitState, Source, SourceKind, SourceState
from .retries import RETRY_PAUSE_S, is_fault, is_worth_retrying

T = TypeVar("T")
E = TypeVar("E", bound=SourceError)

Pairs = tuple[tuple[str, str], ...]
TENANT_HEADER = "X-Scope-OrgID"
_TENANT = re.compile(r"[A-Za-z0-9_.|-]{1,150}")
_UTC_NOW = functools.partial(datetime.now, UTC)
_FORM_TYPE = "application/x-www-form-urlencoded"
_WIRE_ERRORS = (httpx.TransportError, httpx.DecodingError, aiohttp.ClientError, OSError)
_SLOW_SHARE = 0.8
"""A source whose 99th percentile takes this share of its limit is degraded."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source as configured. The tenant, if any, goes with every request that names none of its own."""

    name: str
    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    tenant: str | None = None
    ca_file: str | None = None
    timeout_s: float = 10.0
    max_response_bytes: int = 32 * 1024 * 1024
    max_connections: int = 32
    cache_max_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One read. It is built from scratch by a client module: nothing of a user's request is forwarded.

    `path` is quoted already. `form` makes it a POST's body. `cache_ttl_s` of 0 means single flight only. `blames_question`
    tells the 5xx answers that speak of the question, where a source has such: nobody's question opens the breaker.
    """

    method: str
    path: str
    params: Pairs = ()
    form: Pairs | None = None
    headers: Pairs = ()
    tenant: str | None = None
    cache_ttl_s: float = 0.0
    retry: bool = True
    blames_question: Callable[[SourceResponse], bool] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two requests the same question."""
        return (self.tenant, self.method, self.path, self.params, self.form, self.headers)

    def is_failed(self, response: SourceResponse) -> bool:
        """Whether the answer speaks of the source's own trouble."""
        return is_fault(response.status) and not (self.blames_question and self.blames_question(response))


@dataclass(frozen=True, slots=True)
class SourceResponse:
    """A whole answer, decompressed. `content_type` is lower-case and without parameters."""

    status: int
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        """The beginning of the body as text, for a message."""
        return self.body[:2_000].decode("utf-8", "replace").strip()


class HttpSender:
    """Sends one source's requests. Owned by the source's client, which closes it."""

    def __init__(
        self,
        settings: SourceSettings,
        kind: SourceKind,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _UTC_NOW,
    ) -> None:
        self.settings, self.kind = settings, kind
        self._clock, self._now = clock, now
        self._base = settings.url.rstrip("/")
        self._headers = _standing_headers(settings)
        self._client = httpx.AsyncClient(
            transport=transport or _pool(settings), timeout=None, trust_env=False, headers=self._headers
        )
        self._breaker = Breaker(clock)
        self._retries = RetryBudget()
        self._latency = LatencyWindow(clock)
        self._cache: ResultCache[SourceResponse] = ResultCache(settings.cache_max_bytes, clock)
        self._flights: SingleFlight[SourceResponse] = SingleFlight()
        self._last_error: str | None = None
        self._is_failing = False
        self._checked_at: datetime | None = None

    @property
    def name(self) -> str:
        """The source's configured name."""
        return self.settings.name

    async def request(self, request: SourceRequest, *, call: Call) -> SourceResponse:
        """The whole answer, whatever its status.

        Raises: DeadlineExceeded where no time was left to ask; SourceTimeout, SourceUnavailable, SourceTooLarge and
        SourceMalformed (a body that was cut off) for what went wrong on the way. A cancelled caller cancels the
        request upstream, unless somebody else waits for the same answer.
        """
        remaining_s = call.deadline.remaining_s()
        started = self._clock()
        key = request.key
        known = self._cache.get(key) if request.cache_ttl_s else None
        if known is not None:
            self._record(call, 0.0, cached=True)
            return known
        shared = self._flights.is_flying(key)
        call.ledger.in_flight += 1
        error: str | None = None
        try:
            async with asyncio.timeout(remaining_s):
                response = await self._flights.share(key, lambda: self._fly(request))
            error = f"HTTP {response.status}" if request.is_failed(response) else None
            return response
        except TimeoutError:
            error = "the request's deadline passed before it answered"
            raise self._error(SourceTimeout, error, started) from None
        except SourceError as fault:
            error = fault.message
            raise
        except asyncio.CancelledError:
            error = "cancelled"
            raise
        finally:
            call.ledger.in_flight -= 1
            if error != "cancelled":
                self._record(call, (self._clock() - started) * 1000, cached=shared, error=error)

    async def ask(self, request: SourceRequest, decode: Callable[[SourceResponse], T], *, call: Call) -> T:
        """The decoded answer. What `decode` finds to be nonsense counts against the source and is not kept.

        Raises: what `request` and `decode` raise.
        """
        response = await self.request(request, call=call)
        try:
            return decode(response)
        except SourceMalformed as fault:
            self._cache.forget(request.key)
            self._breaker.failed(self._breaker.generation)
            self._note(fault.message)
            self._record(call, 0.0, cached=True, error=fault.message)
            raise

    def status(self, *, version: str | None = None) -> Source:
        """How the source does, from what was seen of it; no request is made."""
        quantiles = self._latency.quantiles(0.5, 0.99)
        return Source(
            name=self.name,
            kind=self.kind,
            state=self._state(quantiles),
            version=version,
            latency_p50_ms=quantiles[0] if quantiles else None,
            latency_p99_ms=quantiles[1] if quantiles else None,
            circuit=self._breaker.state,
            last_error=self._last_error,
            checked_at=self._checked_at,
        )

    async def close(self) -> None:
        """Ends what is under way and closes the connections."""
        await self._flights.close()
        await self._client.aclose()

    async def _fly(self, request: SourceRequest) -> SourceResponse:
        generation = self._breaker.admit()
        if generation is None:
            raise self._error(SourceUnavailable, "it failed too often lately and is left alone for some seconds")
        started = self._clock()
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                response = await self._send_and_retry(request, started)
        except TimeoutError:
            self._breaker.failed(generation)
            fault = self._error(SourceTimeout, f"no whole answer within {self.settings.timeout_s:g} s", started)
            self._note(fault.message)
            raise fault from None
        except SourceTooLarge:
            self._breaker.succeeded(generation)
            raise
        except SourceError as error:
            self._breaker.failed(generation, refused=isinstance(error, _ConnectionRefused))
            self._note(error.message)
            raise
        except BaseException:
            self._breaker.abandoned(generation)
            raise
        self._settle(request, response, generation, started)
        return response

    def _settle(self, request: SourceRequest, response: SourceResponse, generation: int, started: float) -> None:
        self._latency.record((self._clock() - started) * 1000)
        if request.is_failed(response):
            self._breaker.failed(generation)
            self._note(f"HTTP {response.status}")
            return
        self._breaker.succeeded(generation)
        self._note(None)
        if response.status == 200:
            self._cache.put(request.key, response, ttl_s=request.cache_ttl_s, size_bytes=len(response.body))

    async def _send_and_retry(self, request: SourceRequest, started: float) -> SourceResponse:
        self._retries.earn()
        limit_s = self.settings.timeout_s
        try:
            response = await self._send(request, started, last=not request.retry)
        except SourceUnavailable:
            if not request.retry or self._clock() - started > limit_s / 3 or not self._retries.spend():
                raise
        else:
            if response is not None:
                return response
        await asyncio.sleep(RETRY_PAUSE_S)
        response = await self._send(request, started, last=True)
        assert response is not None  # the last attempt always gives its answer
        return response

    async def _send(self, request: SourceRequest, started: float, *, last: bool) -> SourceResponse | None:
        """The answer; None, before any of its body is read, where asking again is better."""
        try:
            response = await self._client.send(self._build(request), stream=True)
        except _WIRE_ERRORS as error:
            if _is_refusal(error):
                raise self._error(_ConnectionRefused, _reason(error.__cause__), started) from error
            raise self._error(SourceUnavailable, "the connection broke before it answered", started) from error
        try:
            took_s, limit_s = self._clock() - started, self.settings.timeout_s
            again = not last and is_worth_retrying(response.status_code, took_s=took_s, limit_s=limit_s)
            if again and self._retries.spend():
                return None
            return await self._read(response, started)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response, started: float) -> SourceResponse:
        headers, cap = response.headers, self.settings.max_response_bytes
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > cap:
            raise self._too_large(started)
        chunks, size = [], 0
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > cap:
                    raise self._too_large(started)
                chunks.append(chunk)
        except _WIRE_ERRORS as error:
            raise self._error(SourceMalformed, "the answer was cut off", started) from error
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        return SourceResponse(response.status_code, content_type, b"".join(chunks))

    def _build(self, request: SourceRequest) -> httpx.Request:
        url = f"{self._base}{request.path}"
        if request.params:
            url = f"{url}?{urlencode(request.params)}"
        headers = {**self._headers, **dict(request.headers)}
        tenant = request.tenant or self.settings.tenant
        if tenant is not None:
            if not _TENANT.fullmatch(tenant):
                raise self._error(SourceUnavailable, "its tenant is not a valid one")
            headers[TENANT_HEADER] = tenant
        if request.form is None:
            return httpx.Request(request.method, url, headers=headers)
        headers["Content-Type"] = _FORM_TYPE
        return httpx.Request(request.method, url, headers=headers, content=urlencode(request.form).encode())

    def _state(self, quantiles: list[float] | None) -> SourceState:
        if self._breaker.state is CircuitState.OPEN or (self._is_failing and not quantiles):
            return SourceState.DOWN
        is_slow = quantiles is not None and quantiles[1] > self.settings.timeout_s * 1000 * _SLOW_SHARE
        if self._is_failing or is_slow or self._breaker.state is CircuitState.HALF_OPEN:
            return SourceState.DEGRADED
        return SourceState.DEGRADED if self._breaker.failure_ratio >= 0.1 else SourceState.UP

    def _note(self, error: str | None) -> None:
        self._checked_at = self._now()
        self._is_failing = error is not None
        self._last_error = error or self._last_error

    def _record(self, call: Call, took_ms: float, *, cached: bool, error: str | None = None) -> None:
        call.ledger.record(LedgerEntry(self.name, self.kind, took_ms, cached, error, call.projects))

    def _too_large(self, started: float) -> SourceTooLarge:
        cap_mib = self.settings.max_response_bytes / 1024 / 1024
        return self._error(SourceTooLarge, f"the answer is larger than {cap_mib:.3g} MiB: narrow the question", started)

    def _error(self, kind: type[E], message: str, started: float | None = None) -> E:
        took_ms = 0.0 if started is None else (self._clock() - started) * 1000
        return kind(f"{self.name}: {message}", source=self.name, took_ms=took_ms)


class _ConnectionRefused(SourceUnavailable):
    """Not even a connection came about."""


def _is_refusal(error: Exception) -> bool:
    # The aiohttp transport reports a refused connection as a timeout; only the cause tells.
    return isinstance(error, httpx.ConnectError) or isinstance(error.__cause__, aiohttp.ClientConnectorError)


def _reason(cause: BaseException | None) -> str:
    if isinstance(cause, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "no connection: its certificate is not accepted, or it speaks no TLS"
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "no connection: its host name is not known"
    return "no connection: nothing answers at its address"


def _standing_headers(settings: SourceSettings) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "telemetry-graphql-gateway"}
    if settings.bearer_token is not None:
        headers["Authorization"] = f"Bearer {settings.bearer_token}"
    elif settings.username is not None:
        credential = f"{settings.username}:{settings.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(credential).decode()}"
    return headers


def _pool(settings: SourceSettings) -> AiohttpTransport:
    verify = ssl.create_default_context(cafile=settings.ca_file)

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=settings.max_connections, keepalive_timeout=60, ssl=verify)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    return AiohttpTransport(verify=verify, trust_env=False, client=session)
