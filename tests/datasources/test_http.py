"""The sender on a scripted transport, and on a real socket where the wire itself matters."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import (
    DeadlineExceeded,
    SourceError,
    SourceMalformed,
    SourceTimeout,
    SourceTooLarge,
    SourceUnavailable,
)
from datasources.http import HttpSender, SourceRequest, SourceResponse, SourceSettings
from datasources.records.sources import CircuitState, SourceKind, SourceState

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]
SETTINGS = {"name": "prometheus", "url": "http://prometheus:9090/base/", "timeout_s": 1.0}
ASK = SourceRequest("GET", "/api/v1/labels")


class Upstream:
    """Counts requests; `answer` may be replaced."""

    def __init__(self, answer: Handler | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.cancelled = 0
        self.answer = answer or ok

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            return await self.answer(request)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


async def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"n": 1})


async def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


async def hang(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(60)
    return httpx.Response(200)


def status(code: int) -> Handler:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(code, text="no")

    return answer


def sender_for(upstream: Upstream, clock: Callable[[], float] | None = None, **settings: object) -> HttpSender:
    merged = SourceSettings(**{**SETTINGS, **settings})  # type: ignore[arg-type]
    extra = {} if clock is None else {"clock": clock}
    return HttpSender(merged, SourceKind.PROMETHEUS, transport=httpx.MockTransport(upstream), **extra)  # type: ignore[arg-type]


def call(seconds: float = 5.0) -> Call:
    return Call(Deadline.after(seconds), Ledger(), frozenset({"p"}))


async def test_request_is_built_from_the_settings_and_nothing_else() -> None:
    upstream = Upstream()
    sender = sender_for(upstream, username="u", password="p", tenant="shop")
    await sender.request(SourceRequest("POST", "/api/v1/query", form=(("query", "a b"),)), call=call())
    [sent] = upstream.requests
    assert str(sent.url) == "http://prometheus:9090/base/api/v1/query"
    assert sent.headers["authorization"] == "Basic " + base64.b64encode(b"u:p").decode()
    assert sent.headers["x-scope-orgid"] == "shop"
    assert sent.content == b"query=a+b"


async def test_scopes_tenant_goes_before_the_settings_and_bearer_before_basic() -> None:
    upstream = Upstream()
    sender = sender_for(upstream, username="u", bearer_token="t", tenant="shop")
    await sender.request(SourceRequest("GET", "/x", tenant="bank"), call=call())
    assert upstream.requests[0].headers["x-scope-orgid"] == "bank"
    assert upstream.requests[0].headers["authorization"] == "Bearer t"


async def test_tenant_that_could_break_the_header_is_not_sent() -> None:
    upstream = Upstream()
    with pytest.raises(SourceUnavailable):
        await sender_for(upstream).request(SourceRequest("GET", "/x", tenant="a\r\nX-Evil: 1"), call=call())
    assert not upstream.requests


def test_secrets_stay_out_of_the_settings_repr() -> None:
    settings = SourceSettings(name="a", url="http://a", password="hunter2", bearer_token="hunter3")
    assert "hunter" not in repr(settings)


@pytest.mark.parametrize("code", [400, 404, 422])
async def test_refusals_are_handed_over_and_not_retried(code: int) -> None:
    upstream = Upstream(status(code))
    response = await sender_for(upstream).request(ASK, call=call())
    assert (response.status, response.text, len(upstream.requests)) == (code, "no", 1)


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_early_failure_is_retried_once_and_then_handed_over(code: int) -> None:
    upstream, asked = Upstream(status(code)), call()
    response = await sender_for(upstream).request(ASK, call=asked)
    assert (response.status, len(upstream.requests)) == (code, 2)
    assert asked.ledger.entries[0].error == f"HTTP {code}"


async def test_request_that_must_not_be_repeated_is_sent_once() -> None:
    upstream = Upstream(refuse)
    with pytest.raises(SourceUnavailable):
        await sender_for(upstream).request(SourceRequest("GET", "/x", retry=False), call=call())
    assert len(upstream.requests) == 1


async def test_retry_that_works_hides_the_first_failure() -> None:
    upstream = Upstream(refuse)

    async def second_time_lucky(request: httpx.Request) -> httpx.Response:
        return await (refuse if len(upstream.requests) == 1 else ok)(request)

    upstream.answer = second_time_lucky
    assert (await sender_for(upstream).request(ASK, call=call())).status == 200


async def test_retries_stop_when_their_budget_is_spent() -> None:
    upstream = Upstream(status(500))
    sender = sender_for(upstream, clock=iter_clock(step=11.0))  # the breaker forgets between two requests
    for n in range(30):
        await sender.request(SourceRequest("GET", f"/{n}"), call=call())
    assert 30 + 10 <= len(upstream.requests) <= 30 + 13


def iter_clock(*, step: float) -> Callable[[], float]:
    now = [0.0]

    def clock() -> float:
        now[0] += step / 100
        return now[0]

    return clock


async def test_slow_source_times_out_at_its_own_limit() -> None:
    upstream = Upstream(hang)
    with pytest.raises(SourceTimeout) as caught:
        await sender_for(upstream, timeout_s=0.05).request(ASK, call=call())
    assert caught.value.extensions["source"] == "prometheus"
    assert (upstream.cancelled, len(upstream.requests)) == (1, 1)


async def test_deadline_of_the_request_caps_the_wait() -> None:
    upstream = Upstream(hang)
    with pytest.raises(SourceTimeout):
        await sender_for(upstream).request(ASK, call=call(0.05))
    assert upstream.cancelled == 1


async def test_nothing_is_sent_after_the_deadline() -> None:
    upstream = Upstream()
    with pytest.raises(DeadlineExceeded):
        await sender_for(upstream).request(ASK, call=call(-1))
    assert not upstream.requests


async def test_cancelled_caller_cancels_upstream() -> None:
    upstream = Upstream(hang)
    task = asyncio.create_task(sender_for(upstream).request(ASK, call=call()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert upstream.cancelled == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_same_question_in_flight_is_sent_once() -> None:
    upstream, asked = Upstream(), call()
    sender = sender_for(upstream)
    answers = await asyncio.gather(*(sender.request(ASK, call=asked) for _ in range(5)))
    assert len(upstream.requests) == 1
    assert len({id(answer) for answer in answers}) == 1
    assert [report.requests for report in asked.ledger.reports()] == [1]


@pytest.mark.parametrize(
    "other",
    [
        SourceRequest("GET", "/api/v1/labels", tenant="bank"),
        SourceRequest("GET", "/api/v1/labels", params=(("match[]", "a"),)),
        SourceRequest("POST", "/api/v1/labels", form=(("match[]", "a"),)),
    ],
    ids=["tenant", "parameter", "form"],
)
async def test_other_question_is_never_answered_with_this_one(other: SourceRequest) -> None:
    upstream = Upstream()
    sender = sender_for(upstream)
    await asyncio.gather(sender.request(ASK, call=call()), sender.request(other, call=call()))
    assert len(upstream.requests) == 2


async def test_one_waiter_who_leaves_does_not_take_the_others_answer_away() -> None:
    upstream = Upstream(hang)
    sender = sender_for(upstream, timeout_s=0.2)
    leaver = asyncio.create_task(sender.request(ASK, call=call()))
    stayer = asyncio.create_task(sender.request(ASK, call=call()))
    await asyncio.sleep(0.01)
    leaver.cancel()
    await asyncio.sleep(0.01)
    assert upstream.cancelled == 0
    with pytest.raises(SourceTimeout):
        await stayer
    assert len(upstream.requests) == 1


async def test_short_cache_answers_until_its_time_is_up() -> None:
    now = [0.0]
    upstream, asked = Upstream(), call()
    sender = sender_for(upstream, clock=lambda: now[0])
    request = SourceRequest("GET", "/x", cache_ttl_s=5)
    for now[0] in (0.0, 4.9, 5.1):
        await sender.request(request, call=asked)
    assert len(upstream.requests) == 2
    assert [entry.cached for entry in asked.ledger.entries] == [False, True, False]


async def test_failures_are_not_cached() -> None:
    upstream = Upstream(status(400))
    sender = sender_for(upstream)
    for _ in range(2):
        await sender.request(SourceRequest("GET", "/x", cache_ttl_s=60), call=call())
    assert len(upstream.requests) == 2


async def test_nonsense_is_not_kept_and_shows_in_the_ledger() -> None:
    upstream, asked = Upstream(), call()
    sender = sender_for(upstream)

    def decode(response: SourceResponse) -> None:
        raise SourceMalformed("nonsense", source="prometheus")

    request = SourceRequest("GET", "/x", cache_ttl_s=60)
    for _ in range(2):
        with pytest.raises(SourceMalformed):
            await sender.ask(request, decode, call=asked)
    assert len(upstream.requests) == 2
    [report] = asked.ledger.reports()
    assert (report.ok, report.requests, report.error) == (False, 2, "nonsense")


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "streamed"])
async def test_answer_above_the_cap_is_refused(declared: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * 10_000 if declared else chunks())

    with pytest.raises(SourceTooLarge):
        await sender_for(Upstream(answer), max_response_bytes=5_000).request(ASK, call=call())


async def test_cap_counts_what_a_compressed_answer_unfolds_to() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=gzip.compress(b"0" * 100_000), headers={"content-encoding": "gzip"})

    with pytest.raises(SourceTooLarge):
        await sender_for(Upstream(answer), max_response_bytes=50_000).request(ASK, call=call())


async def test_body_that_breaks_off_is_malformed_and_not_asked_again() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{"
        raise httpx.ReadError("gone")

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks())

    upstream = Upstream(answer)
    with pytest.raises(SourceMalformed):
        await sender_for(upstream).request(ASK, call=call())
    assert len(upstream.requests) == 1


async def test_open_breaker_answers_without_calling_upstream() -> None:
    now = [0.0]
    upstream = Upstream(refuse)
    sender = sender_for(upstream, clock=lambda: now[0])
    for _ in range(5):
        with pytest.raises(SourceUnavailable):
            await sender.request(SourceRequest("GET", "/x", retry=False), call=call())
    assert (sender.status().circuit, sender.status().state) == (CircuitState.OPEN, SourceState.DOWN)
    upstream.answer = ok
    with pytest.raises(SourceUnavailable):
        await sender.request(ASK, call=call())
    assert len(upstream.requests) == 5
    now[0] = 5.0
    assert sender.status().circuit is CircuitState.HALF_OPEN
    assert (await sender.request(ASK, call=call())).status == 200
    assert sender.status().circuit is CircuitState.CLOSED


async def test_status_tells_latency_error_and_state() -> None:
    upstream = Upstream()
    sender = sender_for(upstream)
    assert sender.status().latency_p50_ms is None
    await sender.request(ASK, call=call())
    healthy = sender.status(version="3.14.0")
    assert healthy.latency_p99_ms is not None
    assert (healthy.state, healthy.version, healthy.last_error) == (SourceState.UP, "3.14.0", None)
    upstream.answer = status(500)
    await sender.request(ASK, call=call())
    assert (sender.status().state, sender.status().last_error) == (SourceState.DEGRADED, "HTTP 500")


async def serve(answer: bytes, *, tls: ssl.SSLContext | None = None) -> tuple[asyncio.Server, str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    "answer, kind",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", SourceMalformed),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", SourceMalformed),
        (b"", SourceUnavailable),
        (b"\x00\x01garbage\r\n\r\n", SourceUnavailable),
    ],
    ids=["cut body", "cut chunk", "no answer", "no HTTP"],
)
async def test_faults_of_the_wire_have_their_own_errors(answer: bytes, kind: type[SourceError]) -> None:
    server, url = await serve(answer)
    sender = HttpSender(SourceSettings(name="loki", url=url, timeout_s=2), SourceKind.LOKI)
    try:
        with pytest.raises(kind):
            await sender.request(ASK, call=call())
    finally:
        await sender.close()
        server.close()
        await server.wait_closed()


async def test_real_connection_answers_and_refused_ones_open_the_breaker() -> None:
    server, url = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: Text/Plain; x=y\r\n\r\nok")
    sender = HttpSender(SourceSettings(name="loki", url=url, timeout_s=2), SourceKind.LOKI)
    try:
        response = await sender.request(ASK, call=call())
        assert response == SourceResponse(200, "text/plain", b"ok")
        server.close()
        await server.wait_closed()
        for n in range(5):
            with pytest.raises(SourceUnavailable):
                await sender.request(SourceRequest("GET", f"/{n}", retry=False), call=call())
        assert sender.status().circuit is CircuitState.OPEN
    finally:
        await sender.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "ca.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, secret


@pytest.mark.parametrize("trusted", [True, False], ids=["own authority", "unknown authority"])
async def test_server_is_trusted_through_the_configured_authority(
    certificate: tuple[Path, Path], trusted: bool
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server, url = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", tls=context)
    ca_file = str(certificate[0]) if trusted else None
    url = url.replace("http:", "https:")
    sender = HttpSender(SourceSettings(name="loki", url=url, timeout_s=2, ca_file=ca_file), SourceKind.LOKI)
    try:
        if trusted:
            assert (await sender.request(ASK, call=call())).body == b"ok"
        else:
            with pytest.raises(SourceUnavailable, match="certificate"):
                await sender.request(ASK, call=call())
    finally:
        await sender.close()
        server.close()


async def test_upstream_sees_the_connection_close_when_the_caller_goes() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sender = HttpSender(SourceSettings(name="loki", url=url), SourceKind.LOKI)
    with pytest.raises(SourceTimeout):
        await sender.request(ASK, call=call(0.1))
    await asyncio.wait_for(gone.wait(), 1)
    await sender.close()
    server.close()
    await server.wait_closed()
