"""Answers are compressed for who can read it, whole or in parts; streams of events never are."""

from __future__ import annotations

import zlib

import brotli
import httpx
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.middleware.compression import Compression, choose_encoding

TEXT = b'{"data": "' + b"telemetry " * 500 + b'"}'
READ = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "br": brotli.decompress,
    "gzip": lambda body: zlib.decompress(body, 31),
    None: bytes,
}


async def _whole(request: Request) -> Response:
    media_type = request.query_params.get("type", "application/json")
    headers = {"etag": '"1"'} | ({"content-encoding": "own"} if "encoded" in request.query_params else {})
    return Response(TEXT[: int(request.query_params.get("size", 10_000))], media_type=media_type, headers=headers)


async def _parts(request: Request) -> Response:
    async def parts():
        for start in range(0, len(TEXT), 100):
            yield TEXT[start : start + 100]

    return StreamingResponse(parts(), media_type=request.query_params.get("type", "text/javascript"))


APP = Starlette(routes=[Route("/whole", _whole), Route("/parts", _parts)], middleware=[Middleware(Compression)])


async def _raw(path: str, accept_encoding: str | None) -> tuple[httpx.Response, bytes]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://test") as client:
        client.headers = httpx.Headers({"accept-encoding": accept_encoding} if accept_encoding is not None else {})
        async with client.stream("GET", path) as response:
            return response, b"".join([part async for part in response.aiter_raw()])


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("deflate", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("zstd;q=0, *", "br"),
        ("*;q=0", None),
        ("GZIP", "gzip"),
    ],
)
def test_the_encoding_that_is_liked_best_is_chosen(accept, encoding):
    assert choose_encoding(accept) == encoding


@pytest.mark.parametrize("path", ["/whole", "/parts"])
@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip", None])
async def test_what_is_compressed_is_read_back(path, encoding):
    response, body = await _raw(path, encoding or "identity")
    assert response.headers.get("content-encoding") == encoding
    assert "accept-encoding" in response.headers["vary"]
    assert READ[encoding](body) == TEXT
    if encoding:
        assert len(body) < len(TEXT) / 2


async def test_the_length_and_the_etag_are_those_of_the_encoded_body():
    response, body = await _raw("/whole", "gzip")
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["etag"] == 'W/"1"'


@pytest.mark.parametrize(
    "path",
    [
        "/whole?size=1000",
        "/whole?type=image/png",
        "/whole?encoded",
        "/parts?type=text/event-stream",
        "/parts?type=multipart/mixed",
    ],
)
async def test_what_is_small_or_encoded_or_a_stream_of_events_is_left_as_it_is(path):
    response, body = await _raw(path, "gzip, br, zstd")
    assert response.headers.get("content-encoding") in (None, "own")
    assert TEXT.startswith(body)
